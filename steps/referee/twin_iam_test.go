package referee_test

import (
	"fmt"
	"strings"

	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
)

func iamAgencyTwins() []twin {
	const kind, in = "iam.agency", `{"name": "mine", "trust_domain_name": "op_svc_obs"}`
	const create, update = "iam CreateAgency", "iam UpdateAgency"
	const row = `{"agency": {"id": "` + agencyID + `", "name": "mine", "trust_domain_name": "op_svc_obs", "description": "%s", "duration": "%s"}}`
	old, now := fmt.Sprintf(row, "old", "2"), fmt.Sprintf(row, "new", "FOREVER")
	made := []reply{{201, `{"agency": {"id": "` + agencyID + `"}}`}}
	changed := []reply{found(made[0].body)}
	named := func(name string) call { return listAgencies(func(r *iam.ListAgenciesRequest) { r.Name = &name }) }
	option := func(description string, duration any, f func(*iam.CreateAgencyOption)) call {
		return newAgency(func(o *iam.CreateAgencyOption) {
			o.Description, o.Duration = &description, &duration
			f(o)
		})
	}
	forever, two := any("FOREVER"), any("2")
	return []twin{
		{
			what: "iam.agency reads", replies: []reply{found(`{"agencies": []}`)}, writ: reads(kind, in), sdk: one("iam ListAgencies", named("mine")),
		}, {
			what: "iam.agency makes one", replies: made, writ: applies(kind, in, `{"agency": null}`),
			sdk: one(create, option("", forever, func(*iam.CreateAgencyOption) {})),
		}, {
			what: "iam.agency makes one for 20 days, for a domain by its id", replies: made,
			writ: applies(kind, `{"name": "mine", "trust_domain_id": "domain1", "description": "for <OBS> & Söhne", "duration": "20"}`, `{"agency": null}`),
			sdk: one(create, option("for <OBS> & Söhne", "20", func(o *iam.CreateAgencyOption) {
				o.TrustDomainName, o.TrustDomainId = nil, ptr("domain1")
			})),
		}, {
			what: "iam.agency makes one for a day, which it says in days", replies: made,
			writ: applies(kind, strings.Replace(in, "}", `, "duration": "ONEDAY"}`, 1), `{"agency": null}`),
			sdk:  one(create, option("", "1", func(*iam.CreateAgencyOption) {})),
		}, {
			what: "iam.agency changes the description", replies: changed,
			writ: applies(kind, strings.Replace(in, "}", `, "description": "new"}`, 1), old),
			sdk:  one(update, updateAgency(iam.UpdateAgencyOption{Description: ptr("new")})),
		}, {
			what: "iam.agency takes the description away", replies: changed,
			writ: applies(kind, strings.Replace(in, "}", `, "description": ""}`, 1), old),
			sdk:  one(update, updateAgency(iam.UpdateAgencyOption{Description: ptr("")})),
		}, {
			what: "iam.agency changes whom it trusts, and for how long", replies: changed,
			writ: applies(kind, `{"name": "mine", "trust_domain_name": "op_svc_dbss", "duration": "FOREVER"}`, old),
			sdk:  one(update, updateAgency(iam.UpdateAgencyOption{TrustDomainName: ptr("op_svc_dbss"), Duration: &forever})),
		}, {
			what: "iam.agency puts old values back", replies: changed, writ: undoes(kind, in, now, old),
			sdk: one(update, updateAgency(iam.UpdateAgencyOption{Description: ptr("old"), Duration: &two})),
		}, {
			what: "iam.agency deletes the one it made", replies: []reply{noContent}, writ: undoes(kind, in, now, `{"agency": null}`),
			sdk: one("iam DeleteAgency", deleteAgency),
		},
	}
}

func iamRoleTwins() []twin {
	var all []twin
	for _, at := range wheres() {
		all = append(all, grantTwins(at)...)
	}
	return append(all, otherProjectTwin())
}

// grantTwins: before writ grants a role by its id it makes sure that this is none that agencies must not have.
func grantTwins(at where) []twin {
	const kind, roles, none = "iam.agency_role", "iam KeystoneListPermissions", `{"roles": [], "total_number": 0}`
	by := fmt.Sprintf(`{"agency_id": %q, "role_id": %q, "scope": %q}`, agencyID, customRole, at.scope)
	named := fmt.Sprintf(`{"agency_id": %q, "display_name": "Reads & our buckets", "scope": %q}`, agencyID, at.scope)
	state := func(granted bool) string {
		return fmt.Sprintf(`{"granted": %v, "role": {"id": %q}}`, granted, customRole)
	}
	role := func(f func(c sdk, id, agency, role string) (any, error)) call {
		return func(c sdk) (any, error) { return f(c, at.id(c), agencyID, customRole) }
	}
	ask := func(f func(*iam.KeystoneListPermissionsRequest, sdk)) sdkCall {
		return sdkCall{roles, func(c sdk) (any, error) {
			var r iam.KeystoneListPermissionsRequest
			f(&r, c)
			return c.iam.KeystoneListPermissions(&r)
		}}
	}
	called := func(r *iam.KeystoneListPermissionsRequest, _ sdk) {
		r.DisplayName, r.Page, r.PerPage = ptr("Reads & our buckets"), ptr(int32(1)), ptr(int32(300))
	}
	calledHere := func(r *iam.KeystoneListPermissionsRequest, c sdk) {
		called(r, c)
		r.DomainId = &c.place.domain
	}
	mine := `{"roles": [{"id": "` + customRole + `", "name": "custom_1", "display_name": "Reads & our buckets"}], "total_number": 1}`
	return []twin{
		{
			what: "iam.agency_role reads, " + at.scope, replies: []reply{found(none), found(none), noContent}, writ: reads(kind, by),
			sdk: []sdkCall{
				ask(func(r *iam.KeystoneListPermissionsRequest, _ sdk) { r.Name = ptr("secu_admin") }),
				ask(func(r *iam.KeystoneListPermissionsRequest, _ sdk) { r.Name = ptr("te_agency") }),
				{at.named("Check"), role(at.head)},
			},
		}, {
			what: "iam.agency_role reads by name, " + at.scope, replies: []reply{found(none), found(mine), {status: 404}}, writ: reads(kind, named),
			sdk: []sdkCall{ask(called), ask(calledHere), {at.named("Check"), role(at.head)}},
		}, {
			what: "iam.agency_role grants, " + at.scope, replies: []reply{noContent}, writ: applies(kind, by, state(false)),
			sdk: one(at.named("Associate"), role(at.put)),
		}, {
			what: "iam.agency_role undoes, " + at.scope, replies: []reply{noContent}, writ: undoes(kind, by, state(true), state(false)),
			sdk: one(at.named("Remove"), role(at.del)),
		},
	}
}

// otherProjectTwin: a role may be for another project than that of the run.
func otherProjectTwin() twin {
	in := fmt.Sprintf(`{"agency_id": %q, "role_id": %q, "scope": "project", "project_id": %q}`, agencyID, customRole, absent)
	at := wheres()[1]
	return twin{
		what: "iam.agency_role grants for another project", replies: []reply{noContent},
		writ: applies("iam.agency_role", in, fmt.Sprintf(`{"granted": false, "role": {"id": %q}}`, customRole)),
		sdk:  one(at.named("Associate"), func(c sdk) (any, error) { return at.put(c, absent, agencyID, customRole) }),
	}
}
