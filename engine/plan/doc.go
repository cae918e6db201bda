// Package plan knows the language of plans: it turns the bytes of a YAML file into a Plan, or into every fault that the
// file has, each with its place. It is pure: it reads no file, asks no cloud, and while loading works out nothing but
// constants.
//
// The way of a plan, a file per step:
//
//	limits.go     the bytes: size, encoding, characters that a reader would not see
//	decode.go     YAML to nodes, and nodes to values that remember where they stood; syntax.go finds where YAML ends
//	scalar.go     scalars become text, numbers or booleans as the schema at their place asks (shape.go)
//	build.go      values become Plan, Step and Input (inputs.go)
//	load.go       the order of all this, and validation against schemas/language.json and the kinds' schemas (compose.go,
//	              schema.go; quick.go spares most of it), whose findings words.go puts into words
//	refs.go       names: steps, inputs, vars; edges, and circles of them (cycle.go)
//	check_*.go    what a schema cannot say: types of expressions (scopes.go), secrets, objects that two steps share
//	position.go   the place in the file of every byte of a scalar
//
// rules.go lists every rule with one line of explanation. A finished plan is asked by check_run.go (arguments, once they
// are resolved) and value.go (expressions, worked out).
package plan
