package steps_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps"
	"writ/steps/cloud"
)

func TestEveryKindSaysWhatItNeedsOrThatNoPageDoes(t *testing.T) {
	for _, k := range steps.Kinds(nil) {
		assert.Equal(t, k.Readable(), len(k.Actions.Read) > 0, "%s: read", k.Name)
		assert.Equal(t, k.Effect != step.Reads, len(k.Actions.Apply) > 0, "%s: apply", k.Name)
		assert.Equal(t, k.Effect == step.Reversible, len(k.Actions.Undo) > 0, "%s: undo", k.Name)
		for _, p := range slices.Concat(k.Actions.Read, k.Actions.Apply, k.Actions.Undo) {
			assertPermission(t, k, p)
		}
	}
}

var (
	anAction = regexp.MustCompile(`^([a-z]+):[A-Za-z]+:[A-Za-z]+$`)
	aCall    = regexp.MustCompile(`^([a-z]+) [A-Z][A-Za-z]+$`)
)

// assertPermission: it is an action, a role or a call, of a service that writ calls, and what is doubtful says why.
func assertPermission(t *testing.T, k step.Kind, p step.Permission) {
	t.Helper()
	assert.NotEmpty(t, p.Action+p.Role+p.Call, k.Name)
	assert.True(t, p.Call == "" || p.Action+p.Role == "", "%s: %s", k.Name, p)
	assert.True(t, p.Note != "" || !p.Unsure, "%s: %s", k.Name, p)
	for text, form := range map[string]*regexp.Regexp{p.Action: anAction, p.Call: aCall} {
		if text == "" {
			continue
		}
		if m := form.FindStringSubmatch(text); assert.NotNil(t, m, "%s: %s", k.Name, p) {
			assert.Contains(t, cloud.Services(), m[1], "%s: %s", k.Name, p)
		}
	}
	if p.If != nil {
		var schema struct {
			Properties map[string]struct{ Enum []string }
		}
		require.NoError(t, json.Unmarshal(k.Input, &schema))
		assert.Contains(t, schema.Properties[p.If.Name].Enum, p.If.Value, "%s: %s", k.Name, p)
	}
}

// TestWhoMayGrantAndNotTakeBackIsWarned: of what the documents tell, no read shows it beforehand.
func TestWhoMayGrantAndNotTakeBackIsWarned(t *testing.T) {
	for _, c := range []struct{ kind, in, before, says string }{
		{"mpc.agency", `{"operate_type": "CREATED"}`, `{"operate_type": "CANCELED"}`, "refused to cancel it"},
		{"mpc.agency", `{"operate_type": "CANCELED"}`, `{"operate_type": "CREATED"}`, ""},
		{"dli.agency", `{"roles": ["obs_adm"]}`, `{"current_roles": []}`, ""},
	} {
		kind, ok := steps.Kinds(nil).Find(c.kind)
		require.True(t, ok)
		will, err := kind.Assess(json.RawMessage(c.in), json.RawMessage(c.before))
		require.NoError(t, err)
		if c.says == "" {
			assert.Empty(t, will.Caution, "%s %s", c.kind, c.in)
			continue
		}
		assert.True(t, strings.Contains(will.Caution, c.says), "%s %s: %s", c.kind, c.in, will.Caution)
	}
}
