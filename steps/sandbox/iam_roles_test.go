package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// roles lists what GET /v3/roles answers to a query, and the total that it tells.
func (b *box) roles(query string) (names []string, total int) {
	b.t.Helper()
	var list struct {
		Roles []roleAnswer
		Total int `json:"total_number"`
	}
	got := b.call("iam", "GET", "/v3/roles"+query, "")
	require.Equal(b.t, 200, got.status, got.body)
	require.NoError(b.t, json.Unmarshal([]byte(got.body), &list))
	for _, r := range list.Roles {
		names = append(names, r.Name)
	}
	return names, list.Total
}

func TestRolesAreListedThroughTheirFilters(t *testing.T) {
	b := seeded(t, `{"iam":{"roles":[{"name":"own","display_name":"Own OBS"},{"name":"other","type":"XA","catalog":"OBS"}]}}`)
	all := []string{"obs_b_list", "secu_admin", "system_all_159", "system_all_64", "system_all_72", "te_admin"}
	domain := "?domain_id=" + domainID
	for query, want := range map[string][]string{
		"":                                    all,
		"?name=te_admin":                      {"te_admin"},
		"?name=te_":                           nil,
		"?display_name=OBS%20OperateAccess":   {"system_all_72"},
		"?display_name=Administrator":         {"secu_admin", "system_all_159", "te_admin"},
		"?permission_type=role":               {"obs_b_list", "secu_admin", "te_admin"},
		"?permission_type=policy&catalog=OBS": {"system_all_159", "system_all_64", "system_all_72"},
		"?type=project":                       {"te_admin"},
		"?type=domain":                        all,
		"?type=all":                           all,
		"?page=2&per_page=4":                  {"system_all_72", "te_admin"},
		domain:                                {"other", "own"},
		domain + "&type=project":              {"other"},
		domain + "&catalog=CUSTOMED":          {"own"},
		domain + "&display_name=OBS":          {"own"},
		domain + "&permission_type=policy":    {"other", "own"},
	} {
		got, _ := b.roles(query)
		require.Equal(t, want, got, query)
	}
	_, total := b.roles("?page=1&per_page=1")
	require.Equal(t, 6, total)
	b.keystone(400, "GET", "/v3/roles?page=1&per_page=301", "")
	b.keystone(403, "GET", "/v3/roles?domain_id=other", "")
	require.Contains(t, b.call("iam", "GET", "/v3/roles"+domain+"&name=none", "").body, `"roles":[]`)
}

func TestAPageOfRolesHasNoMoreThanThreeHundred(t *testing.T) {
	var rows []string
	for i := range rolesMax + 1 {
		rows = append(rows, fmt.Sprintf(`{"name":"r%03d"}`, i))
	}
	b := seeded(t, `{"iam":{"roles":[`+strings.Join(rows, ",")+`]}}`)
	got, total := b.roles("?domain_id=" + domainID)
	require.Len(t, got, rolesMax)
	require.Equal(t, rolesMax+1, total)
}

func TestRolesOfTheAccountStandInTheDocument(t *testing.T) {
	b := seeded(t, `{"iam":{"roles":[{"name":"own"}]}}`)
	var document struct{ IAM account }
	require.NoError(t, json.Unmarshal([]byte(b.state()), &document))
	require.Equal(t, []role{{ID: roleID("own"), Name: "own", DisplayName: "own", Type: "AX", Catalog: "CUSTOMED"}}, document.IAM.Roles)
	for rows, names := range map[string]string{
		`{}`:                               "name is empty",
		`{"name":"a"},{"name":"a"}`:        `"a" stands twice`,
		`{"name":"te_admin","id":"other"}`: `"te_admin" stands twice`,
		`{"name":"a","id":"i"},{"name":"b","id":"i"}`: `"i" stands twice`,
		`{"name":"a","type":"YY"}`:                    "iam.roles[a].type",
		`"text"`:                                      "iam.roles",
	} {
		got := b.control("PUT", "/-/state", `{"iam":{"roles":[`+rows+`]}}`)
		require.Equal(t, 400, got.status, rows)
		require.Contains(t, got.field(t, "error"), names)
	}
}
