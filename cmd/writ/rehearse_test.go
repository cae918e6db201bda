package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
	"writ/schemas"
	"writ/steps"
	"writ/steps/cloud"
)

// twoSwitches changes MPC's agency and then DLI's roles.
const twoSwitches = `version: 1
name: two
steps:
  - id: mpc
    uses: mpc.agency
    with: {operate_type: CREATED}
  - id: roles
    uses: dli.agency
    needs: [mpc]
    with: {roles: [obs_adm]}
`

const withRoles = `{"projects": {"p1": {"region": "cn-north-7", "dli": {"agency": {"roles": ["vpc_netadm"]}}}}}`

// previewed is a session on an embedded sandbox, with the preview of a plan.
func previewed(t *testing.T, plan, seed string, inputs ...string) (*app, *session, *journal.Run) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"plan.yaml": plan, "seed.json": seed} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	var shown strings.Builder
	a := &app{stdout: &shown, stderr: &shown, environ: []string{"SECRET=abcdefghijabcdefghijabcdefghijabcdefghij"}}
	a.flags = flags{sandbox: embedded, seed: filepath.Join(dir, "seed.json"), runs: filepath.Join(dir, "runs"), inputs: inputs}
	var s *session
	var preview *journal.Run
	ready, over := make(chan error, 1), make(chan struct{})
	go func() {
		err := a.withJob(t.Context(), filepath.Join(dir, "plan.yaml"), applyOptions{parallelism: 1}, func(open *session) (err error) {
			s = open
			preview, err = s.engine.Preview(t.Context(), s.job)
			ready <- err
			<-over
			return nil
		})
		if s == nil {
			ready <- err
		}
		close(ready)
	}()
	t.Cleanup(func() {
		close(over)
		for range ready { // until the session is closed
		}
	})
	require.NoError(t, <-ready, shown.String())
	return a, s, preview
}

// plant is writ's kinds with one of them replaced.
func plant(kind func(*cloud.Client) step.Kind) func(*cloud.Client) step.Kinds {
	return func(c *cloud.Client) step.Kinds {
		all, planted := steps.Kinds(c), kind(c)
		for i := range all {
			if all[i].Name == planted.Name {
				all[i] = planted
			}
		}
		return all
	}
}

type mpcSwitch struct {
	OperateType string `json:"operate_type"`
}

// badMPC is mpc.agency with another undo, or one that cannot even be applied.
func badMPC(undo func(ctx context.Context, c *cloud.Client, good step.Kind, now, want mpcSwitch) error, refuses ...bool) func(*cloud.Client) step.Kind {
	return func(c *cloud.Client) step.Kind {
		kinds := steps.Kinds(c)
		good, _ := kinds.Find("mpc.agency")
		raw := func(v any) json.RawMessage { out, _ := json.Marshal(v); return out }
		return step.Define(step.Spec[mpcSwitch, mpcSwitch]{
			Name: good.Name, Summary: good.Summary, Schema: schemas.Kind(good.Name), Effect: step.Reversible,
			Read: func(ctx context.Context, in mpcSwitch) (out mpcSwitch, err error) {
				state, err := good.Read(ctx, raw(in))
				if err == nil {
					err = json.Unmarshal(state, &out)
				}
				return out, err
			},
			Goal: func(in, _ mpcSwitch) mpcSwitch { return in },
			Apply: func(ctx context.Context, in, before mpcSwitch) error {
				if len(refuses) > 0 {
					return &step.Error{Class: step.Invalid, Operation: "mpc CreateAgenciesTask", Message: "not today"}
				}
				return good.Apply(ctx, raw(in), raw(before))
			},
			Undo:    func(ctx context.Context, _, now, want mpcSwitch) error { return undo(ctx, c, good, now, want) },
			Reverse: func(_, _, want mpcSwitch) step.Reversal[mpcSwitch] { return step.Reversal[mpcSwitch]{Want: want} },
			Outputs: func(_, s mpcSwitch) any { return s },
			Objects: func(mpcSwitch) []string { return []string{"mpc.agency"} },
		})
	}
}

func doNothing(context.Context, *cloud.Client, step.Kind, mpcSwitch, mpcSwitch) error { return nil }

// clearTooMuch puts the switch back and empties DLI's list of roles, which no step of its own would notice.
func clearTooMuch(ctx context.Context, c *cloud.Client, good step.Kind, now, want mpcSwitch) error {
	err := c.Call(ctx, cloud.Call{
		Service: "dli", Operation: "CreateDliAgency", Method: http.MethodPost, Path: "/v2/{project_id}/agency",
		Body: map[string]any{"roles": []string{}}, Out: new(struct{}),
	})
	if err != nil {
		return err
	}
	was, _ := json.Marshal(now)
	shall, _ := json.Marshal(want)
	return good.Undo(ctx, was, was, shall)
}

