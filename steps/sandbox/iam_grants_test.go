package sandbox

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// scopes are the paths of the three kinds of grant: of one grant, and of the list. {a} stands for the agency, {r} for
// the role.
var scopes = map[string]struct{ one, list string }{
	scopeDomain: {"/v3.0/OS-AGENCY/domains/" + domainID + "/agencies/{a}/roles/{r}",
		"/v3.0/OS-AGENCY/domains/" + domainID + "/agencies/{a}/roles"},
	scopeProject: {"/v3.0/OS-AGENCY/projects/{p}/agencies/{a}/roles/{r}", "/v3.0/OS-AGENCY/projects/{p}/agencies/{a}/roles"},
	scopeInherited: {"/v3.0/OS-INHERIT/domains/" + domainID + "/agencies/{a}/roles/{r}/inherited_to_projects",
		"/v3.0/OS-INHERIT/domains/" + domainID + "/agencies/{a}/roles/inherited_to_projects"},
}

func fill(path, agency, role string) string {
	return strings.NewReplacer("{a}", agency, "{r}", roleID(role)).Replace(path)
}

const withCourier = `"iam":{"agencies":[{"id":"a1","name":"courier","trust_domain_name":"op_svc_obs"}],"roles":[{"name":"te_agency"}]}`

func (b *box) rolesAt(path string) (names []string) {
	b.t.Helper()
	var list struct{ Roles []roleAnswer }
	got := b.call("iam", "GET", path, "")
	require.Equal(b.t, 200, got.status, got.body)
	require.NoError(b.t, json.Unmarshal([]byte(got.body), &list))
	for _, r := range list.Roles {
		names = append(names, r.Name)
	}
	return names
}

func TestAGrantLivesItsLifeInEachScope(t *testing.T) {
	for scope, path := range scopes {
		t.Run(scope, func(t *testing.T) {
			b := seeded(t, `{`+withCourier+`}`)
			before := b.state()
			one, list := fill(path.one, "a1", "system_all_72"), fill(path.list, "a1", "")
			head := b.call("iam", "HEAD", one, "")
			require.Equal(t, 404, head.status)
			require.Empty(t, head.body)
			require.NotContains(t, head.header, "Content-Type")
			require.NotContains(t, head.header, "Content-Length")
			require.Empty(t, b.rolesAt(list))
			b.expect(204, "", "iam", "PUT", one, "")
			b.expect(204, "", "iam", "PUT", one, "")
			b.expect(204, "", "iam", "HEAD", one, "")
			require.Equal(t, []string{"system_all_72"}, b.rolesAt(list))
			log := b.requests()
			require.Equal(t, []bool{true, false, false}, []bool{log[2].Changed, log[3].Changed, log[4].Changed})
			for other, path := range scopes {
				if other != scope {
					require.Empty(t, b.rolesAt(fill(path.list, "a1", "")), "%s is not %s", other, scope)
				}
			}
			b.expect(204, "", "iam", "DELETE", one, "")
			b.keystone(404, "DELETE", one, "")
			require.Equal(t, before, b.state())
		})
	}
}

func TestAnInheritedGrantIsShownWithLess(t *testing.T) {
	b := seeded(t, `{`+withCourier+`}`)
	b.call("iam", "PUT", fill(scopes[scopeInherited].one, "a1", "te_admin"), "")
	full := b.call("iam", "GET", fill(scopes[scopeDomain].list, "a1", ""), "")
	require.NotContains(t, full.body, "te_admin")
	got := b.call("iam", "GET", fill(scopes[scopeInherited].list, "a1", ""), "").field(t, "roles").([]any)
	require.Equal(t, []any{map[string]any{"id": roleID("te_admin"), "name": "te_admin",
		"links": map[string]any{"self": "https://iam.sandbox/v3/roles/" + roleID("te_admin")}}}, got)
}

func TestAGrantNeedsEverythingItNames(t *testing.T) {
	b := seeded(t, `{`+withCourier+`}`)
	for scope, path := range scopes {
		for _, method := range []string{"PUT", "DELETE"} {
			b.keystone(404, method, fill(path.one, "none", "te_admin"), "")
			b.keystone(404, method, fill(path.one, "a1", "none"), "")
		}
		b.keystone(404, "GET", fill(path.list, "none", ""), "")
		for _, role := range neverForAgencies {
			b.keystone(403, "PUT", fill(path.one, "a1", role), "")
		}
		if scope == scopeProject {
			b.keystone(404, "PUT", strings.Replace(fill(path.one, "a1", "te_admin"), "{p}", "ffff", 1), "")
			continue
		}
		b.keystone(403, "PUT", strings.Replace(fill(path.one, "a1", "te_admin"), domainID, "other", 1), "")
	}
	require.NotContains(t, b.state(), "grants")
}

func TestDeletingAnAgencyTakesItsGrantsAlong(t *testing.T) {
	b := open(t, Options{})
	before := b.state()
	b.call("iam", "POST", agencies, newAgency("courier"))
	id := b.agencyID("courier")
	b.expect(204, "", "iam", "PUT", fill(scopes[scopeDomain].one, id, "te_admin"), "")
	require.Contains(t, b.state(), `"grants"`)
	got := b.call("iam", "PUT", agencies+"/"+id, `{"agency":{"description":"new"}}`)
	require.Equal(t, 200, got.status)
	b.expect(204, "", "iam", "HEAD", fill(scopes[scopeDomain].one, id, "te_admin"), "")
	b.expect(204, "", "iam", "DELETE", agencies+"/"+id, "")
	require.Equal(t, before, b.state())
	b.call("iam", "POST", agencies, newAgency("courier"))
	require.Empty(t, b.rolesAt(fill(scopes[scopeDomain].list, b.agencyID("courier"), "")))
}

