package steps_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
)

const (
	setMPC     = `- {id: mpc, uses: mpc.agency, with: {operate_type: CREATED}}`
	setRoles   = `- {id: roles, uses: dli.agency, with: {roles: [obs_adm]}}`
	setAlice   = `- {id: alice, uses: modelarts.authorization, with: {user_id: alice, content: new}}`
	setAll     = `- {id: all, uses: modelarts.authorization, with: {user_id: all-users, content: wide}}`
	makeAgency = `- {id: agency, uses: modelarts.agency, with: {agency_name_suffix: team}}`
	setBucket  = `- {id: bucket, uses: mpc.bucket_authorization, with: {bucket: first, operation: 1}}`
	makeTeam   = `- {id: team, uses: iam.agency, with: {name: team, trust_domain_name: op_svc_obs}}`
	changeTeam = `- {id: team, uses: iam.agency, with: {name: team, trust_domain_name: op_svc_obs, description: ours, duration: FOREVER}}`
	setRole    = `- {id: role, uses: iam.agency_role, with: {agency_id: a1, display_name: OBS OperateAccess}}`
	grant      = `- {id: grant, uses: dli.obs_authorization, irreversible: accept, with: {obs_buckets: [first]}}`
	mpcFails   = `{"operation": "CreateAgenciesTask", "do": "status", "status": 403, "error_code": "MPC.10202"}`
	rowsFail   = `{"operation": "CreateAuthorization", "do": "status", "status": 403, "error_code": "ModelArts.0108"}`
)

func lines(steps ...string) string { return strings.Join(steps, "\n") }

// then is a step that comes after another.
func then(first, second string) string {
	return lines(first, strings.Replace(second, ", with:", ", needs: ["+idOf(first)+"], with:", 1))
}

func idOf(text string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(text, "- {id: "), ",")
	return id
}

// writes lists the operations that were asked to change something, in order.
func (w *world) writes() []string {
	w.t.Helper()
	var names []string
	for _, r := range w.requests() {
		if !r.looks() {
			names = append(names, r.Operation)
		}
	}
	return names
}

func TestMPCThatWasOnBeforeIsNotCancelledByRollback(t *testing.T) {
	t.Parallel()
	w := begin(t, seed(mpcIs(`"CREATED"`), ``), load(t, lines(then(setMPC, setRoles), strings.Replace(setAlice, ", with:", ", needs: [roles], with:", 1))))
	before := w.state()
	w.fault(rowsFail)
	run := w.process(w.runs()).apply()
	assert.Equal(t, journal.ClosedRolledBack, run.Closed)
	assert.Equal(t, int(engine.ExitFailed), run.Exit)
	assert.Equal(t, journal.Satisfied, run.Part("mpc").How)
	assert.Equal(t, before, w.state())
	assert.NotContains(t, w.writes(), "CreateAgenciesTask")
	assert.Equal(t, []string{"CreateDliAgency", "CreateAuthorization", "CreateDliAgency"}, w.writes())
}

func TestDeletingEverybodyRestoresEachUsersRow(t *testing.T) {
	t.Parallel()
	w := begin(t, seed(rows(alice+`,`+bob+`,`+carol), ``), load(t, then(setAll, strings.Replace(setMPC, "CREATED", "CANCELED", 1))))
	before := w.state()
	p := w.process(w.runs())
	assert.Equal(t, "undo deletes the everybody row and re-creates 3 users' rows", p.preview().Part("all").Reverse.Says)
	w.fault(mpcFails)
	run := p.apply()
	assert.Equal(t, journal.ClosedRolledBack, run.Closed)
	assert.Equal(t, int(engine.ExitFailed), run.Exit)
	assert.Equal(t, before, w.state())
	assert.Equal(t, []string{
		"CreateAuthorization", "CreateAgenciesTask",
		"DeleteAuthorizations", "CreateAuthorization", "CreateAuthorization", "CreateAuthorization",
	}, w.writes())
}