func rehearsed(t *testing.T, s *session, preview *journal.Run, kinds func(*cloud.Client) step.Kinds) *view.Rehearsal {
	t.Helper()
	r := newRehearsal(s, preview)
	r.trial.Kinds = kinds
	found, err := r.run(t.Context())
	require.NoError(t, err)
	return found
}

func cell(t *testing.T, r *view.Rehearsal, at, fault string) view.RehearsalCell {
	t.Helper()
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			if row.Step == at && c.Fault == fault {
				return c
			}
		}
	}
	t.Fatalf("no cell for %s at %s", fault, at)
	return view.RehearsalCell{}
}

func unannounced(r *view.Rehearsal) []string {
	var all []string
	for _, left := range r.Left {
		if !left.Announced {
			all = append(all, left.Step+": "+left.What)
		}
	}
	return all
}

func TestARehearsalWithTheRightUndoFindsNothing(t *testing.T) {
	t.Parallel()
	_, s, preview := previewed(t, twoSwitches, withRoles)
	r := rehearsed(t, s, preview, nil)
	assert.Empty(t, unannounced(r))
	assert.Equal(t, view.Mark{End: view.EndRestored}, r.Undisturbed)
	assert.Equal(t, engine.ExitDone, rehearsalExit(r))
	assert.Equal(t, view.Mark{End: view.EndRestored}, cell(t, r, "roles", "refused").Apply)
	assert.Equal(t, view.Mark{End: view.EndRestored}, cell(t, r, "mpc", "lost_reply").Undo)
}

func TestAnUndoThatDoesNothingIsCaught(t *testing.T) {
	t.Parallel()
	_, s, preview := previewed(t, twoSwitches, withRoles)
	r := rehearsed(t, s, preview, plant(badMPC(doNothing)))
	assert.Equal(t, []string{"mpc: its undo failed: the undo was sent, and what stands is not what it was to leave"}, unannounced(r))
	assert.Equal(t, engine.ExitResidue, rehearsalExit(r))
	bad := view.Mark{End: view.EndResidue, Left: []int{1}, Bad: view.EndResidue}
	assert.Equal(t, bad, r.Undisturbed)
	assert.Equal(t, bad, cell(t, r, "roles", "refused").Apply)
	assert.Equal(t, view.EndRestored, cell(t, r, "mpc", "refused").Apply.End, "it had nothing to undo there")
}

// The run believes that all is well: only the copy of the whole cloud shows what is gone.
func TestAnUndoThatClearsTooMuchIsCaughtAndNamed(t *testing.T) {
	t.Parallel()
	plan := strings.Replace(twoSwitches, "roles: [obs_adm]", "roles: [vpc_netadm]", 1) // stands already
	plan += "  - {id: bucket, uses: mpc.bucket_authorization, needs: [roles], with: {bucket: bucket-b, operation: \"1\"}}\n"
	seed := strings.Replace(withRoles, `"dli":`, `"mpc": {"buckets": [{"bucket": "bucket-b"}]}, "dli":`, 1)
	_, s, preview := previewed(t, plan, seed)
	r := rehearsed(t, s, preview, plant(badMPC(clearTooMuch)))
	assert.Equal(t, []string{
		"mpc: its undo also changes dli.agency.roles, and the run does not say so",
		"mpc: where the service refuses its undo half-way, things stand neither as before nor as applied", // it has two calls
	}, unannounced(r))
	assert.Equal(t, engine.ExitResidue, rehearsalExit(r))
	assert.Equal(t, view.EndResidue, cell(t, r, "bucket", "refused").Apply.Bad)
	assert.Empty(t, cell(t, r, "mpc", "refused").Apply.Bad)
	assert.Equal(t, []string{"roles"}, r.Silent)
}

// What the sandbox has no place for is not rehearsed, and that is said.
func TestACopyThatLacksSomethingProvesNothing(t *testing.T) {
	t.Parallel()
	plan := twoSwitches + "  - {id: all, uses: modelarts.authorization, with: {user_id: all-users, content: a}}\n"
	_, s, preview := previewed(t, plan, withRoles)
	preview.Part("all").Before = json.RawMessage(`{"rows":{"name:fed":{"type":"agency","content":"b","user_name":"fed"}}}`)
	r := rehearsed(t, s, preview, nil)
	assert.Equal(t, []string{
		"all: not in the copy: the authorization of fed: the sandbox knows IAM users only",
		"all: the copy does not answer what the target does",
	}, r.Copy)
	assert.Equal(t, engine.ExitUnknown, rehearsalExit(r))
}

