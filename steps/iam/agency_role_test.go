package iam

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/steptest"
)

// granted is a sandbox whose account has two custom policies of one name, and whose agency a1 has these roles.
func granted(t *testing.T, grants string) steptest.World {
	t.Helper()
	return steptest.Seeded(t, `{"projects":{"p1":{},"p2":{}},"iam":{
		"roles":[{"id":"c1","name":"custom_c1","display_name":"Twins"},{"id":"c2","name":"custom_c2","display_name":"Twins"},
			{"id":"c3","name":"custom_c3","display_name":"OBS"},{"id":"c4","name":"custom_c4","display_name":"Twins and more"}],
		"agencies":[{"id":"a1","name":"team","trust_domain_name":"op_svc_obs","grants":[`+grants+`]}]}}`)
}

const reader = `{"scope":"domain","role_id":"system_all_64"}`

func TestARoleIsGivenAndTakenBack(t *testing.T) {
	for _, tc := range []struct{ in, grant string }{
		{`"role_id":"c1"`, `{"scope":"domain","role_id":"c1"}`},
		{`"display_name":"OBS"`, `{"scope":"domain","role_id":"c3"}`},
		{`"display_name":"OBS OperateAccess"`, `{"scope":"domain","role_id":"system_all_72"}`},
		{`"role_id":"c1","scope":"project"`, `{"scope":"project","scope_id":"p1","role_id":"c1"}`},
		{`"role_id":"c1","scope":"project","project_id":"p2"`, `{"scope":"project","scope_id":"p2","role_id":"c1"}`},
		{`"role_id":"c1","scope":"inherited"`, `{"scope":"inherited","role_id":"c1"}`},
	} {
		w := granted(t, reader)
		r, state := begin(t, AgencyRole(w.Client), `{"agency_id":"a1",`+tc.in+`}`), w.State()
		assert.JSONEq(t, `{"granted":false}`, r.counts(r.before))
		now := r.made()
		assert.JSONEq(t, granted(t, reader+`,`+tc.grant).State(), w.State(), tc.in)
		require.NoError(t, r.apply(), "the second time changes nothing")
		rev := r.undo(now)
		assert.True(t, rev.Exact())
		assert.True(t, strings.HasPrefix(rev.Says, "undo takes the role "), rev.Says)
		assert.Equal(t, state, w.State())
	}
}

func TestARoleThatTheAgencyHadStays(t *testing.T) {
	w := granted(t, reader)
	r, state := begin(t, AgencyRole(w.Client), `{"agency_id":"a1","display_name":"OBS ReadOnlyAccess"}`), w.State()
	assert.JSONEq(t, `{"granted":true}`, r.counts(r.before))
	assert.Equal(t, "undo changes nothing", r.undo(r.before).Says)
	assert.Equal(t, state, w.State())
	will, err := r.kind.Assess(r.in, r.before)
	require.NoError(t, err)
	assert.True(t, will.Was)
}

func TestWhatIsPutOut(t *testing.T) {
	w := granted(t, ``)
	r := begin(t, AgencyRole(w.Client), `{"agency_id":"a1","display_name":"OBS","scope":"inherited"}`)
	assert.JSONEq(t, `{"agency_id":"a1","role_id":"c3","display_name":"OBS","scope":"inherited"}`, r.outputs(r.goal()))
	r = begin(t, AgencyRole(w.Client), `{"agency_id":"a1","role_id":"c3"}`)
	assert.JSONEq(t, `{"agency_id":"a1","role_id":"c3","scope":"domain"}`, r.outputs(r.goal()))
}

