package plan

import "writ/engine/diag"

// Rule is one thing that a plan can get wrong.
type Rule struct {
	ID       string
	Severity diag.Severity
	Says     string // what the rule asks for, in one line
}

// The rules. Those that begin with expression- are found by engine/expr.
const (
	ruleLimit          = "limit"
	ruleEncoding       = "encoding"
	ruleCharacter      = "character"
	ruleLookAlike      = "look-alike"
	ruleSyntax         = "yaml-syntax"
	ruleOneDocument    = "one-document"
	ruleAnchor         = "anchor"
	ruleTag            = "tag"
	ruleDuplicateKey   = "duplicate-key"
	ruleKeyNotText     = "key-not-text"
	ruleMissingKey     = "missing-key"
	ruleUnknownKey     = "unknown-key"
	ruleWrongType      = "wrong-type"
	ruleWrongValue     = "wrong-value"
	ruleWrongForm      = "wrong-form"
	ruleOutOfRange     = "out-of-range"
	ruleRepeatedItem   = "repeated-item"
	ruleCombination    = "combination"
	ruleMisplaced      = "misplaced-expression"
	ruleExprSyntax     = "expression-syntax"
	ruleExprUnclosed   = "expression-unclosed"
	ruleExprTooLong    = "expression-too-long"
	ruleExprType       = "expression-type"
	ruleExprName       = "expression-unknown-name"
	ruleEachOutside    = "each-outside"
	ruleAfterOutside   = "after-outside"
	ruleUnknownKind    = "unknown-kind"
	ruleDuplicateStep  = "duplicate-step"
	ruleUnknownStep    = "unknown-step"
	ruleSelfReference  = "self-reference"
	ruleCycle          = "cycle"
	ruleArgumentType   = "argument-type"
	ruleIfType         = "if-type"
	ruleForEachType    = "for-each-type"
	ruleUntilType      = "until-type"
	ruleWaitUntil      = "wait-without-until"
	ruleInputSchema    = "input-schema"
	ruleInputDefault   = "input-default"
	ruleInputValue     = "input-value"
	ruleSensitiveInput = "sensitive-input"
	ruleSensitiveUse   = "sensitive-use"
	ruleSensitiveArg   = "sensitive-argument"
	ruleLiteralOnly    = "literal-only"
	ruleEmptyID        = "empty-id"
	ruleSameObject     = "same-object"
	ruleIrreversible   = "irreversible"
	ruleNeedlessAccept = "needless-accept"
	ruleUnusedInput    = "unused-input"
	ruleUnusedVar      = "unused-var"
)

// Rules lists every rule of plans and input files, in the order in which a file meets them.
func Rules() []Rule {
	e, w := diag.Error, diag.Warning
	return []Rule{
		{ruleLimit, e, "a file has at most 64 MiB and 5 million values, 64 deep, none longer than 64 KiB"},
		{ruleEncoding, e, "a file is UTF-8 without a byte order mark"},
		{ruleCharacter, e, "no control characters, and none that cannot be seen or that change the direction of text"},
		{ruleLookAlike, e, "keys and ids are ASCII: letters that only look like it make two readers read two plans"},
		{ruleSyntax, e, "a file is YAML, indented with spaces"},
		{ruleOneDocument, e, "a file holds one document, without directives, and nothing after it"},
		{ruleAnchor, e, "no anchors, aliases and merge keys: vars and defaults do their work"},
		{ruleTag, e, "no tags: the schema says what a value is"},
		{ruleDuplicateKey, e, "a mapping has each key once"},
		{ruleKeyNotText, e, "keys are text; one that looks like a number or a boolean is quoted"},
		{ruleMissingKey, e, "keys that are required are there"},
		{ruleUnknownKey, e, "there are no keys but the known ones"},
		{ruleWrongType, e, "a value is text, a number, a boolean, a list or a mapping, as its place asks"},
		{ruleWrongValue, e, "a value is one of those that are allowed at its place"},
		{ruleWrongForm, e, "a text has the form that its place asks for"},
		{ruleOutOfRange, e, "a number, a text or a list is neither too small nor too large"},
		{ruleRepeatedItem, e, "a list of different items has each once"},
		{ruleCombination, e, "keys that exclude or need each other stand accordingly"},
		{ruleMisplaced, e, "expressions stand in with, if, for_each, wait.until, vars and outputs, and nowhere else"},
		{ruleExprSyntax, e, "an expression can be parsed"},
		{ruleExprUnclosed, e, "every ${{ has its }}"},
		{ruleExprTooLong, e, "an expression has at most 4 KiB"},
		{ruleExprType, e, "the parts of an expression have types that go together"},
		{ruleExprName, e, "an expression reads what exists: inputs, vars, target, the outputs of steps"},
		{ruleEachOutside, e, "each stands only in steps with for_each, and not in for_each itself"},
		{ruleAfterOutside, e, "after stands only in wait.until"},
		{ruleUnknownKind, e, "uses names a kind"},
		{ruleDuplicateStep, e, "a step's id is its own"},
		{ruleUnknownStep, e, "needs and expressions name steps of the plan"},
		{ruleSelfReference, e, "a step does not wait for itself"},
		{ruleCycle, e, "steps do not wait for each other in a circle"},
		{ruleArgumentType, e, "an expression in an argument has the argument's type"},
		{ruleIfType, e, "if is true or false"},
		{ruleForEachType, e, "for_each is a list of texts or a mapping"},
		{ruleUntilType, e, "wait.until is true or false"},
		{ruleWaitUntil, e, "wait says until when, unless the kind knows when its effect is there"},
		{ruleInputSchema, e, "an input's pattern, limits and items make a schema"},
		{ruleInputDefault, e, "an input's default fits the input's own schema"},
		{ruleInputValue, e, "every input has a value that fits its schema, and no other is given"},
		{ruleSensitiveInput, e, "a sensitive input is text and has no default"},
		{ruleSensitiveUse, e, "a sensitive input stands alone in an argument that is kept secret"},
		{ruleSensitiveArg, e, "an argument that is kept secret is a sensitive input"},
		{ruleLiteralOnly, e, "a value that means everybody stands in the plan as it is, not behind an expression"},
		{ruleEmptyID, e, "an id is not empty"},
		{ruleSameObject, e, "two steps that touch one object have an order"},
		{ruleIrreversible, w, "a step that cannot be undone says irreversible: accept"},
		{ruleNeedlessAccept, w, "a step that only reads needs no irreversible: accept"},
		{ruleUnusedInput, w, "an input is read somewhere"},
		{ruleUnusedVar, w, "a var is read somewhere"},
	}
}

func severityOf(rule string) diag.Severity {
	switch rule {
	case ruleIrreversible, ruleNeedlessAccept, ruleUnusedInput, ruleUnusedVar:
		return diag.Warning
	}
	return diag.Error
}
