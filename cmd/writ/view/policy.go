package view

import (
	"encoding/json"
	"slices"
)

// Policy is a custom policy that is to be created in a scope.
type Policy struct {
	Scope    string   `json:"scope"`
	Types    []string `json:"types"` // as IAM's API calls them; it is created once for each
	Document Document `json:"policy"`
}

// Document is what is pasted.
type Document struct {
	Version   string
	Statement []Statement
}

// Statement allows actions.
type Statement struct {
	Effect string
	Action []string
}

// policyVersion is that of fine-grained policies; 1.0 is that of the system's roles.
const policyVersion = "1.1"

// NewPolicy makes a policy of actions; those for undo alone stand apart, last.
func NewPolicy(scope string, types, actions, undo []string) Policy {
	p := Policy{Scope: scope, Types: types, Document: Document{Version: policyVersion}}
	for _, list := range [][]string{actions, undo} {
		if len(list) > 0 {
			p.Document.Statement = append(p.Document.Statement, Statement{Effect: "Allow", Action: slices.Sorted(slices.Values(list))})
		}
	}
	return p
}

// Policy prints the document.
func (s *Screen) Policy(p Policy) {
	raw, _ := json.MarshalIndent(p.Document, "", "  ")
	s.Line("%s", raw)
}

// PolicyHead says what the next document is.
func (s *Screen) PolicyHead(p Policy) {
	text := map[string]string{
		"project": "policy with the scope of project-level services (type XA)",
		"global":  "policy with the scope of global services (type AX)",
		"obs":     "policy for OBS: create it twice, for global and for project-level services (types AX and XA)",
	}[p.Scope]
	if len(p.Document.Statement) > 1 {
		text += "; its second statement is for undo alone"
	}
	s.Paragraph(text + ":")
}
