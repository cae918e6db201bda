package referee_test

import (
	"slices"
	"strings"

	modelarts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/modelarts/v1/model"
)

func getAuthorizations(r modelarts.GetAuthorizationsRequest) call {
	return func(c sdk) (any, error) { return c.modelarts.GetAuthorizations(&r) }
}

func createAuthorization(r modelarts.AuthorizationRequest) call {
	return func(c sdk) (any, error) {
		return c.modelarts.CreateAuthorization(&modelarts.CreateAuthorizationRequest{Body: &r})
	}
}

func deleteAuthorizations(userID *string) call {
	return func(c sdk) (any, error) {
		return c.modelarts.DeleteAuthorizations(&modelarts.DeleteAuthorizationsRequest{UserId: userID})
	}
}

func createModelArtsAgency(body *modelarts.ModelArtsAgencyRequest) call {
	return func(c sdk) (any, error) {
		return c.modelarts.CreateModelArtsAgency(&modelarts.CreateModelArtsAgencyRequest{Body: body})
	}
}

func suffix(s string) call {
	return createModelArtsAgency(&modelarts.ModelArtsAgencyRequest{AgencyNameSuffix: &s})
}

// authorize is the usual request: the agency of that name for a user.
func authorize(userID, agency string) call {
	return createAuthorization(modelarts.AuthorizationRequest{
		UserId: &userID, Type: ptr(modelarts.GetAuthorizationRequestTypeEnum().AGENCY), Content: agency,
	})
}

func withKey(secret *string) call {
	return createAuthorization(modelarts.AuthorizationRequest{
		UserId: ptr("alice"), Type: ptr(modelarts.GetAuthorizationRequestTypeEnum().CREDENTIAL), Content: "AKALICE", SecretKey: secret,
	})
}

const (
	users     = `"users": [{"id": "alice", "name": "Alice"}]`
	twoRows   = `"modelarts": {"authorizations": [{"user_id": "alice", "content": "hers", "create_time": 2}, {"user_id": "bob", "content": "his", "create_time": 1}]}`
	aliceRow  = `{"user_id": "alice", "user_name": "Alice", "type": "agency", "content": "hers"}`
	bobRow    = `{"user_id": "bob", "user_name": null, "type": "agency", "content": "his"}`
	wideRow   = `{"user_id": "all-users", "user_name": "all-users", "type": "agency", "content": "wide"}`
	aliceWide = `{"user_id": "alice", "user_name": "Alice", "type": "agency", "content": "wide"}`
	bobWide   = `{"user_id": "bob", "user_name": null, "type": "agency", "content": "wide"}`
	theRows   = "modelarts.authorizations"
)

// done is what the SDK makes of {"result": …}: it looks for a body key, finds none, and drops the rest without a word,
// be it a truth value or a text.
var done = ok(200, `{}`)

var (
	badArgument = refused(400, "ModelArts.0104", "Parameter error.")
	badValue    = refused(400, "ModelArts.0107", "The values of the request parameters are invalid.")
)

func modelartsRows() []row {
	return slices.Concat(getAuthorizationsRows(), createAuthorizationRows(), everybodyRows(), deleteAuthorizationsRows(),
		createModelArtsAgencyRows())
}

func getAuthorizationsRows() []row {
	const alices = `{"user_id": "alice", "user_name": "Alice", "type": "agency", "content": "hers", "create_time": 2}`
	const bobs = `{"user_id": "bob", "type": "agency", "content": "his", "create_time": 1}` // the SDK leaves out a user_name of null
	list := func(outcome string, r modelarts.GetAuthorizationsRequest, want answer) row {
		return row{
			operation: "modelarts GetAuthorizations", outcome: outcome, here: twoRows, account: users,
			call: getAuthorizations(r), want: want,
		}
	}
	type request = modelarts.GetAuthorizationsRequest
	sortBy, order := modelarts.GetGetAuthorizationsRequestSortByEnum(), modelarts.GetGetAuthorizationsRequestOrderEnum()
	fresh := list("lists none", request{}, ok(200, `{"auth": []}`)) // and a total_count of 0
	fresh.here = ""
	return []row{
		list("lists rows by name", request{}, ok(200, `{"total_count": 2, "auth": [`+bobs+`,`+alices+`]}`)),
		fresh,
		list("lists by time", request{SortBy: ptr(sortBy.CREATE_TIME)}, ok(200, `{"total_count": 2, "auth": [`+bobs+`,`+alices+`]}`)),
		list("lists backwards", request{SortBy: ptr(sortBy.USER_NAME), Order: ptr(order.DESC)},
			ok(200, `{"total_count": 2, "auth": [`+alices+`,`+bobs+`]}`)),
		list("lists a page", request{Order: ptr(order.ASC), Limit: ptr(int32(1)), Offset: ptr(int32(1))},
			ok(200, `{"total_count": 2, "auth": [`+alices+`]}`)),
		list("ModelArts.0107: no rows a page", request{Limit: ptr(int32(0))}, badValue),
		list("ModelArts.0107: too many rows a page", request{Limit: ptr(int32(1001))}, badValue),
		list("ModelArts.0107: a page before the first", request{Offset: ptr(int32(-1))}, badValue),
	}
}