func TestANameMustMeanOneRoleThatAgenciesMayHave(t *testing.T) {
	w := granted(t, ``)
	var list rolePage
	k := agencyRole{w.Client}
	list, err := k.page(t.Context(), map[string][]string{"name": {"secu_admin"}})
	require.NoError(t, err)
	require.Len(t, list.Roles, 1)
	for in, words := range map[string]string{
		`"display_name":"Operate"`:                    `no role called "Operate"`, // the service matches parts
		`"display_name":"Twins"`:                      "say role_id, one of c1, c2",
		`"display_name":"Security Administrator"`:     `"Security Administrator" to no agency`,
		`"role_id":"` + list.Roles[0].ID + `"`:        `"secu_admin" to no agency`,
		`"scope":"project","display_name":"operator"`: `no role called "operator"`,
	} {
		_, err := AgencyRole(w.Client).Read(t.Context(), json.RawMessage(`{"agency_id":"a1",`+in+`}`))
		assert.True(t, step.IsClass(err, step.Invalid), "%v", err)
		assert.ErrorContains(t, err, words)
	}
	assert.NotContains(t, w.Get("/-/requests"), "PermissionForAgency", "nothing is asked of a role that is refused")
}

func TestARoleOrAnAgencyThatIsNotThereIsNotGranted(t *testing.T) {
	w := granted(t, ``)
	for _, in := range []string{`{"agency_id":"a1","role_id":"none"}`, `{"agency_id":"none","role_id":"c1"}`} {
		r := begin(t, AgencyRole(w.Client), in)
		assert.JSONEq(t, `{"granted":false}`, r.counts(r.before))
		assert.True(t, step.IsClass(r.apply(), step.NotFound))
		assert.NoError(t, r.kind.Undo(t.Context(), r.in, r.goal(), r.before), "what is gone is undone")
	}
}

// pages speaks for IAM: n roles of IAM's own, in pages as long as asked for unless it pages not at all.
func pages(t *testing.T, n int, paged bool) agencyRole {
	t.Helper()
	return agencyRole{steptest.Against(t, "iam", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v3/auth/domains" {
			fmt.Fprint(w, `{"domains":[{"id":"d1"}]}`)
			return
		}
		var all []role
		for i := range n {
			all = append(all, role{ID: fmt.Sprint("r", i), DisplayName: fmt.Sprint("role ", i)})
		}
		if r.URL.Query().Has("domain_id") {
			all = nil
		}
		list := slices.Collect(slices.Chunk(all, pageSize))
		var page int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		out := rolePage{Roles: all}
		if paged {
			out = rolePage{TotalNumber: len(all)}
			if page <= len(list) {
				out.Roles = list[page-1]
			}
		}
		_ = json.NewEncoder(w).Encode(out)
	})}
}

func TestAllPagesOfRolesAreReadAndARepeatedOneEndsThem(t *testing.T) {
	for _, n := range []int{0, 1, 299, 300, 301, 650} {
		for _, paged := range []bool{true, false} {
			k := pages(t, n, paged)
			found, err := k.called(t.Context(), fmt.Sprint("role ", n-1))
			require.NoError(t, err)
			assert.Len(t, found, min(n, 1), "%d roles, paged %v", n, paged)
		}
	}
	_, err := pages(t, pageSize*maxPages+1, true).called(t.Context(), "role 1")
	assert.True(t, step.IsClass(err, step.Unavailable), "%v", err)
}

func TestStepsOnTheSameGrantTakeTurns(t *testing.T) {
	object := func(in string) []string {
		out, err := AgencyRole(nil).Objects(json.RawMessage(`{"agency_id":"a1",` + in + `}`))
		require.NoError(t, err)
		return out
	}
	for _, tc := range []struct {
		a, b string
		same bool
	}{
		{`"role_id":"r"`, `"role_id":"r","scope":"domain"`, true},
		{`"role_id":"r"`, `"role_id":"s"`, false},
		{`"role_id":"r"`, `"role_id":"r","scope":"inherited"`, false},
		{`"role_id":"r","scope":"project"`, `"role_id":"r","scope":"project","project_id":"p1"`, true},
		{`"role_id":"r","scope":"project","project_id":"p2"`, `"role_id":"r","scope":"project","project_id":"p1"`, false},
	} {
		assert.Equal(t, tc.same, steptest.Overlap(object(tc.a), object(tc.b)), "%s %s", tc.a, tc.b)
	}
}
