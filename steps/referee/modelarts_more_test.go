package referee_test

import (
	"fmt"
	"strings"

	modelarts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/modelarts/v1/model"
)

func everybodyRows() []row {
	set := func(outcome, variants, name string, want answer, then string) row {
		r := row{
			operation: "modelarts CreateAuthorization", outcome: outcome, here: twoRows, account: users, variants: variants,
			call: authorize(name, "wide"), want: want, then: `[` + then + `]`,
		}
		if want.isSuccess() {
			r.part = theRows
		}
		return r
	}
	added, over := aliceRow+`,`+wideRow+`,`+bobRow, aliceWide+`,`+wideRow+`,`+bobWide
	rows := []row{
		set("for everybody beside the users, as all", ``, "all", done, added),
		set("for everybody beside the users, as all-users", ``, "all-users", done, added),
		set("for everybody over the users", `"modelarts_everybody": "overwrite"`, "all-users", done, over),
		set("for everybody as all, the only word", `"modelarts_everybody_name": "all"`, "all", done, added),
		set("for everybody as all-users, the only word", `"modelarts_everybody_name": "all-users"`, "all-users", done, added),
		set("ModelArts.0107: all is no word for everybody", `"modelarts_everybody_name": "all-users"`, "all", badValue, ``),
		set("ModelArts.0107: all-users is no word for everybody", `"modelarts_everybody_name": "all"`, "all-users", badValue, ``),
	}
	again := set("for everybody again: ModelArts.0424", `"modelarts_repost": "refuse"`, "all",
		refused(400, "ModelArts.0424", "User authorization information already exists."), ``)
	again.first = authorize("all", "wide")
	typed := set("for everybody with the user type that says so", ``, "all", done, added)
	typed.call = createAuthorization(modelarts.AuthorizationRequest{UserId: ptr("all"), Content: "wide", UserType: ptr("all-users")})
	wrong := set("ModelArts.0104: the user type of everybody for one user", ``, "", badArgument, ``)
	wrong.call = createAuthorization(modelarts.AuthorizationRequest{UserId: ptr("alice"), Content: "wide", UserType: ptr("all-users")})
	return append(rows, again, typed, wrong)
}

func deleteAuthorizationsRows() []row {
	del := func(outcome, variants string, userID *string, want answer, then string) row {
		r := row{
			operation: "modelarts DeleteAuthorizations", outcome: outcome, here: twoRows, account: users, variants: variants,
			call: deleteAuthorizations(userID), want: want, then: then,
		}
		if want.isSuccess() {
			r.part = theRows
		}
		return r
	}
	gone := refused(400, "ModelArts.0429", "The authorization does not exist. Check whether the user_id is correct.")
	again := del("again: ModelArts.0429", ``, ptr("alice"), gone, ``)
	again.first = deleteAuthorizations(ptr("alice"))
	as401 := del("ModelArts.0428 under 401, which is not about keys", ``, ptr("alice"),
		refused(401, "ModelArts.0428", "The user authorization does not exist."), ``)
	as401.faults = []string{`{"do": "status", "status": 401, "error_code": "ModelArts.0428"}`}
	again2 := del("for everybody again", ``, ptr("all"), done, `[]`)
	again2.first = deleteAuthorizations(ptr("all"))
	return []row{
		del("deletes one row", ``, ptr("alice"), done, `[`+bobRow+`]`),
		del("deletes one row, result a truth value", `"modelarts_result": "boolean"`, ptr("alice"), done, `[`+bobRow+`]`),
		again,
		del("ModelArts.0429: never there", ``, ptr("carol"), gone, ``),
		as401,
		del("for everybody: every row, as all", ``, ptr("all"), done, `[]`),
		del("for everybody: every row, as all-users", ``, ptr("all-users"), done, `[]`),
		again2,
		del("ModelArts.0107: all is no word for everybody", `"modelarts_everybody_name": "all-users"`, ptr("all"), badValue, ``),
		del("ModelArts.0104: for nobody", ``, nil, badArgument, ``),
	}
}

func createModelArtsAgencyRows() []row {
	create := func(r row) row {
		r.operation = "modelarts CreateModelArtsAgency"
		if r.want.isSuccess() {
			r.part = "modelarts.agencies"
		}
		return r
	}
	named := func(names ...string) string {
		list := make([]string, 0, len(names))
		for _, name := range names {
			list = append(list, fmt.Sprintf(`{"name": %q, "trust_domain_name": "op_svc_obs"}`, name))
		}
		return `"agencies": [` + strings.Join(list, ",") + `]`
	}
	fifty := make([]string, 50)
	for i := range fifty {
		fifty[i] = fmt.Sprint("a", i)
	}
	return []row{
		create(row{outcome: "makes the one without a suffix", call: createModelArtsAgency(&modelarts.ModelArtsAgencyRequest{}),
			want: done, then: `["modelarts_agency"]`}),
		create(row{outcome: "makes the one without a suffix, without a body", call: createModelArtsAgency(nil),
			want: done, then: `["modelarts_agency"]`}),
		create(row{outcome: "makes one with a suffix", call: suffix("team"), want: done, then: `["ma_agency_team"]`}),
		create(row{
			outcome: "again: ModelArts.3818", first: suffix("team"), call: suffix("team"),
			want: refused(400, "ModelArts.3818", "The agency of service ma_agency_team has been defined."),
		}),
		create(row{
			outcome: "ModelArts.4502: IAM has one of that name", account: named("ma_agency_team"), call: suffix("team"),
			want: refused(400, "ModelArts.4502", "The IAM agency name already exists, please delete the agency in IAM first and retry"),
		}),
		create(row{
			outcome: "ModelArts.4500: fifty agencies", account: named(fifty...), call: suffix("team"),
			want: refused(403, "ModelArts.4500", "The number of agencies has reached the maximum."),
		}),
		create(row{outcome: "ModelArts.0104: a suffix too long", call: suffix(strings.Repeat("a", 51)), want: badArgument}),
	}
}