func TestGrantsStandInTheDocument(t *testing.T) {
	agency := func(grants string) string {
		return `{"iam":{"agencies":[{"id":"a1","name":"courier","trust_domain_name":"t","grants":[` + grants + `]}]}}`
	}
	b := seeded(t, agency(`{"scope":"project","scope_id":"`+defaultProjectID+`","role_id":"te_admin"},{"scope":"domain","role_id":"system_all_72"}`))
	require.Equal(t, []string{"system_all_72"}, b.rolesAt(fill(scopes[scopeDomain].list, "a1", "")))
	require.Equal(t, []string{"te_admin"}, b.rolesAt(fill(scopes[scopeProject].list, "a1", "")))
	first := b.state()
	require.Contains(t, first, `"role_id": "`+roleID("te_admin")+`"`, "a name becomes an id")
	require.NotContains(t, first, "granted_at")
	require.Equal(t, first, b.control("PUT", "/-/state", first).body)
	for grants, names := range map[string]string{
		`{"scope":"domain","role_id":"none"}`:                                             "role_id",
		`{"scope":"world","role_id":"te_admin"}`:                                          "scope",
		`{"scope":"domain","scope_id":"other","role_id":"te_admin"}`:                      "scope_id",
		`{"scope":"project","scope_id":"other","role_id":"te_admin"}`:                     "scope_id",
		`{"scope":"domain","role_id":"te_admin"},{"scope":"domain","role_id":"te_admin"}`: "stands twice",
	} {
		got := b.control("PUT", "/-/state", agency(grants))
		require.Equal(t, 400, got.status, grants)
		require.Contains(t, got.field(t, "error"), "iam.agencies[courier].grants")
		require.Contains(t, got.field(t, "error"), names)
	}
}

func TestANewGrantCanBeLateToBeSeen(t *testing.T) {
	now := time.Now()
	b := open(t, Options{
		Seed:  []byte(`{` + withCourier + `,"variants":{"role_propagation_seconds":60}}`),
		Clock: func() time.Time { return now },
	})
	one, list := fill(scopes[scopeDomain].one, "a1", "te_admin"), fill(scopes[scopeDomain].list, "a1", "")
	b.signed("iam", "PUT", one, 204)
	b.signed("iam", "HEAD", one, 404)
	require.Contains(t, b.state(), "grants", "it is granted all the same")
	require.NotContains(t, b.signed("iam", "GET", list, 200).body, "te_admin")
	now = now.Add(59 * time.Second)
	b.signed("iam", "PUT", one, 204)
	b.signed("iam", "HEAD", one, 404)
	now = now.Add(time.Second)
	b.signed("iam", "HEAD", one, 204)
	require.Contains(t, b.signed("iam", "GET", list, 200).body, "te_admin")
	b.signed("iam", "DELETE", one, 204)
	b.signed("iam", "PUT", one, 204)
	b.signed("iam", "DELETE", one, 204)
	require.NotContains(t, b.state(), "grants", "what is not seen yet can be taken back")
}

// signed makes a call that is signed at the sandbox's time.
func (b *box) signed(service, method, path string, status int) response {
	b.t.Helper()
	return b.signedBody(service, method, path, "", status)
}

func (b *box) signedBody(service, method, path, body string, status int) response {
	b.t.Helper()
	r := b.request(service, method, path, body)
	signRequest(r, r.URL.EscapedPath(), body, b.s.clock())
	got := b.do(r)
	require.Equal(b.t, status, got.status, got.body)
	return got
}

func TestANewAgencyCanBeLateToBeSeen(t *testing.T) {
	now := time.Now()
	b := at(t, &now, `"iam_visibility_seconds":120,"modelarts_agency_check":"strict"`)
	made := b.signedBody("iam", "POST", agencies, newAgency("courier"), 201).field(t, "agency").(map[string]any)
	path, list := agencies+"/"+made["id"].(string), agencies+"?domain_id="+domainID
	unseen := func() {
		b.signed("iam", "GET", path, 404)
		b.signedBody("iam", "PUT", path, `{"agency":{"description":"d"}}`, 404)
		b.signed("iam", "DELETE", path, 404)
		b.signed("iam", "PUT", fill(scopes[scopeDomain].one, made["id"].(string), "te_admin"), 404)
		require.NotContains(t, b.signed("iam", "GET", list, 200).body, "courier")
		b.signedBody("modelarts", "POST", authorizations, `{"user_id":"user-1","content":"courier"}`, 400)
	}
	unseen()
	b.signedBody("iam", "POST", agencies, newAgency("courier"), 409)
	now = now.Add(119 * time.Second)
	unseen()
	now = now.Add(time.Second)
	b.signed("iam", "GET", path, 200)
	require.Contains(t, b.signed("iam", "GET", list, 200).body, "courier")
	b.signedBody("modelarts", "POST", authorizations, `{"user_id":"user-1","content":"courier"}`, 200)
	b.signed("iam", "DELETE", path, 204)
}
