package trial_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/cmd/writ/trial"
	"writ/engine"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/step"
	"writ/schemas"
	"writ/steps"
	"writ/steps/cloud"
)

// project is that of the sandbox's own cloud.
const project = "5a9db0c5000000000000000000000001"

// of is a trial of a plan with the defaults of its inputs.
func of(t *testing.T, text string, faults ...trial.Fault) trial.Trial {
	t.Helper()
	p, list := plan.Load("trial.yaml", []byte(text), steps.Kinds(nil))
	require.Empty(t, list)
	values, list := p.ResolveInputs(nil)
	require.Empty(t, list)
	in, err := engine.NewInputs(values, nil, nil)
	require.NoError(t, err)
	return trial.Trial{Plan: p, Inputs: in, Faults: faults}
}

// bootstrap is a trial of the shipped plan.
func bootstrap(t *testing.T, faults ...trial.Fault) trial.Trial {
	t.Helper()
	src, err := os.ReadFile("../../../plans/bootstrap.yaml")
	require.NoError(t, err)
	return of(t, string(src), faults...)
}

const switched = `
version: 1
steps:
  - {id: mpc, uses: mpc.agency, with: {operate_type: CREATED}}
  - {id: roles, uses: dli.agency, needs: [mpc], with: {roles: [obs_adm]}}
`

func run(t *testing.T, tr trial.Trial) *trial.End {
	t.Helper()
	end, err := tr.Run(t.Context())
	require.NoError(t, err)
	return end
}

func TestATrialLearnsWhatEachStepSends(t *testing.T) {
	t.Parallel()
	tr := bootstrap(t)
	tr.Rollback = true
	end := run(t, tr)
	assert.Equal(t, []string{"buckets", "dli", "modelarts", "mpc"}, end.Calls.Steps())
	sends := map[string][2][]string{
		"buckets":   {{"ListAuditObsBuckets"}, nil},
		"dli":       {{"RegisterBucket"}, nil},
		"mpc":       {{"CreateAgenciesTask"}, {"CreateAgenciesTask"}},
		"modelarts": {{"CreateAuthorization"}, {"DeleteAuthorizations"}},
	}
	for at, ways := range sends {
		assert.Equal(t, ways[0], end.Calls.Of(at, false), at)
		assert.Equal(t, ways[1], end.Calls.Of(at, true), at)
	}
	assert.Nil(t, end.Calls.Of("nobody", false))
}

func TestAnEndSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	tr := bootstrap(t)
	tr.Rollback, tr.Again = true, true
	end := run(t, tr)
	assert.Equal(t, trial.Residue, end.Outcome)
	assert.Equal(t, engine.ExitResidue, end.Exit)
	require.Len(t, end.Residue, 1)
	assert.Equal(t, "dli", end.Residue[0].Step)
	assert.False(t, end.Restored())
	require.Len(t, end.Moved, 1)
	assert.Equal(t, "projects."+project+".dli.authorized_buckets", end.Moved[0].Path)
	assert.Contains(t, string(end.Goal), `"agency": "CREATED"`)
	assert.NotContains(t, string(end.After), `"agency": "CREATED"`)
	assert.Equal(t, trial.Done, end.Again)
	assert.Nil(t, end.Refusal)
}

// Where a call's fate is known, writ ends as it should, whatever step meets whatever fault on whichever way.
func TestEveryFaultAtEveryStepEndsAsItMust(t *testing.T) {
	t.Parallel()
	learned := run(t, func() trial.Trial { tr := bootstrap(t); tr.Rollback = true; return tr }()).Calls
	final := map[string]bool{trial.RefusedCall: true, trial.Denied: true}
	for _, at := range learned.Steps() {
		for _, name := range trial.Names() {
			for _, undo := range []bool{false, true} {
				if len(learned.Of(at, undo)) == 0 || at == "buckets" && name == trial.LostReply {
					continue
				}
				f := trial.Fault{At: at, Fault: name, Undo: undo}
				t.Run(f.String(), func(t *testing.T) {
					t.Parallel()
					tr := bootstrap(t, f)
					want := trial.Done
					doubt := []string{trial.LostReply, trial.Unavailable, trial.ServerError}
					switch {
					case undo:
						tr.Faults = append(tr.Faults, trial.Fault{At: "dli", Fault: trial.RefusedCall})
						if want = trial.RolledBack; final[name] {
							want = trial.Residue
						}
					case final[name]:
						want = trial.RolledBack
					case at == "dli" && slices.Contains(doubt, name):
						want = trial.Unknown
					}
					tr.Learned = learned
					end := run(t, tr)
					assert.Equal(t, want, end.Outcome)
					assert.Equal(t, want == trial.RolledBack, end.Restored(), "%v", end.Moved)
					assert.Empty(t, end.Missed)
				})
			}
		}
	}
}