func TestAnAccessKeyRowKeepsTheEverybodyRow(t *testing.T) {
	t.Parallel()
	w := begin(t, seed(rows(aliceKey+`,`+bob+`,`+carol), ``), load(t, then(setAll, strings.Replace(setMPC, "CREATED", "CANCELED", 1))))
	p := w.process(w.runs())
	why := "deleting it would lose the access key of user Alice"
	said := p.preview().Part("all").Reverse
	require.NotEmpty(t, said.Left)
	assert.Equal(t, step.Residue{Field: "rows.all-users", Why: why}, said.Left[0])
	assert.Equal(t, "undo leaves the everybody row: "+why, said.Says)
	w.fault(mpcFails)
	run := p.apply()
	assert.Equal(t, journal.ClosedResidue, run.Closed)
	assert.Equal(t, int(engine.ExitResidue), run.Exit)
	assert.Equal(t, []journal.Residue{{Step: "all", Field: "rows.all-users", Why: why}}, run.Residue)
	assert.NotContains(t, w.writes(), "DeleteAuthorizations")
	assert.Empty(t, w.standsNot(rows(aliceKey+`,`+bob+`,`+carol+`,`+wide), ``), "no user's row is lost")
}

// What the service does with the rows of users is not documented: where it overwrites an access key, that is lost, and
// named.
func TestAnAccessKeyThatTheServiceOverwroteIsNamedAsResidue(t *testing.T) {
	t.Parallel()
	variant := `"modelarts_everybody": "overwrite"`
	w := begin(t, seed(rows(aliceKey+`,`+bob), variant), load(t, setAll))
	p := w.process(w.runs())
	p.apply()
	run, left := p.rollback()
	assert.Equal(t, int(engine.ExitResidue), run.Exit)
	require.Len(t, left, 1)
	assert.Equal(t, "rows.alice", left[0].Field)
	assert.Contains(t, left[0].Why, "the access key of user Alice")
	assert.Empty(t, w.standsNot(rows(bob), variant))
}

func TestDLIRolesAreAUnionAndUndoPutsTheOldListBack(t *testing.T) {
	t.Parallel()
	before := dliHas(`"vpc_netadm", "ief_adm"`)
	w := begin(t, seed(before, ``), load(t, setRoles))
	p := w.process(w.runs())
	p.apply()
	assert.Empty(t, w.standsNot(dliHas(`"ief_adm", "obs_adm", "vpc_netadm"`), ``))
	run, _ := p.rollback()
	assert.Equal(t, journal.ClosedRolledBack, run.Closed)
	assert.Empty(t, w.standsNot(before, ``))

	p.apply()
	w.put(seed(dliHas(`"dis_adm", "ief_adm", "obs_adm", "vpc_netadm"`), ``)) // somebody adds dis_adm
	run, _ = p.rollback()
	assert.Equal(t, journal.ClosedRolledBack, run.Closed)
	assert.Empty(t, w.standsNot(dliHas(`"dis_adm", "ief_adm", "vpc_netadm"`), ``))
}

func TestTheDLIGrantRunsLastAndIsNamedAsResidue(t *testing.T) {
	t.Parallel()
	everything := lines(grant, setMPC, setRoles, makeAgency, setAlice)
	before := dbssHere + `, ` + maHere
	w := begin(t, seed(before, ``), load(t, everything))
	p := w.process(w.runs())
	require.Equal(t, journal.ClosedDone, p.apply().Closed)
	writes := w.writes()
	assert.Len(t, writes, 5)
	assert.Equal(t, "RegisterBucket", writes[4])
	run, left := p.rollback()
	assert.Equal(t, journal.ClosedResidue, run.Closed)
	assert.Equal(t, int(engine.ExitResidue), run.Exit)
	assert.Equal(t, []journal.Residue{{Step: "grant", Why: "no call takes it back"}}, left)
	assert.Empty(t, w.standsNot(before+`, "dli": {"authorized_buckets": ["first"]}`, ``))
}

