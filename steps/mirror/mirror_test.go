package mirror_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps"
	"writ/steps/cloud"
	"writ/steps/mirror"
	"writ/steps/steptest"
)

var here = mirror.Place{Project: steptest.Project, Region: "eu-x"}

// look reads with the real kind through the real client, as a preview does.
func look(t *testing.T, c *cloud.Client, kind, in string) json.RawMessage {
	t.Helper()
	k, ok := steps.Kinds(c).Find(kind)
	require.True(t, ok, kind)
	state, err := k.Read(t.Context(), json.RawMessage(in))
	require.NoError(t, err)
	if k.Effect == step.Reads {
		state, err = k.Outputs(json.RawMessage(in), state)
		require.NoError(t, err)
	}
	return state
}

// account is the JSON of a cloud with one project.
func account(project, iam, more string) string {
	return `{"projects":{"` + here.Project + `":{"region":"` + here.Region + `"` + project + `}},"iam":{` + iam + `}` + more + `}`
}

const people = `"users":[{"id":"alice","name":"Alice"},{"id":"bob","name":"Bob"}]`

func TestWhatAKindReadsInTheCopyIsWhatItReadInTheCloud(t *testing.T) {
	const agencies = `"agencies":[
		{"id":"ag1","name":"one","trust_domain_name":"op_svc_dlg","description":"a b","duration":"48","grants":[
			{"scope":"domain","role_id":"custom1"},{"scope":"inherited","role_id":"te_admin"},{"scope":"project","scope_id":"p1","role_id":"system_all_72"}]},
		{"id":"ag2","name":"two","trust_domain_name":"another","duration":"30"},
		{"id":"ma1","name":"modelarts_agency","trust_domain_name":"op_svc_eiwizard"},
		{"id":"ma2","name":"ma_agency_x","trust_domain_name":"op_svc_eiwizard"}],
		"roles":[{"id":"custom1","name":"custom_1","display_name":"Mine"}]`
	const rows = `,"modelarts":{"authorizations":[{"user_id":"all-users","content":"everyone"},{"user_id":"alice","content":"ma_agency_x"},
		{"user_id":"bob","type":"credential","content":"AKOFBOB"},{"user_id":"nobody","content":"ma_agency_x"}]}`
	for _, c := range []struct{ name, kind, in, cloud string }{
		{"buckets of audit", "dbss.obs_buckets", `{}`, account(`,"dbss":{"obs_buckets":[{"bucket_name":"b"},{"bucket_name":"a","location":"elsewhere"}]}`, ``, ``)},
		{"no buckets of audit", "dbss.obs_buckets", `{}`, account(`,"dbss":{"obs_buckets":[]}`, ``, ``)},
		{"buckets", "obs.buckets", `{}`, account(``, ``, `,"obs":{"buckets":[{"name":"b","location":"eu-y","creation_date":"2024-01-02T03:04:05.678Z"},{"name":"a","bucket_type":"POSIX"}]}`)},
		{"file systems", "obs.buckets", `{"bucket_type":"POSIX"}`, account(``, ``, `,"obs":{"buckets":[{"name":"b"},{"name":"a","bucket_type":"POSIX"}]}`)},
		{"dli roles, unknown ones too", "dli.agency", `{"roles":[]}`, account(`,"dli":{"agency":{"roles":["vpc_netadm","odd_adm"]}}`, ``, ``)},
		{"dli never asked", "dli.agency", `{"roles":[]}`, account(``, ``, ``)},
		{"mpc on", "mpc.agency", `{}`, account(`,"mpc":{"agency":"CREATED"}`, ``, ``)},
		{"mpc off", "mpc.agency", `{}`, account(`,"mpc":{"agency":"CANCELED"}`, ``, ``)},
		{"mpc never touched", "mpc.agency", `{}`, account(``, ``, ``)},
		{"mpc bucket on", "mpc.bucket_authorization", `{"bucket":"a","operation":"1"}`, account(`,"mpc":{"buckets":[{"bucket":"a","is_authorized":1}]}`, ``, ``)},
		{"mpc bucket off", "mpc.bucket_authorization", `{"bucket":"a","operation":"1"}`, account(`,"mpc":{"buckets":[{"bucket":"a"}]}`, ``, ``)},
		{"all rows", "modelarts.authorization", `{"user_id":"all-users","content":"x"}`, account(rows, people, ``)},
		{"a user's row", "modelarts.authorization", `{"user_id":"alice","content":"x"}`, account(rows, people, ``)},
		{"an access key", "modelarts.authorization", `{"user_id":"bob","content":"x"}`, account(rows, people, ``)},
		{"no row", "modelarts.authorization", `{"user_id":"carol","content":"x"}`, account(rows, people, ``)},
		{"modelarts agency", "modelarts.agency", `{}`, account(``, agencies, ``)},
		{"modelarts agency, used", "modelarts.agency", `{"agency_name_suffix":"x"}`, account(rows, people+`,`+agencies, ``)},
		{"modelarts agency, none, and named", "modelarts.agency", `{"agency_name_suffix":"x"}`, account(rows, ``, ``)},
		{"agency", "iam.agency", `{"name":"one","trust_domain_name":"op_svc_dlg"}`, account(``, agencies, ``)},
		{"agency by its domain's id", "iam.agency", `{"name":"one","trust_domain_id":"d"}`, account(``, agencies, ``)},
		{"agency for 30 hours", "iam.agency", `{"name":"two","trust_domain_name":"another"}`, account(``, agencies, ``)},
		{"no agency", "iam.agency", `{"name":"three","trust_domain_name":"another"}`, account(``, agencies, ``)},
		{"role in the account", "iam.agency_role", `{"agency_id":"ag1","display_name":"Mine"}`, account(``, agencies, ``)},
		{"role by id", "iam.agency_role", `{"agency_id":"ag1","role_id":"custom1"}`, account(``, agencies, ``)},
		{"role in all projects", "iam.agency_role", `{"agency_id":"ag1","display_name":"Tenant Administrator","scope":"inherited"}`, account(``, agencies, ``)},
		{"role in this project", "iam.agency_role", `{"agency_id":"ag1","display_name":"OBS OperateAccess","scope":"project"}`, account(``, agencies, ``)},
		{"role in a project by id", "iam.agency_role", `{"agency_id":"ag1","display_name":"OBS OperateAccess","scope":"project","project_id":"p1"}`, account(``, agencies, ``)},
		{"no role", "iam.agency_role", `{"agency_id":"ag1","display_name":"OBS Administrator"}`, account(``, agencies, ``)},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := look(t, steptest.Seeded(t, c.cloud).Client, c.kind, c.in)
			seed, notes, err := mirror.Seed(here, mirror.Read{Step: "s", Kind: c.kind, In: json.RawMessage(c.in), State: found})
			require.NoError(t, err)
			for _, n := range notes {
				assert.False(t, n.Missing, n.What)
			}
			again := look(t, steptest.Seeded(t, string(seed)).Client, c.kind, c.in)
			assert.JSONEq(t, string(found), string(again), "%s", seed)
		})
	}
}

