package referee_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
)

func listAuthDomains(c sdk) (any, error) {
	return c.iam.KeystoneListAuthDomains(&iam.KeystoneListAuthDomainsRequest{})
}

func listProjects(r iam.KeystoneListProjectsRequest) call {
	return func(c sdk) (any, error) { return c.iam.KeystoneListProjects(&r) }
}

func listUsers(r iam.KeystoneListUsersRequest) call {
	return func(c sdk) (any, error) { return c.iam.KeystoneListUsers(&r) }
}

const manyUsers = `"users": [{"id": "alice", "name": "Alice"}, {"id": "bob", "name": "Bob"}]`

func iamRows() []row {
	rows := slices.Concat(tokenRows(), whoRows(), agencyRows(), roleRows())
	for _, at := range wheres() {
		rows = append(rows, grantRows(at)...)
	}
	return rows
}

func listAuthProjects(c sdk) (any, error) {
	return c.iam.KeystoneListAuthProjects(&iam.KeystoneListAuthProjectsRequest{})
}

// whoRows are the calls by which a caller finds out who and where he is.
func whoRows() []row {
	project := `{"id": "{project}", "name": "cn-north-7", "domain_id": "{domain}", "parent_id": "{domain}",
		"is_domain": false, "enabled": true, "description": ""}`
	alice := `{"id": "alice", "name": "Alice", "domain_id": "{domain}", "enabled": true, "description": "", "password_expires_at": ""}`
	bob := strings.NewReplacer("alice", "bob", "Alice", "Bob").Replace(alice)
	badPage := keystoned(400, "Bad Request", "Invalid page or per_page.")
	projects := func(outcome string, r iam.KeystoneListProjectsRequest, want answer) row {
		return row{operation: "iam KeystoneListProjects", outcome: outcome, call: listProjects(r), want: want}
	}
	people := func(outcome string, r iam.KeystoneListUsersRequest, body string) row {
		return row{
			operation: "iam KeystoneListUsers", outcome: outcome, account: manyUsers, call: listUsers(r),
			want: ok(200, `{"users": [`+body+`]}`),
		}
	}
	type query = iam.KeystoneListProjectsRequest
	return []row{
		{
			operation: "iam KeystoneListAuthDomains", outcome: "tells the account", call: listAuthDomains,
			want: ok(200, `{"domains": [{"id": "{domain}", "name": "sandbox", "enabled": true, "description": ""}]}`),
		},
		{
			operation: "iam KeystoneListAuthProjects", outcome: "lists the caller's projects", call: listAuthProjects,
			want: ok(200, `{"projects": [`+project+`]}`),
		},
		projects("finds the region's project", query{Name: ptr(region)}, ok(200, `{"projects": [`+project+`]}`)),
		projects("lists all", query{}, ok(200, `{"projects": [`+project+`]}`)),
		projects("lists none of another region", query{Name: ptr("eu-de")}, ok(200, `{"projects": []}`)),
		projects("lists none that are accounts", query{IsDomain: ptr(true)}, ok(200, `{"projects": []}`)),
		projects("lists a page", query{Page: ptr(int32(2)), PerPage: ptr(int32(1))}, ok(200, `{"projects": []}`)),
		projects("400: a page without its size", query{Page: ptr(int32(1))}, badPage),
		people("lists all", iam.KeystoneListUsersRequest{}, alice+`,`+bob),
		people("finds one by name", iam.KeystoneListUsersRequest{Name: ptr("Bob")}, bob),
		people("lists none of that name", iam.KeystoneListUsersRequest{Name: ptr("Carol")}, ``),
	}
}

const (
	agencyID  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	anAgency  = `"agencies": [{"id": "` + agencyID + `", "name": "mine", "trust_domain_name": "op_svc_obs", "description": "old", "duration": "48"}]`
	noAgency  = "Could not find agency: " + agencyID
	forbidden = "You are not authorized to perform the requested action."
)

func createAgency(o iam.CreateAgencyOption) call {
	return func(c sdk) (any, error) {
		return c.iam.CreateAgency(&iam.CreateAgencyRequest{Body: &iam.CreateAgencyRequestBody{Agency: &o}})
	}
}

// newAgency is an agency of ours for a service, changed by f.
func newAgency(f func(*iam.CreateAgencyOption)) call {
	return func(c sdk) (any, error) {
		o := iam.CreateAgencyOption{Name: "mine", DomainId: c.place.domain, TrustDomainName: ptr("op_svc_obs")}
		f(&o)
		return createAgency(o)(c)
	}
}

func updateAgency(o iam.UpdateAgencyOption) call {
	return func(c sdk) (any, error) {
		return c.iam.UpdateAgency(&iam.UpdateAgencyRequest{AgencyId: agencyID, Body: &iam.UpdateAgencyRequestBody{Agency: &o}})
	}
}

func deleteAgency(c sdk) (any, error) {
	return c.iam.DeleteAgency(&iam.DeleteAgencyRequest{AgencyId: agencyID})
}