// So that as long as possible everything can be put back, the grant waits; when another step fails, it is never sent.
func TestTheDLIGrantIsNotSentWhenAnotherStepFails(t *testing.T) {
	t.Parallel()
	w := begin(t, seed(dbssHere, ``), load(t, lines(grant, setMPC, setAlice)))
	before := w.state()
	w.fault(rowsFail)
	run := w.process(w.runs()).apply()
	assert.Equal(t, journal.ClosedRolledBack, run.Closed)
	assert.Empty(t, w.wasNot(before))
	assert.NotContains(t, w.writes(), "RegisterBucket")
}

// The service may refuse to replace a row. Then nothing is changed, and a person is told.
func TestARowThatTheServiceWillNotReplaceStaysAsItWas(t *testing.T) {
	t.Parallel()
	for _, text := range []string{setAlice, setAll} {
		w := begin(t, seed(rows(alice+`, {"user_id": "all-users", "content": "old"}`), `"modelarts_repost": "refuse"`), load(t, then(setRoles, text)))
		before := w.state()
		run := w.process(w.runs()).apply()
		assert.Equal(t, journal.ClosedRolledBack, run.Closed)
		assert.Equal(t, step.Conflict, run.Failure.Error.Class)
		assert.Equal(t, before, w.state())
	}
}

func TestAWordForEverybodyThatTheServiceRefusesChangesNothing(t *testing.T) {
	t.Parallel()
	w := begin(t, seed(rows(alice), `"modelarts_everybody_name": "all"`), load(t, then(setRoles, setAll)))
	before := w.state()
	run := w.process(w.runs()).apply()
	assert.Equal(t, journal.ClosedRolledBack, run.Closed)
	assert.Equal(t, step.Invalid, run.Failure.Error.Class)
	assert.Equal(t, before, w.state())
}

func TestADeniedReadIsToldInEitherShape(t *testing.T) {
	t.Parallel()
	for _, variant := range byDBSS {
		w := begin(t, seed(dbssHere, variant), load(t, `- {id: buckets, uses: dbss.obs_buckets}`))
		w.fault(`{"operation": "ListAuditObsBuckets", "do": "status", "status": 400, "error_code": "DBSS.10000001", "times": -1}`)
		failed := w.process(w.runs()).preview().Part("buckets").Error
		require.NotNil(t, failed)
		assert.Equal(t, "DBSS.10000001", failed.Code)
		assert.Equal(t, step.Invalid, failed.Class)
	}
}

// A success is a success however it is spelled; so is a failure under a 200.
func TestEveryDocumentedSpellingOfSuccessIsRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		plan, operation string
		bodies          []string
	}{
		{grant, "RegisterBucket", []string{`{"is_success": "true", "message": "以下OBS桶授权成功, first"}`, `{"is_success": true}`}},
		{setRoles, "CreateDliAgency", []string{`{"is_success": true, "message": ""}`, `{"is_success": "true"}`, `{}`}},
		{setAlice, "CreateAuthorization", []string{`{"result": "true"}`, `{"result": true}`, `{}`}},
		{makeAgency, "CreateModelArtsAgency", []string{`{"agency_name": "ma_agency_team"}`, `{}`}},
	} {
		for _, body := range c.bodies {
			w := begin(t, seed(dliHas(`"smn_adm"`), ``), load(t, c.plan))
			w.fault(fmt.Sprintf(`{"operation": %q, "when": "after", "do": "body", "body": %s}`, c.operation, body))
			run := w.process(w.runs()).apply()
			assert.Equal(t, journal.ClosedDone, run.Closed, body)
			assert.Equal(t, journal.Applied, parts(run)[0].How, body)
			assert.Equal(t, []string{c.operation}, w.changes())
		}
	}
	for _, body := range []string{`{"is_success": "false"}`, `{"is_success": false, "message": "no"}`} {
		w := begin(t, seed(dliHas(`"smn_adm"`), ``), load(t, lines(setRoles, grant)))
		w.fault(fmt.Sprintf(`{"service": "dli", "operation": "CreateDliAgency", "do": "body", "body": %s}`, body))
		run := w.process(w.runs()).apply()
		assert.Equal(t, int(engine.ExitFailed), run.Exit, body)
		assert.Empty(t, w.changes())
	}
}