func TestEveryKindThatReadsCanBeCopied(t *testing.T) {
	assert.ElementsMatch(t, steps.Kinds(nil).Names(), mirror.Kinds())
}

func TestAKindChangesOnlyItsOwnPlaces(t *testing.T) {
	assert.True(t, mirror.MayChange("dli.agency", "projects.p1.dli.agency.roles"))
	assert.True(t, mirror.MayChange("iam.agency_role", "iam.agencies"))
	assert.False(t, mirror.MayChange("mpc.agency", "projects.p1.mpc.buckets"))
	assert.False(t, mirror.MayChange("dli.agency", "iam.agencies"))
	assert.False(t, mirror.MayChange("obs.buckets", "obs.buckets"))
}

// What the plan asks of a copy must be possible there: each kind's write finds what it needs.
func TestACopyLetsThePlanGoOn(t *testing.T) {
	for _, c := range []struct{ name, kind, in, state, note string }{
		{"a bucket that nobody read", "dli.obs_authorization", `{"obs_buckets":["b"]}`, `null`, "the bucket b is made up"},
		{"a known grant", "dli.obs_authorization", `{"obs_buckets":["b"]}`, `{"obs_buckets":["b","c"]}`, "the bucket b is made up"},
		{"a role by id", "iam.agency_role", `{"agency_id":"a1","role_id":"r1"}`, `{"granted":false,"role":{"id":"r1"}}`, "the agency a1 is made up"},
		{"a role of another name", "iam.agency_role", `{"agency_id":"a1","display_name":"My Own"}`, `{"granted":false,"role":{"id":"r1","name":"te_admin","display_name":"My Own"}}`, "the agency a1 is made up"},
		{"a role in another project", "iam.agency_role", `{"agency_id":"a1","display_name":"OBS Administrator","scope":"project","project_id":"p2"}`, `{"granted":false,"role":{"id":"cloud-id","name":"x","display_name":"OBS Administrator"}}`, "the agency a1 is made up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, state := json.RawMessage(c.in), json.RawMessage(c.state)
			seed, notes, err := mirror.Seed(here, mirror.Read{Step: "s", Kind: c.kind, In: in, State: state})
			require.NoError(t, err)
			require.NotEmpty(t, notes)
			assert.Contains(t, notes[0].What, c.note)
			w := steptest.Seeded(t, string(seed))
			kind, _ := steps.Kinds(w.Client).Find(c.kind)
			if kind.Readable() {
				state = look(t, w.Client, c.kind, c.in)
			}
			assert.NoError(t, kind.Apply(t.Context(), in, state))
		})
	}
}

