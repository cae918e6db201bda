// Package plan knows the language of plans: it turns the bytes of a YAML file into a Plan, or into every fault that the
// file has, each with its place. It is pure: it reads no file, asks no cloud and evaluates nothing while loading.
//
// The way of a plan, a file per step:
//
//	limits.go    the bytes: size, encoding, characters that a reader would not see
//	decode.go    YAML to nodes, and nodes to values that remember where they stood; nothing is guessed from a scalar yet
//	scalar.go    scalars become text, numbers or booleans as the schema at their place says
//	schema.go    validation against schemas/plan.json and the kinds' schemas; words.go words what it finds
//	build.go     values become Plan and Step
//	refs.go      names: steps, inputs, vars; edges and cycles (cycle.go)
//	check_*.go   what a schema cannot say: types of expressions, secrets, objects that two steps share
//
// rules.go lists every rule with one line of explanation.
package plan