// Somebody else gets there between our look and our write. Each documented answer to that is read as met, and what
// stands is not ours to undo.
func TestEveryDocumentedAnswerToWhatIsSoAlreadyIsRead(t *testing.T) {
	t.Parallel()
	theAgency := `{"name": "ma_agency_team", "trust_domain_name": "op_svc_eiwizard"}`
	for _, c := range []struct{ plan, before, since, variant, fault string }{
		{setMPC, mpcIs(`null`), mpcIs(`"CREATED"`), ``, ``},
		{setMPC, mpcIs(`null`), mpcIs(`"CREATED"`), `"mpc_conflict_status": 400`, ``},
		{strings.Replace(setMPC, "CREATED", "CANCELED", 1), mpcIs(`"CREATED"`), mpcIs(`"CANCELED"`), ``, ``},
		{strings.Replace(setMPC, "CREATED", "CANCELED", 1), mpcIs(`"CREATED"`), mpcIs(`"CANCELED"`), ``, `{"operation": "CreateAgenciesTask", "do": "status", "status": 403, "error_code": "MPC.10224"}`},
		{makeAgency, agencies(bob, ``), agencies(bob, `"ma_agency_team"`), ``, ``},
		{makeAgency, agencies(bob, ``), agencies(bob, ``), ``, ``},
		{setAlice, rows(bob), rows(bob + `, {"user_id": "alice", "content": "new"}`), `"modelarts_repost": "refuse"`, ``},
		{makeTeam, account(``), account(`{"name": "team", "trust_domain_name": "op_svc_obs"}`), ``, ``},
	} {
		w := begin(t, seed(c.before, c.variant), load(t, c.plan))
		since := seed(c.since, c.variant)
		if c.plan == makeAgency {
			since = strings.Replace(since, `"agencies": [{`, `"agencies": [`+theAgency+`, {`, 1)
		}
		p := w.process(w.runs())
		p.engine.Watch = func(rec journal.Record) {
			if rec.K == journal.StepIntent {
				w.put(since)
				if c.fault != "" {
					w.fault(c.fault)
				}
			}
		}
		run := p.apply()
		assert.Equal(t, journal.ClosedDone, run.Closed, "%s %s", c.plan, c.variant)
		assert.Equal(t, journal.Satisfied, parts(run)[0].How)
		assert.Len(t, w.writes(), 1)
		assert.Empty(t, w.changes())
		stands := w.state()
		p.rollback()
		assert.Equal(t, stands, w.state(), "what others did stays")
	}
}

// An undo that finds its work done is done.
func TestEveryDocumentedAnswerToWhatIsGoneAlreadyIsRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ plan, operation, answer string }{
		{setAlice, "DeleteAuthorizations", `"status": 400, "error_code": "ModelArts.0429"`},
		{setAlice, "DeleteAuthorizations", `"status": 401, "error_code": "ModelArts.0428"`},
		{makeAgency, "DeleteAgency", `"status": 404`},
		{setMPC, "CreateAgenciesTask", `"status": 400, "error_code": "MPC.10224"`},
		{setMPC, "CreateAgenciesTask", `"status": 403, "error_code": "MPC.10224"`},
		{makeTeam, "DeleteAgency", `"status": 404`},
		{strings.Replace(setRole, "a1", "a2", 1), "RemoveDomainPermissionFromAgency", `"status": 404`},
	} {
		other := strings.NewReplacer("a1", "a2", "team", "others").Replace(team(reader))
		w := begin(t, seed(dbssHere+`, `+maHere+andAgencies+other, ``), load(t, c.plan))
		before := w.state()
		p := w.process(w.runs())
		p.apply()
		w.fault(fmt.Sprintf(`{"operation": %q, "when": "after", "do": "status", %s}`, c.operation, c.answer))
		run, left := p.rollback()
		assert.Equal(t, journal.ClosedRolledBack, run.Closed, "%s", c.answer)
		assert.Empty(t, left)
		assert.Empty(t, w.wasNot(before))
	}
}

