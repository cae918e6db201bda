// Package steps_test holds every kind of step to the five laws, through the engine that users run, the real client,
// HTTP and a journal on disk. It knows the kinds only by what their plans say and by what then stands in the cloud.
//
//	world_test.go  a sandbox, processes that work in it, and how one is killed at any of its requests
//	steps_test.go  the table: kinds and cases
//	laws_test.go   the five laws, each over the whole table
//	traps_test.go  what a naive tool does wrong, a test each; traps_grants_test.go, with agencies, roles and buckets
package steps_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"writ/schemas"
	"writ/steps"
)

// lawCase is a plan in a cloud. Its project holds things of others beside what the plan is about.
type lawCase struct {
	kind  string
	name  string
	plan  string   // its steps, and what stands at the top of the plan
	here  string   // what the project holds before
	done  string   // and after an apply
	left  string   // and after the rollback of that, when it is not what it held before; the preview has said so
	under []string // the sandbox's variants that the case concerns; none is the sandbox's own choice

	oneWay bool // its write is not one to send twice: a person has to settle what no read can
}

// The bystanders of each service, which stand in every project.
const (
	dbssHere = `"dbss": {"obs_buckets": [{"bucket_name": "first"}, {"bucket_name": "second"}, {"bucket_name": "far", "location": "eu-de"}]}`
	dliHere  = `"dli": {"agency": {"roles": ["smn_adm"]}, "authorized_buckets": ["second"]}`
	mpcHere  = `"mpc": {"agency": "CREATED", "buckets": [{"bucket": "second", "is_authorized": 1}]}`
	maHere   = `"modelarts": {"authorizations": [{"user_id": "bob", "content": "bobs"}]}`

	first0  = `{"bucket": "first"}`
	first1  = `{"bucket": "first", "is_authorized": 1}`
	second0 = `, {"bucket": "second"}`
	second1 = `, {"bucket": "second", "is_authorized": 1}`

	reader = `{"scope": "domain", "role_id": "system_all_64"}` // OBS ReadOnlyAccess

	alice    = `{"user_id": "alice", "content": "alices"}`
	bob      = `{"user_id": "bob", "content": "bobs"}`
	carol    = `{"user_id": "carol", "content": "carols"}`
	aliceKey = `{"user_id": "alice", "type": "credential", "content": "AKALICE"}`
	wide     = `{"user_id": "all-users", "content": "wide"}`
)

func dliHas(roles string) string {
	return dbssHere + `, ` + mpcHere + `, ` + maHere + `, "dli": {"agency": {"roles": [` + roles + `]}, "authorized_buckets": ["second"]}`
}

func mpcIs(position string) string {
	return dbssHere + `, ` + dliHere + `, ` + maHere + `, "mpc": {"agency": ` + position + `, "buckets": [{"bucket": "second", "is_authorized": 1}]}`
}

func rows(list string) string { return agencies(list, "") }

func agencies(rows, names string) string {
	return dbssHere + `, ` + dliHere + `, ` + mpcHere + `, "modelarts": {"authorizations": [` + rows + `], "agencies": [` + names + `]}`
}

// buckets is what MPC lists; account is what the account has beside others' agencies.
func buckets(list string) string {
	return dbssHere + `, ` + dliHere + `, ` + maHere + `, "mpc": {"agency": "CREATED", "buckets": [` + list + `]}`
}

func account(agencies string) string { return mpcIs(`null`) + andAgencies + agencies }

// team is an agency of the account with these roles.
func team(grants string) string {
	return `{"id": "a1", "name": "team", "trust_domain_name": "op_svc_obs", "description": "theirs", "duration": "480", "grants": [` + grants + `]}`
}

func granted(buckets string) string {
	return dbssHere + `, ` + mpcHere + `, ` + maHere + `, "dli": {"agency": {"roles": ["smn_adm"]}, "authorized_buckets": [` + buckets + `]}`
}