func TestAFaultCanBeForALaterCall(t *testing.T) {
	t.Parallel()
	tr := bootstrap(t, trial.Fault{At: "dli", Fault: trial.RefusedCall}, trial.Fault{At: "modelarts", Fault: trial.Denied, Undo: true, Nth: 3})
	tr.Seed = []byte(`{"projects": {"` + project + `": {
		"dbss": {"obs_buckets": [{"bucket_name": "aosblueprints-x", "location": "cn-north-7"}]},
		"modelarts": {"authorizations": [{"user_id": "alice", "content": "a"}, {"user_id": "bob", "content": "b"}]}}}}`)
	end := run(t, tr)
	assert.Empty(t, end.Missed)
	var sent []string
	for _, r := range end.Requests {
		if r.Step == "modelarts" && r.Undo && !r.Looks() {
			sent = append(sent, fmt.Sprintf("%s %d", r.Operation, r.Status))
		}
	}
	assert.Equal(t, []string{"DeleteAuthorizations 200", "CreateAuthorization 200", "CreateAuthorization 403"}, sent)
	assert.Equal(t, trial.Residue, end.Outcome)
}

func TestFaultsInARowOutlastRetries(t *testing.T) {
	t.Parallel()
	for times, want := range map[int]trial.Outcome{0: trial.Done, 3: trial.Done, 4: trial.RolledBack} {
		end := run(t, of(t, switched, trial.Fault{At: "roles", Fault: trial.Unavailable, Times: times}))
		assert.Equal(t, want, end.Outcome, times)
	}
}

func TestAFaultWhoseCallNeverComesIsMissed(t *testing.T) {
	t.Parallel()
	late := trial.Fault{At: "roles", Fault: trial.RefusedCall}
	end := run(t, of(t, switched, trial.Fault{At: "mpc", Fault: trial.RefusedCall}, late))
	assert.Equal(t, []trial.Fault{late}, end.Missed)
}

func TestFaultsThatNobodyCanMeetAreErrors(t *testing.T) {
	t.Parallel()
	on := []byte(`{"projects": {"` + project + `": {"mpc": {"agency": "CREATED"}, "dbss": {"obs_buckets": [{"bucket_name": "aosblueprints-x", "location": "cn-north-7"}]}}}}`)
	for want, f := range map[string]trial.Fault{
		"lost_replay at dli: there is no such fault; did you mean lost_reply?":            {At: "dli", Fault: "lost_replay"},
		"late at dly: no such step sends a call; did you mean dli?":                       {At: "dly", Fault: "late"},
		"late at mpc: no such step sends a call; say buckets, dli, modelarts":             {At: "mpc", Fault: "late"},
		"lost_reply at buckets: step buckets only reads; say unavailable":                 {At: "buckets", Fault: "lost_reply"},
		"denied at buckets, on the way back: step buckets only reads; it has no way back": {At: "buckets", Fault: "denied", Undo: true},
		"denied at dli, on the way back, call 2: undisturbed, step dli undoes nothing":    {At: "dli", Fault: "denied", Undo: true, Nth: 2},
	} {
		tr := bootstrap(t, f)
		tr.Seed = on
		_, err := tr.Run(t.Context())
		assert.EqualError(t, err, want)
	}
}

func TestASeedThatIsNoneIsAnError(t *testing.T) {
	t.Parallel()
	tr := of(t, switched)
	tr.Seed = []byte(`{"projects": {}}`)
	_, err := tr.Run(t.Context())
	assert.ErrorContains(t, err, "a cloud needs at least one")
}

func TestARefusalIsAnEnd(t *testing.T) {
	t.Parallel()
	end := run(t, of(t, "version: 1\nsteps:\n  - {id: mpc, uses: mpc.bucket_authorization, with: {bucket: nowhere, operation: 1}}\n"))
	assert.Equal(t, trial.Refused, end.Outcome)
	assert.NotZero(t, end.Exit)
	assert.ErrorContains(t, end.Refusal, "nowhere")
	assert.True(t, end.Restored())
}

func TestWhatTakesHoursToShowTakesNoTime(t *testing.T) {
	t.Parallel()
	tr := of(t, "version: 1\nsteps:\n  - {id: agency, uses: iam.agency, timeout: 10m, with: {name: late, trust_domain_name: op_svc_obs}}\n")
	tr.Seed = []byte(`{"variants": {"iam_visibility_seconds": 100}}`)
	end := run(t, tr)
	assert.Equal(t, trial.Done, end.Outcome)
	assert.Greater(t, end.Run.Finished.Sub(end.Run.Started).Seconds(), 90.0)
}

