package referee_test

import (
	"slices"

	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	modelarts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/modelarts/v1/model"
)

// twins is everything that writ sends, kind by kind.
func twins() []twin {
	return slices.Concat(bucketTwins(), switchTwins(), bucketSwitchTwins(), roleTwins(), authorizationTwins(), everybodyTwins(), agencyTwins(),
		iamAgencyTwins(), iamRoleTwins(), clientTwins(), obsTwins())
}

var noContent = reply{status: 204}

func found(body string) reply { return reply{200, body} }

func one(operation string, c call) []sdkCall { return []sdkCall{{operation, c}} }

func bucketTwins() []twin {
	return []twin{
		{
			what: "dbss.obs_buckets reads", replies: []reply{found(`{"obs_list": []}`)},
			writ: reads("dbss.obs_buckets", `{}`), sdk: one("dbss ListAuditObsBuckets", listAuditObsBuckets),
		}, {
			// writ takes is_success as a text too, which the pages show; the SDK calls it an error.
			what: "dli.obs_authorization applies", replies: []reply{found(`{"is_success": "true", "message": "1202"}`)},
			writ: applies("dli.obs_authorization", `{"obs_buckets": ["1202", "first"]}`, `{}`),
			sdk:  one("dli RegisterBucket", registerBucket("1202", "first")),
		},
	}
}

func switchTwins() []twin {
	const kind = "mpc.agency"
	const created, canceled = `{"operate_type": "CREATED"}`, `{"operate_type": "CANCELED"}`
	const create, show = "mpc CreateAgenciesTask", "mpc ShowAgenciesTask"
	return []twin{
		{what: "mpc.agency reads", replies: []reply{found(created)}, writ: reads(kind, created), sdk: one(show, showAgenciesTask)},
		{what: "mpc.agency grants", replies: []reply{noContent}, writ: applies(kind, created, canceled), sdk: one(create, grant)},
		{what: "mpc.agency cancels", replies: []reply{noContent}, writ: applies(kind, canceled, created), sdk: one(create, cancel)},
		{what: "mpc.agency undoes", replies: []reply{noContent}, writ: undoes(kind, created, created, canceled), sdk: one(create, cancel)},
		{
			// The SDK does not look at the clock; where it looks for its project, it sends the same.
			what: "mpc.agency grants as the first thing that writ does", cold: true, replies: []reply{found(`{"projects": []}`), noContent},
			writ: applies(kind, created, canceled), sdk: []sdkCall{{"iam KeystoneListProjects", findProject}, {create, grant}},
		},
	}
}

// writ sends operation as a text, as the page's table and the SDK do; the page's example is a number.
func bucketSwitchTwins() []twin {
	const kind, put = "mpc.bucket_authorization", "mpc UpdateBucketAuthorized"
	const in, out = `{"bucket": "plain", "operation": "1"}`, `{"bucket": "plain", "operation": "0"}`
	const yes, no = `{"is_authorized": 1}`, `{"is_authorized": 0}`
	return []twin{
		{
			what: "mpc.bucket_authorization reads", replies: []reply{found(`{"buckets": [{"bucket": "plain", "creation_date": 1, "is_authorized": 0}]}`)},
			writ: reads(kind, in), sdk: one("mpc ListAllBuckets", listAllBuckets),
		},
		{what: "mpc.bucket_authorization grants", replies: []reply{noContent}, writ: applies(kind, in, no), sdk: one(put, updateBucketAuthorized("plain", on))},
		{what: "mpc.bucket_authorization revokes", replies: []reply{noContent}, writ: applies(kind, out, yes), sdk: one(put, updateBucketAuthorized("plain", off))},
		{what: "mpc.bucket_authorization undoes", replies: []reply{noContent}, writ: undoes(kind, in, yes, no), sdk: one(put, updateBucketAuthorized("plain", off))},
	}
}