// Everything in the sandbox that the documents leave open, by the kinds that it concerns.
var (
	byDBSS      = []string{``, `"dbss_error": "nested"`}
	byGrant     = []string{``, `"dli_is_success": "boolean"`}
	byFreshDLI  = []string{``, `"dli_fresh": "empty"`}
	byMPC       = []string{``, `"mpc_conflict_status": 400`}
	byFreshMPC  = []string{``, `"mpc_conflict_status": 400`, `"mpc_fresh": "empty"`}
	byBucket    = []string{``, `"mpc_creation_date": "integer"`}
	byAgency    = []string{``, `"modelarts_result": "boolean"`}
	byUser      = []string{``, `"modelarts_result": "boolean"`, `"modelarts_everybody_name": "all"`}
	byNewUser   = []string{``, `"modelarts_result": "boolean"`, `"modelarts_repost": "refuse"`}
	byEverybody = []string{``, `"modelarts_result": "boolean"`, `"modelarts_everybody": "add"`, `"modelarts_everybody_name": "all-users"`}
	byNewAll    = append(slices.Clone(byEverybody), `"modelarts_repost": "refuse"`)
)

const credentialStep = `inputs: {key: {type: string, sensitive: true}}
steps:
- {id: it, uses: modelarts.authorization, with: {user_id: alice, type: credential, content: AKALICE, secret_key: "${{ inputs.key }}"}}`

