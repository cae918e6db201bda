package steps_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
)

// What others set up before a run is theirs: a bucket that MPC may use, an agency, a role.
func TestWhatWasGrantedBeforeIsNotTakenAwayByRollback(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ plan, here, part string }{
		{setBucket, buckets(first1 + second1), "bucket"},
		{makeTeam, account(team(reader)), "team"},
		{setRole, account(team(reader + `, {"scope": "domain", "role_id": "system_all_72"}`)), "role"},
	} {
		w := begin(t, seed(c.here, ``), load(t, lines(setRoles, then(c.plan, setAlice))))
		before := w.state()
		w.fault(rowsFail)
		run := w.process(w.runs()).apply()
		assert.Equal(t, journal.ClosedRolledBack, run.Closed)
		assert.Equal(t, journal.Satisfied, run.Part(c.part).How)
		assert.Equal(t, before, w.state())
		assert.Equal(t, []string{"CreateDliAgency", "CreateAuthorization", "CreateDliAgency"}, w.writes(), c.part)
	}
}

func TestAnAgencyThatWasChangedIsPutBackAndNotDeleted(t *testing.T) {
	t.Parallel()
	w := begin(t, seed(account(team(reader)), ``), load(t, then(changeTeam, setAlice)))
	before := w.state()
	w.fault(rowsFail)
	run := w.process(w.runs()).apply()
	assert.Equal(t, journal.ClosedRolledBack, run.Closed)
	assert.Equal(t, before, w.state())
	assert.Equal(t, []string{"UpdateAgency", "CreateAuthorization", "UpdateAgency"}, w.writes())
}

// Deleting is by id, and what is compared is the whole agency: neither somebody else's of the same name nor one that
// somebody has changed since is ours to delete.
func TestAnAgencyThatIsNoLongerOursIsNotDeleted(t *testing.T) {
	t.Parallel()
	const ours = `{"name": "team", "trust_domain_name": "op_svc_obs"}`
	for _, since := range []string{
		team(reader),
		strings.Replace(ours, "}", `, "id": "another"}`, 1),
	} {
		w := begin(t, seed(account(``), ``), load(t, makeTeam))
		p := w.process(w.runs())
		require.Equal(t, journal.ClosedDone, p.apply().Closed)
		w.put(seed(account(since), ``))
		stands := w.state()
		run, left := p.rollback()
		assert.Equal(t, journal.ClosedResidue, run.Closed)
		require.Len(t, left, 1)
		assert.True(t, left[0].Foreign)
		assert.Equal(t, "agency", left[0].Field)
		assert.Equal(t, stands, w.state())
	}
}

// IAM shows what is new after a while. A naive tool makes it again, or takes it for failed.
func TestWhatTakesTimeToTurnUpIsWaitedFor(t *testing.T) {
	t.Parallel()
	for variant, c := range map[string]struct{ plan, here, done, write string }{
		`"iam_visibility_seconds": 1`: {makeTeam, account(``), account(`{"name": "team", "trust_domain_name": "op_svc_obs"}`), "CreateAgency"},
		`"role_propagation_seconds": 1`: {
			setRole, account(team(reader)), account(team(reader + `, {"scope": "domain", "role_id": "system_all_72"}`)),
			"AssociateAgencyWithDomainPermission",
		},
	} {
		t.Run(variant, func(t *testing.T) {
			t.Parallel()
			w := begin(t, seed(c.here, variant), load(t, c.plan))
			w.clock = nil // the sandbox's second is a real one
			p := w.process(w.runs())
			run := p.apply()
			assert.Equal(t, journal.ClosedDone, run.Closed, run.Why)
			assert.Empty(t, w.standsNot(c.done, variant))
			assert.Equal(t, []string{c.write}, w.writes())
		})
	}
}

// A process dies after IAM has made its agency and before that shows. The next one makes it again, is told that the name
// is taken, and waits for it: it is ours, and ours to delete.
func TestAnAgencyWhoseAnswerWasLostIsOursWhenItTurnsUp(t *testing.T) {
	t.Parallel()
	w, p, before := diedUnseen(t)
	run := p.resume()
	assert.Equal(t, journal.ClosedDone, run.Closed, run.Why)
	assert.Equal(t, []string{"CreateAgency", "CreateAgency"}, w.writes())
	assert.Equal(t, []string{"CreateAgency"}, w.changes())
	run, left := p.rollback()
	assert.Equal(t, journal.ClosedRolledBack, run.Closed)
	assert.Empty(t, left)
	assert.Empty(t, w.wasNot(before))
}

// The same, and the next process is to put everything back: what does not show yet is not absent.
func TestAnAgencyThatDoesNotShowYetIsNotLeftBehind(t *testing.T) {
	t.Parallel()
	w, p, before := diedUnseen(t)
	run, left := p.rollback()
	assert.Equal(t, journal.ClosedRolledBack, run.Closed)
	assert.Empty(t, left)
	assert.Equal(t, []string{"CreateAgency", "DeleteAgency"}, w.changes())
	assert.Empty(t, w.wasNot(before))
}

// diedUnseen is a world in which a process died after its agency was made and a second before that shows.
func diedUnseen(t *testing.T) (*world, *process, string) {
	w := begin(t, seed(account(``), `"iam_visibility_seconds": 1`), load(t, makeTeam))
	w.clock = nil
	before := w.state()
	w.process(w.runs()).preview()
	k := 2*len(w.requests()) + 1 // a preview, a look, the write
	w.forget()
	return w, w.process(w.killed(w.runs(), k, true, apply)), before
}

// What cannot work is refused before anything is sent.
func TestWhatTheCloudWouldRefuseIsRefusedBeforeAnyWrite(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Replace(setBucket, "first", "unlisted", 1),
		strings.Replace(setRole, "OBS OperateAccess", "Security Administrator", 1),
		strings.Replace(setRole, "OBS OperateAccess", "Operate", 1),
	} {
		w := begin(t, seed(buckets(first0)+andAgencies+team(reader), ``), load(t, lines(setRoles, text)))
		p := w.process(w.runs())
		_, err := p.engine.Apply(t.Context(), p.job, yes)
		var refusal *engine.Refusal
		require.ErrorAs(t, err, &refusal)
		assert.Equal(t, engine.ExitWrong, refusal.Exit)
		assert.Empty(t, w.writes())
	}
}

// That a bucket is encrypted shows only when MPC refuses it.
func TestAnEncryptedBucketIsRefusedAndTheRestIsPutBack(t *testing.T) {
	t.Parallel()
	w := begin(t, seed(buckets(`{"bucket": "first", "kms": true}`), ``), load(t, then(setRoles, setBucket)))
	before := w.state()
	run := w.process(w.runs()).apply()
	assert.Equal(t, journal.ClosedRolledBack, run.Closed)
	assert.Equal(t, step.Invalid, run.Failure.Error.Class)
	assert.Contains(t, run.Failure.Error.Message, "KMS")
	assert.Equal(t, before, w.state())
}