func showAgency(c sdk) (any, error) {
	return c.iam.ShowAgency(&iam.ShowAgencyRequest{AgencyId: agencyID})
}

func listAgencies(f func(*iam.ListAgenciesRequest)) call {
	return func(c sdk) (any, error) {
		r := iam.ListAgenciesRequest{DomainId: c.place.domain}
		f(&r)
		return c.iam.ListAgencies(&r)
	}
}

func agencyRows() []row {
	rows := append(agencyReadRows(), createAgencyRows()...)
	return append(rows, agencyWriteRows()...)
}

// theAgency is anAgency as it is shown. Its creation is the example's time, 2021-06-04.
const theAgency = `{"id": "` + agencyID + `", "name": "mine", "domain_id": "{domain}", "trust_domain_id": "{trusted}",
	"trust_domain_name": "op_svc_obs", "description": "old", "duration": "48",
	"create_time": "2021-06-04T11:00:33.221000", "expire_time": "2021-06-06T11:00:33.221000"}`

func agencyReadRows() []row {
	list := func(outcome string, f func(*iam.ListAgenciesRequest), want answer) row {
		return row{operation: "iam ListAgencies", outcome: outcome, account: anAgency, call: listAgencies(f), want: want}
	}
	show := row{operation: "iam ShowAgency", call: showAgency}
	found, missing := show, show
	found.outcome, found.account, found.want = "shows one", anAgency, ok(200, `{"agency": `+theAgency+`}`)
	missing.outcome, missing.want = "404: no such agency", keystoned(404, "Not Found", noAgency)
	unseen := list("lists none that was made just now", func(*iam.ListAgenciesRequest) {}, ok(200, `{"agencies": []}`))
	unseen.account, unseen.variants = "", `"iam_visibility_seconds": 60`
	unseen.first, unseen.later = newAgency(func(*iam.CreateAgencyOption) {}), 59*time.Second
	seen := unseen
	seen.outcome, seen.later = "lists one that was made a minute ago", time.Minute
	seen.want = ok(200, `{"agencies": [{"id": "{agency}", "name": "mine", "domain_id": "{domain}", "trust_domain_id": "{trusted}",
		"trust_domain_name": "op_svc_obs", "description": "", "duration": "FOREVER", "create_time": "{a minute ago}", "expire_time": ""}]}`)
	without := seen
	without.outcome, without.variants = "lists one without an end", `"iam_forever": "null"`
	without.want = ok(200, `{"agencies": [{"id": "{agency}", "name": "mine", "domain_id": "{domain}", "trust_domain_id": "{trusted}",
		"trust_domain_name": "op_svc_obs", "description": "", "duration": "", "create_time": "{a minute ago}", "expire_time": ""}]}`)
	return []row{
		found, missing, unseen, seen, without,
		list("lists all", func(*iam.ListAgenciesRequest) {}, ok(200, `{"agencies": [`+theAgency+`]}`)),
		list("finds one by name", func(r *iam.ListAgenciesRequest) { r.Name = ptr("mine") }, ok(200, `{"agencies": [`+theAgency+`]}`)),
		list("lists none of that name", func(r *iam.ListAgenciesRequest) { r.Name = ptr("yours") }, ok(200, `{"agencies": []}`)),
		list("lists none of that trust", func(r *iam.ListAgenciesRequest) { r.TrustDomainId = ptr("x") }, ok(200, `{"agencies": []}`)),
		list("lists a page", func(r *iam.ListAgenciesRequest) { r.Page, r.PerPage = ptr(int32(2)), ptr(int32(1)) }, ok(200, `{"agencies": []}`)),
		list("400: pages too large", func(r *iam.ListAgenciesRequest) { r.Page, r.PerPage = ptr(int32(1)), ptr(int32(501)) },
			keystoned(400, "Bad Request", "Invalid page or per_page.")),
		list("403: of another account", func(r *iam.ListAgenciesRequest) { r.DomainId = absent }, keystoned(403, "Forbidden", forbidden)),
	}
}