// liar is a switch whose undo does nothing, and whose read never noticed that it was on.
func liar(c *cloud.Client) step.Kinds {
	type position struct {
		OperateType string `json:"operate_type"`
	}
	shown := position{"CANCELED"}
	kinds := steps.Kinds(c)
	lie := step.Define(step.Spec[position, position]{
		Name: "mpc.agency", Summary: "a switch that lies", Schema: schemas.Kind("mpc.agency"), Effect: step.Reversible,
		Read: func(context.Context, position) (position, error) { return shown, nil },
		Goal: func(in, _ position) position { return in },
		Apply: func(ctx context.Context, in, _ position) error {
			shown = in
			return c.Call(ctx, cloud.Call{Service: "mpc", Operation: "CreateAgenciesTask", Method: http.MethodPost, Path: "/v1/{project_id}/agencies", Body: in, OK: []int{http.StatusNoContent}})
		},
		Undo:    func(_ context.Context, _, _, want position) error { shown = want; return nil },
		Reverse: func(_, _, want position) step.Reversal[position] { return step.Reversal[position]{Want: want} },
		Outputs: func(_, s position) any { return s },
		Objects: func(position) []string { return []string{"mpc.agency"} },
	})
	i := slices.IndexFunc(kinds, func(k step.Kind) bool { return k.Name == lie.Name })
	kinds[i] = lie
	return kinds
}

func TestTheCloudItselfSaysWhetherItIsRestored(t *testing.T) {
	t.Parallel()
	tr := of(t, switched, trial.Fault{At: "roles", Fault: trial.RefusedCall})
	tr.Kinds = liar
	end := run(t, tr)
	assert.Equal(t, journal.ClosedRolledBack, end.Run.Closed, "the engine believes what it reads")
	assert.False(t, end.Restored())
	assert.Equal(t, "projects."+project+".mpc.agency", end.Moved[0].Path)
}

func TestTwoStatesThatNoServiceTellsApartAreTheSame(t *testing.T) {
	never := `{"projects": {"p": {"mpc": {"agency": null}, "dli": {"agency": null}}}}`
	off := `{"projects": {"p": {"mpc": {"agency": "CANCELED"}, "dli": {"agency": {"roles": [], "version": "v2"}}}}}`
	on := `{"projects": {"p": {"mpc": {"agency": "CREATED"}, "dli": {"agency": {"roles": ["x"], "version": "v2"}}}}}`
	moved, err := trial.Moved([]byte(never), []byte(off))
	require.NoError(t, err)
	assert.Empty(t, moved)
	moved, err = trial.Moved([]byte(off), []byte(on))
	require.NoError(t, err)
	assert.Len(t, moved, 2)
	_, err = trial.Moved([]byte("x"), []byte(on))
	assert.Error(t, err)
}

func TestKindsThatOnlyReadLoseNoReply(t *testing.T) {
	for _, k := range steps.Kinds(nil) {
		reads := k.Effect == step.Reads
		assert.Equal(t, !reads, slices.Contains(trial.FaultsOf(k), trial.LostReply), k.Name)
		assert.Equal(t, k.Effect == step.Reversible, trial.GoesBack(k), k.Name)
	}
}

func TestShortWordsFitTheirColumns(t *testing.T) {
	require.Len(t, trial.Short(), len(trial.Names()))
	for _, word := range trial.Short() {
		assert.LessOrEqual(t, len(word), 4)
	}
}

func TestTheSchemaKnowsEveryFaultAndOutcome(t *testing.T) {
	type words struct{ Enum []string }
	var schema struct {
		Definitions struct {
			Fault  struct{ Properties struct{ Fault words } }
			Expect struct {
				Properties struct{ Outcome, Again words }
			}
		}
	}
	require.NoError(t, json.Unmarshal(schemas.Test(), &schema))
	assert.Equal(t, trial.Names(), schema.Definitions.Fault.Properties.Fault.Enum)
	var outcomes []string
	for _, o := range []trial.Outcome{
		trial.Done, trial.NothingToDo, trial.RolledBack, trial.Residue, trial.Failed, trial.Unknown, trial.Paused, trial.Refused,
	} {
		outcomes = append(outcomes, string(o))
	}
	assert.Equal(t, outcomes, schema.Definitions.Expect.Properties.Outcome.Enum)
	assert.Equal(t, outcomes, schema.Definitions.Expect.Properties.Again.Enum)
}