var lawCases = []lawCase{
	{
		kind: "dbss.obs_buckets", name: "some in another region", under: byDBSS,
		plan: `- {id: it, uses: dbss.obs_buckets}`,
		here: mpcIs(`null`), done: mpcIs(`null`),
	}, {
		kind: "dbss.obs_buckets", name: "none",
		plan: `- {id: it, uses: dbss.obs_buckets}`,
		here: mpcHere, done: mpcHere,
	}, {
		kind: "obs.buckets", name: "of all regions and projects",
		plan: `- {id: it, uses: obs.buckets, with: {bucket_type: OBJECT}}`,
		here: mpcIs(`null`), done: mpcIs(`null`),
	}, {
		kind: "dli.obs_authorization", name: "new", under: byGrant,
		plan: `- {id: it, uses: dli.obs_authorization, irreversible: accept, with: {obs_buckets: [first]}}`,
		here: granted(`"second"`), done: granted(`"first", "second"`), left: granted(`"first", "second"`),
	}, {
		kind: "dli.obs_authorization", name: "partly there already", under: byGrant,
		plan: `- {id: it, uses: dli.obs_authorization, irreversible: accept, with: {obs_buckets: [first, second]}}`,
		here: granted(`"second"`), done: granted(`"first", "second"`), left: granted(`"first", "second"`),
	}, {
		kind: "dli.obs_authorization", name: "with everything else, which comes first",
		plan: `- {id: it, uses: dli.obs_authorization, irreversible: accept, with: {obs_buckets: [first]}}
- {id: mpc, uses: mpc.agency, with: {operate_type: CREATED}}
- {id: roles, uses: dli.agency, with: {roles: [obs_adm]}}
- {id: agency, uses: modelarts.agency, with: {agency_name_suffix: team}}
- {id: alice, uses: modelarts.authorization, with: {user_id: alice, content: "${{ steps.agency.outputs.agency_name }}"}}
- {id: all, uses: modelarts.authorization, needs: [alice], with: {user_id: all-users, content: wide}}`,
		here: dbssHere + `, ` + maHere,
		done: dbssHere + `, "dli": {"agency": {"roles": ["obs_adm"]}, "authorized_buckets": ["first"]}, "mpc": {"agency": "CREATED"},
			"modelarts": {"authorizations": [` + bob + `,` + wide + `, {"user_id": "alice", "content": "ma_agency_team"}], "agencies": ["ma_agency_team"]}`,
		left: dbssHere + `, ` + maHere + `, "dli": {"authorized_buckets": ["first"]}`,
	}, {
		kind: "dli.agency", name: "never made", under: byFreshDLI,
		plan: `- {id: it, uses: dli.agency, with: {roles: [obs_adm, dis_adm]}}`,
		here: dbssHere, done: dbssHere + `, "dli": {"agency": {"roles": ["dis_adm", "obs_adm"]}}`,
	}, {
		kind: "dli.agency", name: "without roles", under: byFreshDLI,
		plan: `- {id: it, uses: dli.agency, with: {roles: [obs_adm]}}`,
		here: dliHas(``), done: dliHas(`"obs_adm"`),
	}, {
		kind: "dli.agency", name: "beside others' roles",
		plan: `- {id: it, uses: dli.agency, with: {roles: [obs_adm, vpc_netadm]}}`,
		here: dliHas(`"vpc_netadm", "ief_adm"`), done: dliHas(`"ief_adm", "obs_adm", "vpc_netadm"`),
	}, {
		kind: "dli.agency", name: "in place of others' roles",
		plan: `- {id: it, uses: dli.agency, with: {roles: [obs_adm, vpc_netadm], mode: replace}}`,
		here: dliHas(`"vpc_netadm", "ief_adm"`), done: dliHas(`"obs_adm", "vpc_netadm"`),
	}, {
		kind: "dli.agency", name: "there already, beside a change",
		plan: `- {id: it, uses: dli.agency, with: {roles: [smn_adm]}}
- {id: other, uses: mpc.agency, with: {operate_type: CANCELED}}`,
		here: mpcIs(`"CREATED"`), done: mpcIs(`"CANCELED"`),
	}, {
		kind: "mpc.agency", name: "on, never touched", under: byFreshMPC,
		plan: `- {id: it, uses: mpc.agency, with: {operate_type: CREATED}}`,
		here: mpcIs(`null`), done: mpcIs(`"CREATED"`),
	}, {
		kind: "mpc.agency", name: "on, was off", under: byMPC,
		plan: `- {id: it, uses: mpc.agency, with: {operate_type: CREATED}}`,
		here: mpcIs(`"CANCELED"`), done: mpcIs(`"CREATED"`),
	}, {
		kind: "mpc.agency", name: "off, was on", under: byMPC,
		plan: `- {id: it, uses: mpc.agency, with: {operate_type: CANCELED}}`,
		here: mpcIs(`"CREATED"`), done: mpcIs(`"CANCELED"`),
	}, {
		kind: "mpc.agency", name: "on already, beside a change", under: byMPC,
		plan: `- {id: it, uses: mpc.agency, with: {operate_type: CREATED}}
- {id: other, uses: dli.agency, with: {roles: [obs_adm]}}`,
		here: dliHas(`"smn_adm"`), done: dliHas(`"obs_adm", "smn_adm"`),
	}, {
		kind: "mpc.agency", name: "off already, never touched, beside a change", under: byFreshMPC,
		plan: `- {id: it, uses: mpc.agency, with: {operate_type: CANCELED}}
- {id: other, uses: dli.agency, with: {roles: [obs_adm]}}`,
		here: dbssHere, done: dbssHere + `, "dli": {"agency": {"roles": ["obs_adm"]}}`,
	}, {
		kind: "mpc.bucket_authorization", name: "new", under: byBucket,
		plan: `- {id: it, uses: mpc.bucket_authorization, with: {bucket: first, operation: 1}}`,
		here: buckets(first0 + second1), done: buckets(first1 + second1),
	}, {
		kind: "mpc.bucket_authorization", name: "taken away", under: byBucket,
		plan: `- {id: it, uses: mpc.bucket_authorization, with: {bucket: second, operation: 0}}`,
		here: buckets(first0 + second1), done: buckets(first0 + second0),
	}, {
		kind: "mpc.bucket_authorization", name: "there already, beside a change", under: byBucket,
		plan: `- {id: it, uses: mpc.bucket_authorization, with: {bucket: second, operation: 1}}
- {id: none, uses: mpc.bucket_authorization, with: {bucket: first, operation: 0}}
- {id: other, uses: mpc.agency, with: {operate_type: CANCELED}}`,
		here: buckets(first0 + second1), done: strings.Replace(buckets(first0+second1), "CREATED", "CANCELED", 1),
	}, {
		kind: "iam.agency", name: "new",
		plan: `- {id: it, uses: iam.agency, with: {name: team, trust_domain_name: op_svc_uquery}}`,
		here: account(``), done: account(`{"name": "team", "trust_domain_name": "op_svc_uquery"}`),
		under: []string{``, `"iam_forever": "null"`},
	}, {
		kind: "iam.agency", name: "new, for some days",
		plan: `- {id: it, uses: iam.agency, with: {name: team, trust_domain_name: op_svc_uquery, description: logs, duration: 20}}`,
		here: account(``), done: account(`{"name": "team", "trust_domain_name": "op_svc_uquery", "description": "logs", "duration": "480"}`),
	}, {
		kind: "iam.agency", name: "somebody's, changed",
		plan: `- {id: it, uses: iam.agency, with: {name: team, trust_domain_name: op_svc_uquery, description: ours, duration: ONEDAY}}`,
		here: account(team(reader)),
		done: account(strings.NewReplacer("op_svc_obs", "op_svc_uquery", "theirs", "ours", "480", "24").Replace(team(reader))),
	}, {
		kind: "iam.agency", name: "somebody's, beside a change",
		plan: `- {id: it, uses: iam.agency, with: {name: team, trust_domain_name: op_svc_obs, duration: 20}}
- {id: other, uses: mpc.agency, with: {operate_type: CREATED}}`,
		here: account(team(reader)), done: mpcIs(`"CREATED"`) + andAgencies + team(reader),
	}, {
		kind: "iam.agency", name: "somebody's, which lives for no whole days",
		plan: `- {id: it, uses: iam.agency, with: {name: team, trust_domain_name: op_svc_obs, description: ours, duration: 2}}`,
		here: account(strings.Replace(team(reader), "480", "36", 1)),
		done: account(strings.NewReplacer("theirs", "ours", "480", "48").Replace(team(reader))),
		left: account(strings.Replace(team(reader), "480", "48", 1)),
	}, {
		kind: "iam.agency_role", name: "in the account, beside others' roles",
		plan: `- {id: it, uses: iam.agency_role, with: {agency_id: a1, display_name: OBS OperateAccess}}`,
		here: account(team(reader)), done: account(team(reader + `, {"scope": "domain", "role_id": "system_all_72"}`)),
	}, {
		kind: "iam.agency_role", name: "in this project, which is not written out",
		plan: `- {id: it, uses: iam.agency_role, with: {agency_id: a1, display_name: Tenant Administrator, scope: project}}`,
		here: account(team(``)), done: account(team(`{"scope": "project", "scope_id": "` + ours + `", "role_id": "te_admin"}`)),
	}, {
		kind: "iam.agency_role", name: "in all projects, beside the same in the account",
		plan: `- {id: it, uses: iam.agency_role, with: {agency_id: a1, display_name: OBS ReadOnlyAccess, scope: inherited}}`,
		here: account(team(reader)), done: account(team(reader + `, {"scope": "inherited", "role_id": "system_all_64"}`)),
	}, {
		kind: "iam.agency_role", name: "there already, beside a change",
		plan: `- {id: it, uses: iam.agency_role, with: {agency_id: a1, display_name: OBS ReadOnlyAccess}}
- {id: other, uses: mpc.agency, with: {operate_type: CREATED}}`,
		here: account(team(reader)), done: mpcIs(`"CREATED"`) + andAgencies + team(reader),
	}, {
		kind: "iam.agency_role", name: "of a new agency",
		plan: `- {id: agency, uses: iam.agency, with: {name: new, trust_domain_name: op_svc_uquery}}
- {id: it, uses: iam.agency_role, with: {agency_id: "${{ steps.agency.outputs.id }}", display_name: OBS OperateAccess}}`,
		here: account(team(reader)),
		done: account(team(reader) + `, {"name": "new", "trust_domain_name": "op_svc_uquery", "grants": [{"scope": "domain", "role_id": "system_all_72"}]}`),
	}, {
		kind: "modelarts.agency", name: "new, by its own name", under: byAgency,
		plan: `- {id: it, uses: modelarts.agency}`,
		here: agencies(bob, ``), done: agencies(bob, `"modelarts_agency"`),
	}, {
		kind: "modelarts.agency", name: "new, with a suffix", under: byAgency,
		plan: `- {id: it, uses: modelarts.agency, with: {agency_name_suffix: team}}`,
		here: agencies(bob+`,`+wide, ``), done: agencies(bob+`,`+wide, `"ma_agency_team"`),
	}, {
		kind: "modelarts.agency", name: "somebody's, beside a change", under: byAgency,
		plan: `- {id: it, uses: modelarts.agency, with: {agency_name_suffix: theirs}}
- {id: other, uses: mpc.agency, with: {operate_type: CREATED}}`,
		here: mpcIs(`null`), done: mpcIs(`"CREATED"`),
	}, {
		kind: "modelarts.agency", name: "new, and a user's row names it already",
		plan: `- {id: it, uses: modelarts.agency, with: {agency_name_suffix: team}}`,
		here: agencies(`{"user_id": "bob", "content": "ma_agency_team"}`, ``),
		done: agencies(`{"user_id": "bob", "content": "ma_agency_team"}`, `"ma_agency_team"`),
		left: agencies(`{"user_id": "bob", "content": "ma_agency_team"}`, `"ma_agency_team"`),
	}, {
		kind: "modelarts.agency", name: "new, with a row that names it",
		plan: `- {id: it, uses: modelarts.agency, with: {agency_name_suffix: team}}
- {id: row, uses: modelarts.authorization, with: {user_id: alice, content: "${{ steps.it.outputs.agency_name }}"}}`,
		here: agencies(bob, ``),
		done: agencies(bob+`, {"user_id": "alice", "content": "ma_agency_team"}`, `"ma_agency_team"`),
	}, {
		kind: "modelarts.authorization", name: "a new user", under: byNewUser,
		plan: `- {id: it, uses: modelarts.authorization, with: {user_id: alice, content: new}}`,
		here: rows(bob + `,` + wide), done: rows(bob + `,` + wide + `, {"user_id": "alice", "content": "new"}`),
	}, {
		kind: "modelarts.authorization", name: "a user's other agency", under: byUser,
		plan: `- {id: it, uses: modelarts.authorization, with: {user_id: bob, type: agency, content: new}}`,
		here: rows(alice + `,` + bob), done: rows(alice + `, {"user_id": "bob", "content": "new"}`),
	}, {
		kind: "modelarts.authorization", name: "a user who has it, beside a change", under: byNewUser,
		plan: `- {id: it, uses: modelarts.authorization, with: {user_id: bob, content: bobs}}
- {id: other, uses: mpc.agency, with: {operate_type: CREATED}}`,
		here: mpcIs(`null`), done: mpcIs(`"CREATED"`),
	}, {
		kind: "modelarts.authorization", name: "an access key", under: byUser,
		plan: credentialStep,
		here: rows(bob), done: rows(aliceKey + `,` + bob),
	}, {
		kind: "modelarts.authorization", name: "an access key in place of an agency",
		plan: credentialStep,
		here: rows(alice + `,` + bob), done: rows(aliceKey + `,` + bob),
	}, {
		kind: "modelarts.authorization", name: "an agency in place of an access key", oneWay: true,
		plan: `- {id: it, uses: modelarts.authorization, irreversible: accept, with: {user_id: alice, content: alices}}`,
		here: rows(aliceKey + `,` + bob), done: rows(alice + `,` + bob), left: rows(alice + `,` + bob),
	}, {
		kind: "modelarts.authorization", name: "everybody, where there is no row", under: byNewAll,
		plan: `- {id: it, uses: modelarts.authorization, with: {user_id: all-users, content: wide}}`,
		here: rows(``), done: rows(wide),
	}, {
		kind: "modelarts.authorization", name: "everybody, beside users", under: byNewAll,
		plan: `- {id: it, uses: modelarts.authorization, with: {user_id: all-users, content: wide}}`,
		here: rows(alice + `,` + bob + `,` + carol), done: rows(alice + `,` + bob + `,` + carol + `,` + wide),
	}, {
		kind: "modelarts.authorization", name: "everybody, beside users who are overwritten", under: []string{`"modelarts_everybody": "overwrite"`},
		plan: `- {id: it, uses: modelarts.authorization, with: {user_id: all-users, content: wide}}`,
		here: rows(alice + `,` + bob),
		done: rows(`{"user_id": "alice", "content": "wide"}, {"user_id": "bob", "content": "wide"}, ` + wide),
	}, {
		kind: "modelarts.authorization", name: "everybody's other agency", under: byEverybody,
		plan: `- {id: it, uses: modelarts.authorization, with: {user_id: all-users, content: wider}}`,
		here: rows(alice + `,` + bob + `,` + wide), done: rows(alice + `,` + bob + `, {"user_id": "all-users", "content": "wider"}`),
	}, {
		kind: "modelarts.authorization", name: "everybody's other agency, users are overwritten", under: []string{`"modelarts_everybody": "overwrite"`},
		plan: `- {id: it, uses: modelarts.authorization, with: {user_id: all-users, content: wider}}`,
		here: rows(alice + `,` + wide),
		done: rows(`{"user_id": "alice", "content": "wider"}, {"user_id": "all-users", "content": "wider"}`),
	}, {
		kind: "modelarts.authorization", name: "everybody's other agency, beside an access key", under: byEverybody,
		plan: `- {id: it, uses: modelarts.authorization, with: {user_id: all-users, content: wider}}`,
		here: rows(aliceKey + `,` + wide), done: rows(aliceKey + `, {"user_id": "all-users", "content": "wider"}`),
	}, {
		kind: "modelarts.authorization", name: "everybody, spelled the other way", under: []string{``, `"modelarts_everybody_name": "all"`},
		plan: `- {id: it, uses: modelarts.authorization, with: {user_id: all, content: wide}}`,
		here: rows(alice + `,` + carol), done: rows(alice + `,` + carol + `,` + wide),
	}, {
		kind: "modelarts.authorization", name: "everybody, beside an access key", under: byNewAll,
		plan: `- {id: it, uses: modelarts.authorization, with: {user_id: all-users, content: wide}}`,
		here: rows(aliceKey + `,` + bob), done: rows(aliceKey + `,` + bob + `,` + wide), left: rows(aliceKey + `,` + bob + `,` + wide),
	}, {
		kind: "modelarts.authorization", name: "everybody has it, beside a change", under: byNewAll,
		plan: `- {id: it, uses: modelarts.authorization, with: {user_id: all-users, content: wide}}
- {id: other, uses: dli.agency, with: {roles: [obs_adm]}}`,
		here: rows(alice + `,` + wide),
		done: dbssHere + `, ` + mpcHere + `, "modelarts": {"authorizations": [` + alice + `,` + wide + `]}, "dli": {"agency": {"roles": ["obs_adm", "smn_adm"]}, "authorized_buckets": ["second"]}`,
	},
}

// The three places that tell of the kinds agree: the list, the schemas and the scripts; and each kind is held to the
// laws.
func TestEveryKindHasASchemaAScriptAndCases(t *testing.T) {
	names := steps.Kinds(nil).Names()
	assert.ElementsMatch(t, schemas.Names(), names)
	for _, name := range names {
		assert.True(t, slices.ContainsFunc(lawCases, func(c lawCase) bool { return c.kind == name }), "%s has no case", name)
		assert.FileExists(t, filepath.FromSlash("../cmd/writ/testdata/steps/"+name+".txtar"))
	}
	scripts, err := os.ReadDir(filepath.FromSlash("../cmd/writ/testdata/steps"))
	assert.NoError(t, err)
	assert.Len(t, scripts, len(names), "a script of no kind")
}