func createAgencyRows() []row {
	made := func(description, duration, expires string) answer {
		return ok(201, fmt.Sprintf(`{"agency": {"id": "{agency}", "name": "mine", "domain_id": "{domain}", "trust_domain_id": "{trusted}",
			"description": %q, "duration": %q, "create_time": "{time}", "expire_time": %q}}`, description, duration, expires))
	}
	create := func(outcome string, f func(*iam.CreateAgencyOption), want answer, duration string) row {
		r := row{operation: "iam CreateAgency", outcome: outcome, call: newAgency(f), want: want}
		if want.isSuccess() {
			r.part = "iam.agencies"
			r.then = `[{"id": "{agency}", "name": "mine", "domain_id": "{domain}", "trust_domain_id": "{trusted}",
				"trust_domain_name": "op_svc_obs", "description": "", "duration": "` + duration + `"}]`
		}
		return r
	}
	lasts := func(d any) func(*iam.CreateAgencyOption) {
		return func(o *iam.CreateAgencyOption) { o.Duration = &d }
	}
	bad := func(message string) answer { return keystoned(400, "Bad Request", message) }
	taken := create("409: the name is taken", func(*iam.CreateAgencyOption) {},
		keystoned(409, "Conflict", "Conflict occurred attempting to store agency - Duplicate Entry."), "")
	taken.account = anAgency
	again := taken
	again.outcome, again.account, again.first = "again: 409", "", newAgency(func(*iam.CreateAgencyOption) {})
	return []row{
		create("makes one for good", func(*iam.CreateAgencyOption) {}, made("", "FOREVER", ""), "FOREVER"),
		create("makes one that lasts FOREVER", lasts("FOREVER"), made("", "FOREVER", ""), "FOREVER"),
		create("makes one for a day: 24 hours", lasts("ONEDAY"), made("", "24", "{tomorrow}"), "24"),
		create("makes one for 20 days", lasts(20), made("", "480", "{in 20 days}"), "480"),
		create("makes one for 20 days, a text", lasts("20"), made("", "480", "{in 20 days}"), "480"),
		taken, again,
		create("400: no name", func(o *iam.CreateAgencyOption) { o.Name = "" }, bad("'name' is a required property"), ""),
		create("400: a name too long", func(o *iam.CreateAgencyOption) { o.Name = strings.Repeat("a", 65) },
			bad("Invalid input for field 'name'."), ""),
		create("400: no account", func(o *iam.CreateAgencyOption) { o.DomainId = "" }, bad("'domain_id' is a required property"), ""),
		create("400: nobody to trust", func(o *iam.CreateAgencyOption) { o.TrustDomainName = nil },
			bad("'trust_domain_name' is a required property"), ""),
		create("400: a character in the description", func(o *iam.CreateAgencyOption) { o.Description = ptr("a<b") },
			bad("Invalid input for field 'description'."), ""),
		create("400: no such duration", lasts(0), bad("Invalid input for field 'duration'."), ""),
		create("403: of another account", func(o *iam.CreateAgencyOption) { o.DomainId = absent }, keystoned(403, "Forbidden", forbidden), ""),
		create("404: nobody of that id to trust",
			func(o *iam.CreateAgencyOption) { o.TrustDomainName, o.TrustDomainId = nil, ptr(absent) },
			keystoned(404, "Not Found", "TrustDomainNotFound"), ""),
	}
}

func agencyWriteRows() []row {
	update := func(outcome string, o iam.UpdateAgencyOption, want answer, then string) row {
		r := row{operation: "iam UpdateAgency", outcome: outcome, account: anAgency, call: updateAgency(o), want: want}
		if want.isSuccess() {
			r.part, r.then = "iam.agencies", `[{"id": "`+agencyID+`", "name": "mine", "domain_id": "{domain}", `+then+`}]`
		}
		return r
	}
	shown := func(description, duration, expires string) answer {
		return ok(200, fmt.Sprintf(`{"agency": {"id": %q, "name": "mine", "domain_id": "{domain}", "trust_domain_id": "{trusted}",
			"description": %q, "duration": %q, "create_time": "2021-06-04T11:00:33.221000", "expire_time": %q}}`,
			agencyID, description, duration, expires))
	}
	var week any = 7
	trust := `"trust_domain_id": "{trusted}", "trust_domain_name": "op_svc_obs"`
	describe := update("describes it", iam.UpdateAgencyOption{Description: ptr("new")}, shown("new", "48", "2021-06-06T11:00:33.221000"),
		trust+`, "description": "new", "duration": "48"`)
	again := describe
	again.outcome, again.first = "again", describe.call
	missing := update("404: no such agency", iam.UpdateAgencyOption{Description: ptr("new")}, keystoned(404, "Not Found", noAgency), "")
	missing.account = ""
	del := row{operation: "iam DeleteAgency", call: deleteAgency}
	gone, twice := del, del
	gone.outcome, gone.account, gone.want, gone.part, gone.then = "deletes it", anAgency, empty, "iam.agencies", `[]`
	twice.outcome, twice.account, twice.first, twice.want = "again: 404", anAgency, deleteAgency, keystoned(404, "Not Found", noAgency)
	return []row{
		describe, again, missing,
		update("makes it last a week: 168 hours", iam.UpdateAgencyOption{Duration: &week}, shown("old", "168", "2021-06-11T11:00:33.221000"),
			trust+`, "description": "old", "duration": "168"`),
		update("400: a character in the description", iam.UpdateAgencyOption{Description: ptr("a&b")},
			keystoned(400, "Bad Request", "Invalid input for field 'description'."), ""),
		update("404: nobody of that id to trust", iam.UpdateAgencyOption{TrustDomainId: ptr(absent)},
			keystoned(404, "Not Found", "TrustDomainNotFound"), ""),
		gone, twice,
	}
}
