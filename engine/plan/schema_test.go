package plan

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine/step"
)

func composed(t *testing.T, kinds step.Kinds) *validator {
	var root map[string]any
	require.NoError(t, json.Unmarshal(Schema(kinds), &root))
	v, err := compileAt("composed", root, "")
	require.NoError(t, err)
	return v
}

func TestSchemaIsAlwaysTheSame(t *testing.T) {
	require.Equal(t, string(Schema(toyKinds())), string(Schema(toyKinds())))
}

// Editors must not have to fetch anything, and every reference must lead somewhere.
func TestSchemaRefersToItselfOnly(t *testing.T) {
	var root map[string]any
	require.NoError(t, json.Unmarshal(Schema(toyKinds()), &root))
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				require.True(t, strings.HasPrefix(ref, "#/definitions/"), ref)
				require.NotNil(t, lookUp(root, strings.TrimPrefix(ref, "#")), ref)
			}
			require.NotContains(t, v, "$id")
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(root)
}

// schemaRules are the rules that are told from the schema alone.
var schemaRules = map[string]bool{
	ruleMissingKey: true, ruleUnknownKey: true, ruleWrongType: true, ruleWrongValue: true, ruleWrongForm: true,
	ruleOutOfRange: true, ruleRepeatedItem: true, ruleCombination: true, ruleUnknownKind: true,
}

// What editors see is what validate sees, although validate takes the document apart.
func TestComposedSchemaAgreesWithValidate(t *testing.T) {
	schema := composed(t, toyKinds())
	paths, err := filepath.Glob("testdata/*/*.yaml")
	require.NoError(t, err)
	for _, path := range paths {
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		l := newLoader(path, src, toyKinds())
		l.load()
		rule := strings.TrimSuffix(filepath.Base(path), ".yaml")
		if l.schema == nil || l.root.broken {
			continue
		}
		refused := len(schema.validate(l.root.tree())) > 0
		switch {
		case schemaRules[rule]:
			require.True(t, refused, path)
		case strings.HasPrefix(path, "testdata/ok"), strings.HasPrefix(rule, "expression-"), strings.HasSuffix(rule, "-type"):
			require.False(t, refused, path)
		}
	}
}

// What the quick way accepts, the validator accepts.
func TestQuickAcceptsOnlyWhatIsRight(t *testing.T) {
	paths, err := filepath.Glob("testdata/*/*.yaml")
	require.NoError(t, err)
	for _, path := range paths {
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		l := newLoader(path, src, toyKinds())
		l.load()
		for _, s := range l.plan.Steps {
			if s.checks != nil && s.With.kind == mapping && s.checks.sure.accepts(s.With) {
				require.Empty(t, s.checks.written.validate(s.With.tree()), path)
			}
			if w := l.written[s.Index]; w.kind == mapping && l.schema.sureStep.acceptsMapping(w, "with") {
				require.Empty(t, l.schema.step.validate(w.frame()), path)
			}
		}
	}
}

// Which keys may stand together is asked once for all mappings that have the same; what stands in them is looked at each time.
func TestQuickLooksAtKeysOnce(t *testing.T) {
	file := "version: 1\nname: x\nsteps:\n"
	with := []string{
		"{bucket: a, owner_id: id}", "{bucket: b, owner_id: id2}", "{bucket: B, owner_id: id}", "{bucket: a, owner_id: i}",
		"{bucket: a, owner_name: n}", "{owner_name: n, bucket: b}", "{bucket: a, owner_name: ''}", "{bucket: a}", "{owner_id: id}",
		"{bucket: a, owner_id: id, owner_name: n}", "{bucket: a, owner: n}", "{bucket: c, owner_id: '${{ target.region }}'}",
	}
	for i, w := range append(with, with...) {
		file += fmt.Sprintf("  - {id: s%d, uses: toy.owner, with: %s}\n", i, w)
	}
	l := newLoader("x.yaml", []byte(file), toyKinds())
	l.load()
	right := []bool{true, true, false, false, true, true, false, false, false, false, false, true}
	for _, s := range l.plan.Steps {
		valid := len(s.checks.written.validate(s.With.tree())) == 0
		require.Equal(t, right[s.Index%len(right)], valid, with[s.Index%len(right)])
		require.Equal(t, valid, s.checks.sure.accepts(s.With), with[s.Index%len(right)])
	}
	require.Len(t, stepOf(l.plan, "s0").checks.sure.keys, 3)
}

func TestPlanSchemaTellsEveryKey(t *testing.T) {
	root := planDocument()
	var walk func(path string, v any)
	walk = func(path string, v any) {
		s, ok := v.(map[string]any)
		if !ok || s["$ref"] != nil {
			return
		}
		require.NotEmpty(t, s["description"], path)
		require.NotEmpty(t, s["examples"], path)
		if s["type"] == "object" && s["additionalProperties"] == nil && path != "step/with" {
			t.Errorf("%s does not say which keys it has", path)
		}
		for key, part := range asMap(s["properties"]) {
			walk(path+"/"+key, part)
		}
	}
	for key, part := range asMap(root["properties"]) {
		walk(key, part)
	}
	for key, part := range asMap(root["definitions"]) {
		walk(key, part)
	}
}

func TestSchemasReadNoFiles(t *testing.T) {
	canary := filepath.Join(t.TempDir(), "canary.json")
	require.NoError(t, os.WriteFile(canary, []byte(`{}`), 0o600))
	for _, ref := range []string{"file://" + canary, canary, "http://127.0.0.1:1/x"} {
		_, err := compileAt("hostile", map[string]any{"properties": map[string]any{"a": map[string]any{"$ref": ref}}}, "")
		require.Error(t, err, ref)
	}
}