func roleTwins() []twin {
	const kind, in, none = "dli.agency", `{"roles": ["obs_adm"]}`, `{"current_roles": []}`
	const create = "dli CreateDliAgency"
	done := []reply{found(`{"is_success": true, "message": ""}`)}
	return []twin{
		{
			what: "dli.agency reads", replies: []reply{found(`{"is_success": true, "current_roles": ["ief_adm"]}`)},
			writ: reads(kind, in), sdk: one("dli ShowDliAgency", showDliAgency),
		},
		{what: "dli.agency makes", replies: done, writ: applies(kind, in, none), sdk: one(create, createDliAgency("obs_adm"))},
		{
			what: "dli.agency adds", replies: done, writ: applies(kind, in, `{"current_roles": ["ief_adm"]}`),
			sdk: one(create, createDliAgency("ief_adm", "obs_adm")),
		}, {
			what: "dli.agency replaces", replies: done, sdk: one(create, createDliAgency("obs_adm")),
			writ: applies(kind, `{"roles": ["obs_adm"], "mode": "replace"}`, `{"current_roles": ["ief_adm"]}`),
		}, {
			what: "dli.agency undoes to nothing", replies: done, writ: undoes(kind, in, `{"current_roles": ["obs_adm"]}`, none),
			sdk: one(create, createDliAgency([]string{}...)),
		},
	}
}

// writ always says limit and offset, because it must see every row; the SDK leaves both out unless it is told.
var list = sdkCall{"modelarts GetAuthorizations",
	getAuthorizations(modelarts.GetAuthorizationsRequest{Limit: ptr(int32(1000)), Offset: ptr(int32(0))})}

const noRows = `{"total_count": 0, "auth": []}`

func authorizationTwins() []twin {
	const kind, create, del = "modelarts.authorization", "modelarts CreateAuthorization", "modelarts DeleteAuthorizations"
	const in = `{"user_id": "alice", "content": "hers"}`
	const hers, his = `{"rows": {"alice": {"type": "agency", "content": "hers"}}}`, `{"rows": {"alice": {"type": "agency", "content": "old"}}}`
	done := []reply{found(`{"result": true}`)}
	exists := reply{400, `{"error_code": "ModelArts.0424", "error_msg": "User authorization information already exists."}`}
	byType := modelarts.GetAuthorizationRequestTypeEnum()
	return []twin{
		{what: "modelarts.authorization reads", replies: []reply{found(noRows)}, writ: reads(kind, in), sdk: []sdkCall{list}},
		{what: "modelarts.authorization adds a row", replies: done, writ: applies(kind, in, `{}`), sdk: one(create, authorize("alice", "hers"))},
		{
			what: "modelarts.authorization adds a row with an access key", replies: done,
			writ: applies(kind, `{"user_id": "alice", "type": "credential", "content": "AKALICE", "secret_key": "ssssssssssssssssssssssssssssssssssssssss"}`, `{}`),
			sdk:  one(create, withKey(ptr("ssssssssssssssssssssssssssssssssssssssss"))),
		}, {
			what: "modelarts.authorization adds a group's row", replies: done,
			writ: applies(kind, `{"user_id": "group", "content": "hers", "user_name": "Group & Söhne", "user_type": "federation-group"}`, `{}`),
			sdk: one(create, createAuthorization(modelarts.AuthorizationRequest{
				UserId: ptr("group"), Type: ptr(byType.AGENCY), Content: "hers", UserName: ptr("Group & Söhne"), UserType: ptr("federation-group"),
			})),
		}, {
			what: "modelarts.authorization deletes a row", replies: done, writ: undoes(kind, in, hers, `{"rows": {}}`),
			sdk: one(del, deleteAuthorizations(ptr("alice"))),
		}, {
			what: "modelarts.authorization deletes a row with an odd id", replies: done,
			writ: undoes(kind, `{"user_id": "a b~c/ü+&", "content": "hers"}`, `{"rows": {"a b~c/ü+&": {"type": "agency", "content": "hers"}}}`, `{"rows": {}}`),
			sdk:  one(del, deleteAuthorizations(ptr("a b~c/ü+&"))),
		}, {
			what: "modelarts.authorization puts a row back", replies: done, writ: undoes(kind, in, hers, his),
			sdk: one(create, authorize("alice", "old")),
		}, {
			what: "modelarts.authorization puts a row back that the service will not replace", replies: []reply{exists, done[0], done[0]},
			writ: undoes(kind, in, hers, his),
			sdk:  []sdkCall{{create, authorize("alice", "old")}, {del, deleteAuthorizations(ptr("alice"))}, {create, authorize("alice", "old")}},
		},
	}
}

