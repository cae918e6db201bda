package sandbox

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

const agencies = "/v3.0/OS-AGENCY/agencies"

func newAgency(name string) string {
	return `{"agency":{"name":"` + name + `","domain_id":"` + domainID + `","trust_domain_name":"op_svc_obs"}}`
}

// agencyID finds an agency by name, as a client must.
func (b *box) agencyID(name string) string {
	b.t.Helper()
	var list struct{ Agencies []agencyAnswer }
	got := b.call("iam", "GET", agencies+"?domain_id="+domainID+"&name="+name, "")
	require.NoError(b.t, json.Unmarshal([]byte(got.body), &list))
	require.Len(b.t, list.Agencies, 1)
	return list.Agencies[0].ID
}

// keystone expects an error in Keystone's envelope.
func (b *box) keystone(status int, method, path, body string) {
	b.t.Helper()
	got := b.call("iam", method, path, body)
	require.Equal(b.t, status, got.status, got.body)
	require.Equal(b.t, float64(status), got.field(b.t, "error").(map[string]any)["code"])
}

func TestIAMNamesTheFirstProjectOfARegionLikeTheRegion(t *testing.T) {
	b := seeded(t, `{"projects":{"p1":{},"p2":{},"p3":{"region":"eu-de"}}}`)
	names := func(query string) (names []string) {
		var list struct{ Projects []projectAnswer }
		require.NoError(t, json.Unmarshal([]byte(b.call("iam", "GET", "/v3/projects"+query, "").body), &list))
		for _, p := range list.Projects {
			require.Equal(t, domainID, p.DomainID)
			names = append(names, p.ID+" "+p.Name)
		}
		return names
	}
	require.Equal(t, []string{"p1 cn-north-7", "p2 cn-north-7_p2", "p3 eu-de"}, names(""))
	require.Equal(t, []string{"p3 eu-de"}, names("?name=eu-de"))
	require.Equal(t, []string{"p3 eu-de"}, names("?page=2&per_page=2"))
	require.Empty(t, names("?domain_id=other"))
	b.keystone(400, "GET", "/v3/projects?page=1", "")
}

func TestIAMListsDomainsAndUsers(t *testing.T) {
	b := seeded(t, `{"iam":{"users":[{"id":"u2","name":"bob"},{"id":"u1","name":"ann"}]}}`)
	domains := b.call("iam", "GET", "/v3/auth/domains", "").field(t, "domains").([]any)
	require.Equal(t, domainID, domains[0].(map[string]any)["id"])
	require.Len(t, b.call("iam", "GET", "/v3/users", "").field(t, "users"), 2)
	users := b.call("iam", "GET", "/v3/users?name=bob&domain_id="+domainID, "").field(t, "users").([]any)
	require.Len(t, users, 1)
	require.Equal(t, "u2", users[0].(map[string]any)["id"])
}

func TestIAMAgencyLivesItsLife(t *testing.T) {
	b := open(t, Options{})
	before := b.state()
	made := b.call("iam", "POST", agencies, newAgency("courier"))
	require.Equal(t, 201, made.status)
	require.NotContains(t, made.body, "trust_domain_name", "the answer to a creation leaves it out")
	b.keystone(409, "POST", agencies, newAgency("courier"))
	id := b.agencyID("courier")
	shown := b.call("iam", "GET", agencies+"/"+id, "").field(t, "agency").(map[string]any)
	require.Equal(t, "op_svc_obs", shown["trust_domain_name"])
	require.Equal(t, "FOREVER", shown["duration"])
	require.Nil(t, shown["expire_time"])
	got := b.call("iam", "PUT", agencies+"/"+id, `{"agency":{"duration":"2","description":"short"}}`)
	require.Equal(t, 200, got.status)
	shown = got.field(t, "agency").(map[string]any)
	require.Equal(t, "48", shown["duration"], "days go in, hours come out")
	require.NotNil(t, shown["expire_time"])
	require.Equal(t, "op_svc_obs", shown["trust_domain_name"])
	b.expect(204, "", "iam", "DELETE", agencies+"/"+id, "")
	b.keystone(404, "DELETE", agencies+"/"+id, "")
	b.keystone(404, "GET", agencies+"/"+id, "")
	b.keystone(404, "PUT", agencies+"/"+id, `{"agency":{}}`)
	require.Equal(t, before, b.state())
}

func TestIAMChecksAgencies(t *testing.T) {
	b := open(t, Options{})
	const rest = `,"domain_id":"` + domainID + `","trust_domain_name":"x"}}`
	b.keystone(400, "POST", agencies, `{}`)
	b.keystone(400, "POST", agencies, `{"agency":{"trust_domain_name":"x"}}`)
	b.keystone(400, "POST", agencies, `{"agency":{"name":1`+rest)
	b.keystone(400, "POST", agencies, `{"agency":{"name":"a","duration":"TWODAYS"`+rest)
	b.keystone(400, "POST", agencies, `{"agency":{"name":"a","duration":0`+rest)
	b.keystone(400, "POST", agencies, `{"agency":{"name":"a","description":"50%"`+rest)
	b.keystone(400, "POST", agencies, `{"agency":{"name":"a","domain_id":"`+domainID+`"}}`)
	b.keystone(403, "POST", agencies, `{"agency":{"name":"a","domain_id":"other","trust_domain_name":"x"}}`)
	b.keystone(404, "POST", agencies, `{"agency":{"name":"a","domain_id":"`+domainID+`","trust_domain_id":"0"}}`)
	b.keystone(400, "GET", agencies, "")
	b.keystone(403, "GET", agencies+"?domain_id=other", "")
	got := b.call("iam", "POST", agencies, `{"agency":{"name":"a","duration":"ONEDAY"`+rest)
	require.Equal(t, "24", got.field(t, "agency").(map[string]any)["duration"])
	b.keystone(400, "PUT", agencies+"/"+b.agencyID("a"), `{"agency":{"name":"b"}}`)
}