// theAuthorization is a row of CreateAuthorization, among users that IAM has.
func theAuthorization(r row) row {
	r.operation, r.account = "modelarts CreateAuthorization", join(users, r.account)
	if r.want.isSuccess() {
		r.part = theRows
	}
	return r
}

func createAuthorizationRows() []row {
	set := theAuthorization
	other := `[{"user_id": "alice", "user_name": "Alice", "type": "agency", "content": "new"},` + bobRow + `]`
	return append(checkedAuthorizationRows(), []row{
		set(row{outcome: "adds a user's row", call: authorize("alice", "hers"), want: done, then: `[` + aliceRow + `]`}),
		set(row{
			outcome: "adds a row, result a truth value", variants: `"modelarts_result": "boolean"`, call: authorize("alice", "hers"),
			want: done, then: `[` + aliceRow + `]`,
		}),
		set(row{
			outcome: "adds a row by content alone", call: createAuthorization(modelarts.AuthorizationRequest{UserId: ptr("alice"), Content: "hers"}),
			want: done, then: `[` + aliceRow + `]`,
		}),
		set(row{
			outcome: "again: puts it in place of itself", here: twoRows, call: authorize("alice", "hers"),
			want: done, then: `[` + aliceRow + `,` + bobRow + `]`,
		}),
		set(row{outcome: "puts another agency in its place", here: twoRows, call: authorize("alice", "new"), want: done, then: other}),
		set(row{
			outcome: "again: ModelArts.0424", here: twoRows, variants: `"modelarts_repost": "refuse"`, call: authorize("alice", "hers"),
			want: refused(400, "ModelArts.0424", "User authorization information already exists."),
		}),
	}...)
}

// checkedAuthorizationRows are about what the service looks for in a row.
func checkedAuthorizationRows() []row {
	set := theAuthorization
	return []row{
		set(row{
			outcome: "adds a row with an access key", call: withKey(ptr(strings.Repeat("s", 40))), want: done,
			then: `[{"user_id": "alice", "user_name": "Alice", "type": "credential", "content": "AKALICE", "secret_key": "(secret)"}]`,
		}),
		set(row{outcome: "ModelArts.0104: a key without its secret", call: withKey(nil), want: badArgument}),
		set(row{outcome: "ModelArts.0104: a secret of the wrong length", call: withKey(ptr("short")), want: badArgument}),
		set(row{
			outcome: "ModelArts.6376: no such agency", variants: `"modelarts_agency_check": "strict"`, call: authorize("alice", "hers"),
			want: refused(400, "ModelArts.6376", "Please make sure agency exists."),
		}),
		set(row{
			outcome: "adds a row for an agency that is looked for", account: `"agencies": [{"name": "ma_agency_x", "trust_domain_name": "op_svc_obs"}]`,
			variants: `"modelarts_agency_check": "strict"`, call: authorize("alice", "ma_agency_x"), want: done,
			then: `[{"user_id": "alice", "user_name": "Alice", "type": "agency", "content": "ma_agency_x"}]`,
		}),
		set(row{
			outcome: "ModelArts.6377: for nobody", call: createAuthorization(modelarts.AuthorizationRequest{Content: "hers"}),
			want: refused(400, "ModelArts.6377", "The user id cannot be left blank."),
		}),
		set(row{
			outcome: "ModelArts.6378: no agency", call: authorize("alice", ""),
			want: refused(400, "ModelArts.6378", "The agency name cannot be left blank."),
		}),
		set(row{outcome: "ModelArts.0104: a name too long", call: authorize("alice", strings.Repeat("a", 65)), want: badArgument}),
		set(row{outcome: "ModelArts.0104: no user's id", call: authorize("alice_1", "hers"), want: badArgument}),
		set(row{
			outcome: "ModelArts.4105: no body", want: refused(400, "ModelArts.4105", "Incorrect JSON format of the input data."),
			call: func(c sdk) (any, error) {
				return c.modelarts.CreateAuthorization(&modelarts.CreateAuthorizationRequest{})
			},
		}),
	}
}