func TestRowsThatASandboxCannotHoldAreNamed(t *testing.T) {
	rows := `{"rows":{"name:fed":{"type":"agency","content":"a","user_name":"fed"},"grp":{"type":"agency","content":"a","user_type":"federation-group"},
		"a_b":{"type":"agency","content":"a"},"dave":{"type":"agency","content":""},"erin":{"type":"agency","content":"a"}}}`
	seed, notes, err := mirror.Seed(here, mirror.Read{Step: "s", Kind: "modelarts.authorization", In: json.RawMessage(`{"user_id":"all-users"}`), State: json.RawMessage(rows)})
	require.NoError(t, err)
	var missing []string
	for _, n := range notes {
		assert.True(t, n.Missing)
		missing = append(missing, n.What)
	}
	assert.Equal(t, []string{
		"the authorization of a_b: the sandbox takes no such row", "the authorization of dave: the sandbox takes no such row",
		"the authorization of grp: the sandbox knows IAM users only", "the authorization of fed: the sandbox knows IAM users only",
	}, missing)
	assert.JSONEq(t, `{"rows":{"erin":{"type":"agency","content":"a"}}}`, string(look(t, steptest.Seeded(t, string(seed)).Client, "modelarts.authorization", `{"user_id":"all-users","content":"x"}`)))
}

func TestWhatSeveralStepsReadIsCopiedOnce(t *testing.T) {
	read := func(kind, in, state string) mirror.Read {
		return mirror.Read{Step: kind, Kind: kind, In: json.RawMessage(in), State: json.RawMessage(state)}
	}
	seed, notes, err := mirror.Seed(here,
		read("iam.agency_role", `{"agency_id":"id1","role_id":"r1"}`, `{"granted":true,"role":{"id":"r1"}}`),
		read("modelarts.agency", `{}`, `{"agency_name":"modelarts_agency","id":"id1","used_by":["alice"]}`),
		read("iam.agency", `{"name":"modelarts_agency"}`, `{"agency":{"id":"id1","name":"modelarts_agency","trust_domain_name":"t","description":"d","duration":"FOREVER"}}`),
		read("modelarts.authorization", `{"user_id":"all-users"}`, `{"rows":{"alice":{"type":"agency","content":"modelarts_agency","user_name":"Alice"}}}`),
		read("mpc.bucket_authorization", `{"bucket":"b"}`, `{"is_authorized":1}`),
		read("mpc.bucket_authorization", `{"bucket":"b"}`, `{"is_authorized":1}`),
		read("dli.obs_authorization", `{"obs_buckets":["b"]}`, `null`))
	require.NoError(t, err)
	require.Len(t, notes, 1)
	assert.Contains(t, notes[0].What, "the role r1 is made up")
	c := steptest.Seeded(t, string(seed)).Client
	assert.JSONEq(t, `{"granted":true,"role":{"id":"r1"}}`, string(look(t, c, "iam.agency_role", `{"agency_id":"id1","role_id":"r1"}`)))
	assert.Contains(t, string(look(t, c, "iam.agency", `{"name":"modelarts_agency","trust_domain_name":"t"}`)), `"description":"d"`)
	assert.Contains(t, string(look(t, c, "modelarts.authorization", `{"user_id":"alice","content":"x"}`)), "Alice")
}

// The ids and names of the sandbox's own roles are known here, and nothing else of them.
func TestTheRolesOfEverySandboxAreKnown(t *testing.T) {
	c := steptest.Seeded(t, account(``, `"agencies":[{"id":"a1","name":"a"}]`, ``)).Client
	for _, name := range []string{"OBS Buckets Viewer", "OBS Administrator", "OBS ReadOnlyAccess", "OBS OperateAccess", "Tenant Administrator"} {
		in := `{"agency_id":"a1","display_name":"` + name + `"}`
		state := look(t, c, "iam.agency_role", in)
		for _, in := range []string{in, `{"agency_id":"a1","role_id":"` + roleIn(t, state) + `"}`} {
			_, notes, err := mirror.Seed(here, mirror.Read{Step: "s", Kind: "iam.agency_role", In: json.RawMessage(in), State: state})
			require.NoError(t, err)
			assert.Len(t, notes, 1, name) // the agency
		}
	}
}

func roleIn(t *testing.T, state json.RawMessage) string {
	t.Helper()
	var s struct{ Role struct{ ID string } }
	require.NoError(t, json.Unmarshal(state, &s))
	return s.Role.ID
}
