package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine/plan"
	"writ/steps"
)

// TestPoliciesAreWhatIAMTakes holds each plan's documents to the rules of IAM's page on custom policies, on the way that
// a user gets them.
func TestPoliciesAreWhatIAMTakes(t *testing.T) {
	plans, err := os.ReadDir("../../plans")
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, file := range plans {
		name := "../../plans/" + file.Name()
		if !strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".writtest.yaml") {
			continue
		}
		_, out, complaints := writ("permissions", name, "--format", "policy")
		for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
			var doc map[string]any
			require.NoError(t, d.Decode(&doc), complaints)
			seen[scopeOfDocument(t, doc)] = true
		}
	}
	require.Equal(t, map[string]bool{"project": true, "global": true, "obs": true}, seen)
}

// scopeOfDocument checks a document and answers the one scope that all its actions have.
func scopeOfDocument(t *testing.T, doc map[string]any) string {
	t.Helper()
	require.ElementsMatch(t, []string{"Version", "Statement"}, keys(doc))
	require.Equal(t, "1.1", doc["Version"])
	statements := doc["Statement"].([]any)
	require.Less(t, len(statements), 9)
	var scopes, all []string
	for _, s := range statements {
		statement := s.(map[string]any)
		require.ElementsMatch(t, []string{"Effect", "Action"}, keys(statement))
		require.Equal(t, "Allow", statement["Effect"])
		var actions []string
		for _, a := range statement["Action"].([]any) {
			actions = append(actions, a.(string))
			service, _, _ := strings.Cut(a.(string), ":")
			require.Contains(t, services, service)
			require.NotEqual(t, "mpc", service, "MPC has no actions for custom policies")
			scopes = append(scopes, scopeOf(a.(string)).name)
		}
		require.True(t, slices.IsSorted(actions))
		require.NotEmpty(t, actions)
		all = append(all, actions...)
	}
	slices.Sort(all)
	require.Equal(t, len(all), len(slices.Compact(all)))
	require.Len(t, slices.Compact(scopes), 1)
	return scopes[0]
}

func keys(m map[string]any) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	return names
}

func TestOnlyTheActionsOfAStepsOwnScopeAreNeeded(t *testing.T) {
	for with, want := range map[string][]string{
		`{agency_id: a, role_id: r}`:                               {"grantRoleToAgencyOnDomain"},
		`{agency_id: a, role_id: r, scope: project}`:               {"grantRoleToAgencyOnProject"},
		`{agency_id: a, role_id: r, scope: "${{ inputs.scope }}"}`: {"grantRoleToAgency", "grantRoleToAgencyOnDomain", "grantRoleToAgencyOnProject"},
	} {
		text := "version: 1\nname: p\ninputs: {scope: {type: string, enum: [domain, project, inherited]}}\nsteps:\n  - {id: r, uses: iam.agency_role, with: " + with + "}\n"
		p, faults := plan.Load("p.yaml", []byte(text), steps.Kinds(nil))
		require.NotNil(t, p, faults)
		var grants []string
		for _, n := range needsOf(p) {
			if name, ok := strings.CutPrefix(n.Action, "iam:permissions:"); ok && strings.HasPrefix(name, "grant") {
				grants = append(grants, name)
			}
		}
		require.Equal(t, want, grants, with)
	}
}

func TestAStepThatIsNeverUndoneNeedsNothingForUndo(t *testing.T) {
	text := "version: 1\nname: p\nsteps:\n  - {id: a, uses: iam.agency, rollback: none, with: {name: a, trust_domain_name: b}}\n"
	p, faults := plan.Load("p.yaml", []byte(text), steps.Kinds(nil))
	require.NotNil(t, p, faults)
	for _, n := range needsOf(p) {
		require.NotContains(t, n.For, "undo")
		require.NotEqual(t, "iam:agencies:deleteAgency", n.Action)
	}
}
