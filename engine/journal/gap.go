package journal

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Gap stands in the arguments and results of a preview where a value is not known yet. It is one only at a path that
// Unknown lists: what looks like it anywhere else is data.
type Gap struct {
	Type   string            `json:"$unknown"`         // of the value: text, list of text
	From   []string          `json:"from"`             // the paths it waits for, as steps.agency.outputs.id
	Left   string            `json:"left,omitempty"`   // what is left of its expression
	Pieces []json.RawMessage `json:"pieces,omitempty"` // of a text of which something is known: texts, and gaps
}

// Steps names the steps that a gap waits for.
func (g Gap) Steps() []string {
	var ids []string
	for _, path := range g.From {
		if rest, ok := strings.CutPrefix(path, "steps."); ok {
			id, _, _ := strings.Cut(rest, ".")
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Member is the path of an object's field: rules[2].name, or tags["a b"].
func Member(path, key string) string {
	switch {
	case !isPlain(key):
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

// Element is the path of a list's element.
func Element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func isPlain(key string) bool {
	for _, r := range key {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return key != ""
}
