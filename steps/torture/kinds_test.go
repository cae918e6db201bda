package torture

import (
	"flag"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine/sim"
	"writ/engine/step"
	"writ/steps"
)

const project = "11111111111111111111111111111111"

// Before the run, others have switches and grants of their own, and one of the plan's steps is met already.
const before = `{
  "projects": {"` + project + `": {
    "region": "cn-north-7",
    "dbss": {"obs_buckets": [{"bucket_name": "media", "location": "cn-north-7"}]},
    "dli": {"agency": {"roles": ["vpc_netadm"], "version": "v2"}},
    "mpc": {"agency": "CANCELED", "buckets": [{"bucket": "media", "is_authorized": 0}, {"bucket": "known", "is_authorized": 1}]},
    "modelarts": {"authorizations": [{"user_id": "alice", "type": "agency", "content": "ma_agency_old"}]}}},
  "iam": {
    "users": [{"id": "alice", "name": "Alice"}, {"id": "bob", "name": "Bob"}],
    "agencies": [{"name": "theirs", "trust_domain_name": "op_svc_obs"}, {"name": "ma_agency_old", "trust_domain_name": "op_svc_eiwizard"}]}}`

// reference is a plan of twelve steps with two diamonds, all the services and all operation classes: everybody at once, a
// secret, a step that is met, one whose undo restores a former value, and one that nothing can read or take back.
const reference = `version: 1
inputs:
  secret: {type: string, sensitive: true}
defaults: {retry: {max: 3, backoff: 1s}}
steps:
  - {id: buckets, uses: dbss.obs_buckets}
  - {id: known, uses: mpc.bucket_authorization, with: {bucket: known, operation: "1"}}
  - {id: roles, uses: dli.agency, with: {roles: [obs_adm]}, needs: [buckets]}
  - {id: mpc, uses: mpc.agency, with: {operate_type: CREATED}, needs: [buckets]}
  - {id: media, uses: mpc.bucket_authorization, with: {bucket: "${{ steps.buckets.outputs.obs_list[0].bucket_name }}", operation: "1"}, needs: [mpc, roles]}
  - {id: agency, uses: iam.agency, with: {name: writ_media, trust_domain_name: op_svc_uquery, duration: FOREVER}}
  - {id: role, uses: iam.agency_role, with: {agency_id: "${{ steps.agency.outputs.id }}", display_name: OBS OperateAccess}}
  - {id: ma, uses: modelarts.agency, with: {agency_name_suffix: writ}, needs: [agency]}
  - {id: alice, uses: modelarts.authorization, with: {user_id: alice, type: agency, content: "${{ steps.ma.outputs.agency_name }}"}, needs: [role]}
  - {id: bob, uses: modelarts.authorization, with: {user_id: bob, type: credential, content: AKOFBOB0000000000000, secret_key: "${{ inputs.secret }}"}, needs: [ma, everybody]}
  - {id: everybody, uses: modelarts.authorization, with: {user_id: all-users, type: agency, content: ma_agency_old}, needs: [mpc, alice]}
  - {id: dli, uses: dli.obs_authorization, with: {obs_buckets: [media]}, irreversible: accept}
`

func referenceCase(t testing.TB, parallelism int) *sim.Case {
	c := &sim.Case{Parallelism: parallelism, Secret: "abcdefghijabcdefghijabcdefghijabcdefghij", Kinds: steps.Kinds(nil)}
	at := emulate(t, before, c.Now).server.Endpoints()
	c.Begin = func() sim.Cloud { return emulate(t, before, c.Now) }
	c.Equip = func() step.Kinds { return kinds(t, c, at) }
	c.OneWay = map[string]string{"dli": `.projects.` + project + `.dli.authorized_buckets[]="media"`}
	c.OnceOnly = map[string]string{"agency": `"name":"writ_media"`}
	c.FailsAt = "POST /v1.0/" + project + "/dli/obs-authorize"
	require.NoError(t, c.Load(reference))
	return c
}

func suite(t *testing.T, short int) sim.Suite {
	s := sim.Suite{
		Name: "writ's kinds", Case: func(width int) *sim.Case { return referenceCase(t, width) }, Widths: []int{1, 4}, Stride: short, Only: sim.Fault(*fault),
		Again: "go test ./steps/torture -run TestSpot -args -width %d -spot '%s'",
	}
	if *every > 0 {
		s.Stride = *every
	}
	return s
}

// What a person can ask for, behind go test ./steps/torture -args:
var (
	every = flag.Int("every", 0, "only each so-manieth first event; 0: as many as a short test has time for")
	fault = flag.String("fault", "", "of the single faults, only this one, as a failure names it; \"\": all")
	spot  = flag.String("spot", "", "one run, as a failure names it")
	width = flag.Int("width", 4, "how many calls are under way at most in the run of -spot")
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(1600) // much is made, little is kept
	m.Run()
}

func TestNoEventIsLost(t *testing.T) { referenceCase(t, 1).Events(t, 220, 201) }

func TestEveryFault(t *testing.T) { suite(t, 80).EveryFault(t) }

func TestEveryPairOfDeaths(t *testing.T) {
	s := suite(t, 480)
	s.Widths = []int{4}
	s.EveryPair(t)
}

func TestSpot(t *testing.T) {
	if *spot == "" {
		t.Skip("no -spot is asked for")
	}
	referenceCase(t, *width).Replay(t, *spot)
}