func everybodyTwins() []twin {
	const kind, create, del = "modelarts.authorization", "modelarts CreateAuthorization", "modelarts DeleteAuthorizations"
	const now = `{"rows": {"all-users": {"type": "agency", "content": "wide"}, "alice": {"type": "agency", "content": "hers"}}}`
	const want = `{"rows": {"alice": {"type": "agency", "content": "hers"}}}`
	both := found(`{"total_count": 2, "auth": [{"user_id": "all-users", "type": "agency", "content": "wide"}, {"user_id": "alice", "type": "agency", "content": "hers"}]}`)
	done := found(`{"result": "true"}`)
	var all []twin
	for _, word := range []string{"all", "all-users"} { // the pages know both, and so do plans
		in := `{"user_id": "` + word + `", "content": "wide"}`
		all = append(all, twin{
			what: "modelarts.authorization grants to everybody, as " + word, replies: []reply{done},
			writ: applies(kind, in, `{}`), sdk: one(create, authorize(word, "wide")),
		}, twin{
			what: "modelarts.authorization takes it back, as " + word, replies: []reply{both, done, found(noRows), done},
			writ: undoes(kind, in, now, want),
			sdk:  []sdkCall{list, {del, deleteAuthorizations(ptr(word))}, list, {create, authorize("alice", "hers")}},
		})
	}
	return all
}

func agencyTwins() []twin {
	const kind, create = "modelarts.agency", "modelarts CreateModelArtsAgency"
	const named, mine = `{"agency_name_suffix": "team"}`, `{"agencies": [{"id": "` + agencyID + `", "name": "ma_agency_team"}]}`
	find := sdkCall{"iam ListAgencies", listAgencies(func(r *iam.ListAgenciesRequest) { r.Name = ptr("ma_agency_team") })}
	odd := sdkCall{"iam ListAgencies", listAgencies(func(r *iam.ListAgenciesRequest) { r.Name = ptr("ma_agency_a b~c/ü+&") })}
	return []twin{
		{what: "modelarts.agency reads", replies: []reply{found(mine), found(noRows)}, writ: reads(kind, named), sdk: []sdkCall{find, list}},
		{
			what: "modelarts.agency reads an odd name", replies: []reply{found(`{"agencies": []}`), found(noRows)},
			writ: reads(kind, `{"agency_name_suffix": "a b~c/ü+&"}`), sdk: []sdkCall{odd, list},
		},
		{
			what: "modelarts.agency makes one", replies: []reply{found(`{"agency_name": "ma_agency_team"}`)},
			writ: applies(kind, named, `{}`), sdk: one(create, suffix("team")),
		}, {
			what: "modelarts.agency makes the one without a suffix", replies: []reply{found(`{"agency_name": "modelarts_agency"}`)},
			writ: applies(kind, `{}`, `{}`), sdk: one(create, createModelArtsAgency(&modelarts.ModelArtsAgencyRequest{})),
		}, {
			what: "modelarts.agency undoes", replies: []reply{found(mine), found(noRows), noContent},
			writ: undoes(kind, named, `{"agency_name": "ma_agency_team"}`, `{"agency_name": ""}`),
			sdk:  []sdkCall{find, list, {"iam DeleteAgency", deleteAgency}},
		},
	}
}