func TestALostReplyIsSettledByReading(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		plan, here string
		there      string   // the operation that carries the plan out
		back       []string // those that undo it
	}{
		{setMPC, mpcIs(`null`), "CreateAgenciesTask", []string{"CreateAgenciesTask"}},
		{setRoles, dliHas(`"ief_adm"`), "CreateDliAgency", []string{"CreateDliAgency"}},
		{makeAgency, agencies(bob, ``), "CreateModelArtsAgency", []string{"DeleteAgency"}},
		{setBucket, buckets(first0 + second1), "UpdateBucketAuthorized", []string{"UpdateBucketAuthorized"}},
		{makeTeam, account(``), "CreateAgency", []string{"DeleteAgency"}},
		{changeTeam, account(team(reader)), "UpdateAgency", []string{"UpdateAgency"}},
		{setRole, account(team(reader)), "AssociateAgencyWithDomainPermission", []string{"RemoveDomainPermissionFromAgency"}},
		{setAlice, rows(bob), "CreateAuthorization", []string{"DeleteAuthorizations"}},
		{setAlice, rows(alice), "CreateAuthorization", []string{"CreateAuthorization"}},
		{setAll, rows(alice + `,` + bob), "CreateAuthorization", []string{"DeleteAuthorizations", "CreateAuthorization", "CreateAuthorization"}},
	} {
		for _, do := range []string{"reset", "truncate"} {
			for _, lost := range slices.Compact(slices.Clone(c.back)) {
				t.Run(fmt.Sprint(do, " ", c.there, " and ", lost), func(t *testing.T) {
					t.Parallel()
					w := begin(t, seed(c.here, ``), load(t, c.plan))
					before := w.state()
					w.fault(fmt.Sprintf(`{"operation": %q, "when": "after", "do": %q}`, c.there, do))
					p := w.process(w.runs())
					run := p.apply()
					assert.Equal(t, journal.ClosedDone, run.Closed, run.Why)
					assert.Equal(t, journal.Adopted, parts(run)[0].How)
					assert.Equal(t, []string{c.there}, w.writes(), "it is sent once")
					assert.Equal(t, []string{c.there}, w.changes())

					w.forget()
					w.fault(fmt.Sprintf(`{"operation": %q, "when": "after", "do": %q}`, lost, do))
					run, _ = p.rollback()
					assert.Equal(t, journal.ClosedRolledBack, run.Closed)
					assert.Equal(t, c.back, w.changes())
					assert.Empty(t, w.wasNot(before))
				})
			}
		}
	}
}

// What no read can settle is said to be unknown. A resume may send it again, because its step accepts that it cannot be
// undone, and what it does is the same.
func TestALostReplyThatNothingCanReadIsSaidToBeUnknown(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"before", "after"} {
		w := begin(t, seed(granted(`"second"`), ``), load(t, grant))
		w.fault(fmt.Sprintf(`{"operation": "RegisterBucket", "when": %q, "do": "reset"}`, when))
		p := w.process(w.runs())
		run := p.apply()
		assert.Equal(t, journal.Paused, run.Mode)
		assert.Equal(t, int(engine.ExitUnknown), run.Exit)
		assert.Equal(t, []string{"RegisterBucket"}, w.writes(), "it is not sent again unasked")
		assert.Equal(t, journal.ClosedDone, p.resume().Closed)
		assert.Equal(t, []string{"RegisterBucket"}, w.changes())
		assert.Empty(t, w.standsNot(granted(`"first", "second"`), ``))
	}
}