// What the plan cannot do on the copy, no fault can show anything about.
func TestAPlanThatDoesNotGetThroughOnTheCopyProvesNothing(t *testing.T) {
	t.Parallel()
	_, s, preview := previewed(t, twoSwitches, withRoles)
	r := rehearsed(t, s, preview, plant(badMPC(doNothing, true)))
	assert.Equal(t, []string{"mpc: on the copy the plan does not come to its end, so no fault was tried: mpc CreateAgenciesTask: not today"}, unannounced(r))
	assert.Equal(t, engine.ExitUnknown, rehearsalExit(r))
	assert.Equal(t, 1, r.Trials)
}

func TestARehearsalCanBeStopped(t *testing.T) {
	t.Parallel()
	_, s, preview := previewed(t, twoSwitches, withRoles)
	r, stop := newRehearsal(s, preview), make(chan struct{})
	r.stop = stop
	close(stop)
	_, err := r.run(t.Context())
	var refusal *engine.Refusal
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, engine.ExitPaused, refusal.Exit)
}

// A certificate holds for what was rehearsed and for nothing else.
func TestACertificateIsBoundToWhatWasRehearsed(t *testing.T) {
	t.Parallel()
	const plan = twoSwitches + `  - {id: user, uses: modelarts.authorization, with: {user_id: "${{ inputs.user }}", type: credential, content: AKIAIOSFODNN7EXAMPLE, secret_key: "${{ inputs.key }}"}}
inputs:
  user: {type: string, default: alice}
  key: {type: string, sensitive: true}
`
	a, s, preview := previewed(t, plan, withRoles, "key=env:SECRET")
	r := rehearsed(t, s, preview, nil)
	require.Empty(t, unannounced(r))
	file := filepath.Join(t.TempDir(), "rehearsed.json")
	require.NoError(t, a.certify(file, preview, s, *r))
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.NotContains(t, string(kept), "abcdefghij")
	assert.NotContains(t, string(kept), "vpc_netadm")
	require.NoError(t, a.checkRehearsal(file, preview, s))

	for _, c := range []struct{ name, plan, seed, input, want string }{
		{"the same, elsewhere", plan, withRoles, "user=alice", "is of the target"},
		{"another plan", plan + "# later\n", withRoles, "user=alice", "another plan"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, s, preview := previewed(t, c.plan, c.seed, "key=env:SECRET", c.input)
			refused(t, b.checkRehearsal(file, preview, s), c.want)
		})
	}
	change := func(what func(*certificate)) string {
		c, err := decodeCertificate(kept)
		require.NoError(t, err)
		what(&c)
		raw, err := json.Marshal(c)
		require.NoError(t, err)
		other := filepath.Join(t.TempDir(), "other.json")
		require.NoError(t, os.WriteFile(other, raw, 0o600))
		return other
	}
	for _, c := range []struct {
		name string
		what func(*certificate)
		want string
	}{
		{"an old one", func(c *certificate) { c.Until = time.Now().Add(-time.Second) }, "expired"},
		{"other inputs", func(c *certificate) { c.Inputs = "x" }, "other inputs"},
		{"another value", func(c *certificate) { c.Read["roles"] = "x" }, "what stands at roles has changed"},
		{"a step fewer", func(c *certificate) { delete(c.Read, "mpc") }, "what stands at mpc has changed"},
		{"something left", func(c *certificate) { c.Outcome.Undisturbed.Bad = view.EndResidue }, "something would be left"},
		{"something unknown", func(c *certificate) { c.Outcome.Rows[0].Cells[0].Undo.Bad = view.EndUnknown }, "something would be left"},
		{"nothing tried", func(c *certificate) { c.Outcome.Rows = nil }, "nothing was tried"},
		{"a newer format", func(c *certificate) { c.Format = 2 }, "format 2"},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, a.checkRehearsal(change(c.what), preview, s), c.want) })
	}
	require.NoError(t, os.WriteFile(file, []byte("steps:\n"), 0o600))
	refused(t, a.checkRehearsal(file, preview, s), "it is none")
}

func refused(t *testing.T, err error, why string) {
	t.Helper()
	var refusal *engine.Refusal
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, engine.ExitStale, refusal.Exit)
	assert.Contains(t, refusal.Message, why)
}