// An access key that is replaced is lost. Such a write is not sent twice unless a person says that it did not act.
func TestAWriteThatCannotBeTakenBackIsSentAgainOnlyOnAPersonsWord(t *testing.T) {
	t.Parallel()
	w := begin(t, seed(rows(aliceKey), ``), load(t, strings.Replace(setAlice, ", with:", ", irreversible: accept, with:", 1)))
	w.fault(`{"operation": "CreateAuthorization", "do": "reset"}`)
	p := w.process(w.runs())
	for _, run := range []*journal.Run{p.apply(), p.resume()} {
		assert.Equal(t, journal.Paused, run.Mode)
		assert.Equal(t, int(engine.ExitUnknown), run.Exit)
		assert.Len(t, w.writes(), 1)
	}
	run := p.resume(engine.Assumption{Step: "alice"})
	assert.Equal(t, journal.ClosedDone, run.Closed)
	assert.Equal(t, []string{"CreateAuthorization"}, w.changes())
}

// Without the author's word, what cannot be taken back is not begun, and the refusal names the line to add.
func TestWhatCannotBeTakenBackNeedsTheAuthorsWord(t *testing.T) {
	t.Parallel()
	for _, text := range []string{setAlice, strings.Replace(grant, ", irreversible: accept", "", 1)} {
		w := begin(t, seed(rows(aliceKey), ``), load(t, lines(setRoles, text)))
		p := w.process(w.runs())
		_, err := p.engine.Apply(t.Context(), p.job, yes)
		var refusal *engine.Refusal
		require.ErrorAs(t, err, &refusal)
		assert.Equal(t, engine.ExitWrong, refusal.Exit)
		assert.Contains(t, refusal.Message, "irreversible: accept")
		assert.Empty(t, w.writes())
	}
}

// A new agency may take minutes to turn up. A write that died with its process and can be sent again is, at once.
func TestAWriteThatMayBeSentAgainWaitsForNothingToTurnUp(t *testing.T) {
	t.Parallel()
	w := begin(t, seed(agencies(bob, ``), ``), load(t, makeAgency))
	w.process(w.runs()).apply()
	k := 1 + slices.IndexFunc(w.requests(), func(r request) bool { return !r.looks() })
	w = begin(t, seed(agencies(bob, ``), ``), w.plan)
	p := w.process(w.killed(w.runs(), k, false, apply))
	began := time.Now()
	assert.Equal(t, journal.ClosedDone, p.resume().Closed)
	assert.Less(t, time.Since(began), time.Minute)
	assert.Equal(t, []string{"CreateModelArtsAgency"}, w.changes())
}

// An undo of many calls that is refused half-way has taken rows away that it did not bring back. The next rollback does
// not take that for others' doing.
func TestWhatHalfAnUndoTookAwayIsBroughtBackByTheNext(t *testing.T) {
	t.Parallel()
	w := begin(t, seed(rows(alice+`,`+bob+`,`+carol), ``), load(t, setAll))
	before := w.state()
	p := w.process(w.runs())
	require.Zero(t, p.apply().Exit)
	w.fault(`{"operation": "CreateAuthorization", "nth": 2, "do": "status", "status": 403, "error_code": "ModelArts.0108"}`)
	run, left := p.rollback()
	assert.Equal(t, int(engine.ExitResidue), run.Exit)
	assert.NotEmpty(t, left)
	run, left = p.rollback()
	assert.Equal(t, journal.ClosedRolledBack, run.Closed)
	assert.Empty(t, left)
	assert.Equal(t, before, w.state())
}

// The documents do not say whether ModelArts' POST for everybody overwrites the rows of single users, and an access key that
// it overwrites is lost. Who asks for what can be put back is not given that.
func TestWhatMayBeLostForGoodIsNotCalledReversible(t *testing.T) {
	t.Parallel()
	w := begin(t, seed(rows(`{"user_id": "carol", "type": "credential", "content": "AKOFCAROL"}, {"user_id": "all-users", "content": "old"}`), ``), load(t, setAll))
	p := w.process(w.runs())
	reverse := p.preview().Part("all").Reverse
	require.NotNil(t, reverse)
	assert.False(t, reverse.Exact())
	p.job.Options.Reversible = true
	_, err := p.engine.Apply(t.Context(), p.job, yes)
	assert.ErrorContains(t, err, "the access key of Carol is lost")
	assert.Empty(t, w.writes())
}
