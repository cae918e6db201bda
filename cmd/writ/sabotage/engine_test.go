package sabotage

// engineBugs are about what is sent, when, how often, and what is made of the answer.
var engineBugs = []bug{
	{
		name: "an-intent-is-not-synced", by: "TestNoWriteLeavesBeforeItsIntentIsDurable",
		edit: edit{"engine/driver.go", `	case journal.StepEvaluate, journal.StepObserve, journal.StepWake:`, `	case journal.StepEvaluate, journal.StepObserve, journal.StepWake, journal.StepIntent:`},
	},
	{
		name: "the-call-leaves-before-the-sync", by: "TestNoWriteLeavesBeforeItsIntentIsDurable",
		edit: edit{"engine/driver.go", `		if err == nil {
			err = d.flush()
		}
		if err != nil {
			return d.abandon(err)
		}
		for _, c := range pending {
			d.launch(c)
		}
`, `		for _, c := range pending {
			d.launch(c)
		}
		if err == nil {
			err = d.flush()
		}
		if err != nil {
			return d.abandon(err)
		}
`},
	},
	{
		name: "the-intent-is-recorded-with-the-outcome", by: "TestNoWriteLeavesBeforeItsIntentIsDurable",
		edit: edit{"engine/driver.go", `				recs, pending = []journal.Record{intent(c.Part)}, append(pending, c)`, `				recs = []journal.Record{intent(c.Part)}
				d.launch(c)`},
	},
	{
		name: "an-undo-leaves-before-the-sync", by: "TestNoWriteLeavesBeforeItsIntentIsDurable",
		edit: edit{"engine/driver.go", `				pending = append(pending, c)
			case schedule.Read:`, `				d.launch(c)
			case schedule.Read:`},
	},
	{
		name: "success-is-told-before-it-is-durable", in: "./engine/sim", by: "TestEveryPairOfDeaths", args: pairs,
		edit: edit{"engine/driver.go", `	if err := d.record(rec); err != nil {
		return err
	}
	return d.flush()
}`, `	if err := d.record(rec); err != nil {
		return err
	}
	d.show()
	return d.flush()
}`},
	},
	{
		name: "no-space-is-set-aside-for-instances", by: "TestWhatInstancesWriteHasItsSpaceBeforeTheFirstIsSent",
		edit: edit{"engine/driver.go", `more <= 0 {`, `more <= 1<<20 {`},
	},
	{
		name: "a-lost-answer-counts-as-a-refusal-and-is-sent-again", by: "TestALostCreationIsNotSentAgain",
		edit: edit{"engine/write.go", `	case step.UnknownOutcome, step.Internal:`, `	case step.Internal:`},
		also: []edit{{"engine/write.go", `	if rec.Error.Retryable() &&`, `	if (rec.Error.Retryable() || rec.Error.Class == step.UnknownOutcome) &&`}},
	},
	{
		name: "a-lost-answer-counts-as-success", by: "TestALostReplyIsSettledByReading",
		edit: edit{"engine/write.go", `		rec.Outcome, rec.Sent = journal.Unknown, sent`, `		rec.Outcome, rec.Sent = journal.OK, sent`},
	},
	{
		name: "a-write-is-not-read-back", by: "TestAReadBackThatIsRefusedForNowPauses",
		edit: edit{"engine/settle.go", `	found, state, err := d.readBack(`, `	if p.Outcome == journal.OK {
		return d.finished(p, kind, in, p.Goal)
	}
	found, state, err := d.readBack(`},
	},
	{
		name: "what-is-read-back-is-not-looked-at", by: "TestSomebodyElseMeddlingStopsTheRun",
		edit: edit{"engine/settle.go", `	case found == journal.FoundGoal:
		return []journal.Record{rec}
	case found == journal.FoundOther:`, `	case found != "":
		rec.Found = journal.FoundGoal
		return []journal.Record{rec}
	case found == journal.FoundOther:`},
	},
	{
		name: "a-stale-read-back-is-final", by: "TestAReadThatLagsBehindIsReadAgainUntilItSettles",
		edit: edit{"engine/settle.go", `readUntil(ctx, c, kind, in, c.Part.Doubt.Settle, func`, `readUntil(ctx, c, kind, in, 0, func`},
	},
	{
		name: "already-so-is-taken-for-ours", by: "TestWhatSomebodyElseDidInTheMeantimeIsNotUndone",
		edit: edit{"engine/settle.go", `	case found == journal.FoundGoal && already && !p.Lost:`, `	case found == journal.FoundGoal && already && p.Lost:`},
	},
	{
		name: "already-so-is-believed-unread", by: "TestAlreadySoThatIsNotSoFailsTheStep",
		edit: edit{"engine/write.go", `	case step.AlreadySo:
		rec.Outcome = journal.Rejected
		return []journal.Record{rec}`, `	case step.AlreadySo:
		return []journal.Record{rec, {K: journal.StepDone, Step: p.Address, How: journal.Satisfied}}`},
	},
	{
		name: "a-creation-is-sent-twice", by: "TestALostCreationIsNotSentAgain",
		edit: edit{"engine/settle.go", `	case p.Doubt.Class != step.Set && p.Doubt.Class != step.FanOut:`, `	case p.Doubt.Class == step.OneWay:`},
	},
	{
		name: "what-nothing-restores-is-sent-twice", in: "./steps", by: "TestAWriteThatCannotBeTakenBackIsSentAgainOnlyOnAPersonsWord",
		edit: edit{"engine/settle.go", `	case p.Doubt.Class != step.Set && p.Doubt.Class != step.FanOut:`, `	case p.Doubt.Class == step.Create:`},
	},
	{
		name: "what-nobody-can-read-is-sent-twice-at-once", by: "TestAnUnreadableDoubtIsSaidAndSentOnceMore",
		edit: edit{"engine/settle.go", `p.ResumedAt == p.Attempt && d.run.Nodes`, `d.run.Nodes`},
	},
	{
		name: "an-own-change-that-does-not-show-yet-is-missed", by: "TestAnOldPictureOfAnOwnChangeIsSeenThrough",
		edit: edit{"engine/stale.go", `			case field.Fate == step.Back:
				return true, nil`, `			case field.Fate == step.Back:`},
	},
	{
		name: "a-lost-call-takes-the-next-change-away", in: "./engine/sim", by: "TestEveryFault", args: only("late"),
		edit: edit{"engine/stale.go", `return d.outlast(all.calm)`, `return all.calm.IsZero() || true`},
	},
	{
		name: "a-second-rollback-forgets-what-the-first-put-back", by: "TestASecondRollbackKnowsWhatTheFirstPutBack",
		edit: edit{"engine/driver.go", `before, c.Since = d.ownsAt(c.Part), d.undoneAt(c.Part)`, `before = d.ownsAt(c.Part)`},
	},
	{
		name: "an-undo-of-what-was-never-read-back-is-nobodys", by: "TestAnOldPictureOfAnUndoIsSeenThroughWhereNobodyReadTheWriteBack",
		edit: edit{"engine/driver.go", `recs[i].K == journal.StepDone || recs[i].K == journal.UndoDone`, `recs[i].K == journal.StepDone`},
	},
	{
		name: "of-two-undos-the-earlier-counts", in: "./engine", by: "TestAnOldPictureOfAnUndoIsSeenThrough",
		edit: edit{"engine/journal/progress.go", `cmp.Compare(b.Began, a.Began))`, `cmp.Compare(a.Began, b.Began))`},
	},
	{
		name: "damage-hides-a-write-after-the-way-back-began", by: "TestOnTheWayBackNoWriteIsSuspected",
		edit: edit{"engine/journal/run.go", `	if r.Rollback {
		return
	}
`, ``},
	},
	{
		name: "a-call-counts-from-its-intent", by: "TestACallSettlesByWhenItWasSent",
		edit: edit{"engine/journal/progress.go", `	p.Lost, p.Sent = true, later(p.Sent, sent)`, `	p.Lost = true`},
	},
	{
		name: "the-last-look-goes-to-the-first-alone", in: "./steps/torture", by: "TestEveryFault", args: only("late"),
		edit: edit{"engine/schedule/back.go", `&& !looked.Covers(p.Objects) {`, `&& !seen.Touches(p.Objects, p) {`},
	},
	{
		name: "what-others-put-back-since-counts-as-changed", in: "./steps/torture", by: "TestEveryFault", args: []string{"-every", "96"},
		edit: edit{"engine/undo.go", `range undone {`, `range undone[:0] {`},
	},
	{
		name: "a-late-deletion-is-somebody-elses", in: "./steps/torture", by: "TestEveryFault", args: only("late"),
		edit: edit{"engine/late.go", `q.Undo.Adrift > 0 && q.Doubt.Class == step.FanOut {`, `q.Undo.Adrift > 0 && q.Doubt.Class == step.Create {`},
	},
	{
		name: "a-refused-last-look-is-another-undo", in: "./steps/torture", by: "TestEveryFault", args: only("401"),
		edit: edit{"engine/journal/progress.go", `	if u.After != nil {
		return UndoFinished
	}
	return UndoAnswered`, `	return UndoAnswered`},
	},
	{
		name: "retries-end-late", by: "TestRetriesEnd",
		edit: edit{"engine/write.go", `rec.Error.Retryable() && p.Attempt-p.ResumedAt <= n.RetryMax &&`, `rec.Error.Retryable() && p.Attempt-p.ResumedAt <= 2*n.RetryMax &&`},
	},
	{
		name: "the-wait-that-the-service-asks-for-is-ignored", by: "TestThrottledWritesAreSentAgainLaterAndLater",
		edit: edit{"engine/observe.go", `	if e != nil && e.RetryAfter > 0 {
		return e.RetryAfter
	}
`, ``},
	},
	{
		name: "dead-credentials-are-tried-again", by: "TestCredentialsThatEndPauseTheRun",
		edit: edit{"engine/step/error.go", `e.Class == Throttled || e.Class == Unavailable }`, `e.Class == Throttled || e.Class == Unavailable || e.Class == Unauthenticated }`},
		in:   "./engine",
	},
	{
		name: "an-undo-is-not-verified", by: "TestAnUndoInDoubtIsSettledByReading",
		edit: edit{"engine/undo.go", `	if err == nil {
		return []journal.Record{rec}
	}`, `	if err == nil || step.IsClass(err, step.UnknownOutcome) {
		return []journal.Record{rec, {K: journal.UndoDone, Step: p.Address, After: p.Undo.Want}}
	}`},
	},
	{
		name: "others-changes-are-always-overwritten", by: "TestRollbackLeavesAloneWhatOthersChangedSinceAndListsIt",
		edit: edit{"engine/undo.go", `kind, now, d.run.Force)`, `kind, now, true)`},
	},
	{
		name: "a-list-is-put-back-whole", in: "./engine/step", by: "TestMergeKeepsOthersAdditions", args: seeded,
		edit: edit{"engine/step/value.go", `		if has(before, v) || !has(after, v) {`, `		if has(before, v) {`},
	},
	{
		name: "others-changes-are-merged-away", in: "./engine/step", by: "TestMergeTakesBackWhatAStepDidAndNothingElse",
		edit: edit{"engine/step/value.go", `	m.foreign = append(m.foreign, path)
	return now`, `	return before`},
	},
	{
		name: "what-comes-late-is-not-waited-for", by: "TestAWriteThatComesLateIsUndoneBeforeTheRunCloses",
		edit: edit{"engine/late.go", `	if until.IsZero() {`, `	if !until.IsZero() {`},
	},
	{
		name: "what-came-late-stays", by: "TestAWriteThatComesLateIsUndoneBeforeTheRunCloses",
		edit: edit{"engine/late.go", `range lefts { //`, `range lefts[:0] { //`},
	},
	{
		name: "of-two-calls-that-came-late-one-stays", by: "TestOfSeveralWritesThatComeLateAllAreTakenBack",
		edit: edit{"engine/late.go", `			want = merged
`, `			want = merged
			break
`},
	},
	{
		name: "a-late-call-of-a-part-is-somebody-elses", by: "TestOfSeveralWritesThatComeLateAllAreTakenBack",
		edit: edit{"engine/late.go", `if !objectsOf(q).Covers(p.Objects) {`, `if false {`},
	},
	{
		name: "residue-is-no-reason-to-complain", by: "TestResidueIsNamedFieldByField",
		edit: edit{"engine/exit.go", `	case journal.ClosedResidue:
		return ExitResidue`, `	case journal.ClosedResidue:
		return ExitDone`},
	},
	{
		name: "a-pause-in-doubt-looks-like-any-other", by: "TestSomebodyElseMeddlingStopsTheRun",
		edit: edit{"engine/exit.go", `	if anyPart(run, inDoubt) {
		return ExitUnknown
	}
`, ``},
		also: []edit{{"engine/exit.go", `func inDoubt(`, `var _ = inDoubt

func inDoubt(`}},
	},
	{
		name: "the-last-look-comes-too-soon", by: "TestWhatShowsAtTheLastMomentIsSeen",
		edit: edit{"engine/settle.go", `!asked.Before(deadline) {`, `!asked.Add(wait).Before(deadline) {`},
	},
	{
		name: "what-was-held-by-a-late-call-stays", in: "./engine", by: "TestWhatALateCallWasInTheWayOfIsPutBackAfterIt",
		edit: edit{"engine/schedule/back.go", `b.again && p.Undo.Retries() {`, `b.again && p.Undo.Retries() && false {`},
	},
	{
		name: "an-old-picture-ends-an-undo", by: "TestAnOldPictureEndsNoUndo",
		edit: edit{"engine/undo.go", `err != nil || asBefore && d.clock`, `err != nil || !patient && false && d.clock`},
	},
	{
		name: "an-old-picture-of-what-nobody-read-back-ends-an-undo", by: "TestAnOldPictureEndsNoUndo",
		edit: edit{"engine/undo.go", `		return p.Undo.Sent.Add(p.Doubt.Settle)`, `		return time.Time{}`},
	},
	{
		name: "a-call-counts-as-sent-with-its-intent", by: "TestACallSettlesByWhenItWasSent",
		edit: edit{"engine/journal/progress.go", `	if sent.After(intended) {`, `	if intended.After(sent) {`},
	},
	{
		name: "an-undo-is-sent-for-nothing", in: "./engine/sim", by: "TestEveryFault",
		edit: edit{"engine/undo.go", `	case same:`, `	case same && p.Undo.Attempt > 0:`},
	},
	{
		name: "resume-takes-no-lock", by: "TestWhileARunIsUnderWayNobodyElseBegins",
		edit: edit{"engine/resume.go", `e.Folder.Lock(target.String(), id,`, `e.Folder.Lock(id, id,`},
	},
	{
		name: "an-unfinished-run-is-overlooked", by: "TestASecondApplyIsRefusedWhileARunIsNotOver",
		edit: edit{"engine/apply.go", `	if open := unclosed(history); open != nil {`, `	if open := unclosed(history); open != nil && open.Mode == journal.Over {`},
	},
	{
		name: "resume-takes-an-edited-plan", by: "TestResumeRefusesAnEditedPlan",
		edit: edit{"engine/resume.go", `!bytes.Equal(now, src)`, `bytes.Equal(now, nil)`},
	},
	{
		name: "a-stale-preview-is-applied", by: "TestAStalePreviewFailsBeforeTheFirstWrite",
		edit: edit{"engine/observe.go", `	if d.agreed == nil {
		return false`, `	if d.agreed != nil {
		return false`},
	},
	{
		name: "a-saved-preview-is-good-for-anybody", by: "TestASavedPreviewIsForWhomItWasMade",
		edit: edit{"engine/saved.go", `func (i Identity) same(now Identity) error {
`, `func (i Identity) same(now Identity) error {
	i = now
`},
	},
	{
		name: "keys-that-were-right-once-vouch-for-others", by: "TestQuickLooksAtKeysOnce",
		edit: edit{"engine/plan/quick.go", `	if q.keys[string(keys)] {`, `	if len(q.keys) > 0 {`},
	},
	{
		name: "what-an-expression-comes-to-is-not-checked", by: "TestResolvedArgumentsAreCheckedOnceMore",
		edit: edit{"engine/plan/check_run.go", `	if literal && s.checks.strict {`, `	if literal || s.checks.strict {`},
	},
	{
		name: "forms-that-exclude-each-other-are-never-told-apart", by: "TestArgumentsOfOneFormAreCheckedOnceMoreThoughNothingIsWorkedOut",
		edit: edit{"engine/plan/compose.go", "!bytes.Contains(k.Schema, []byte(`\"oneOf\"`))", "bytes.Contains(k.Schema, nil)"},
	},
	{
		name: "a-condition-is-no-reason-to-look-at-outputs", in: "./engine", by: "TestASkippedParentSatisfiesNeedsAndSkipsWhatReadsIt",
		edit: edit{"engine/plan/value.go", ` && !s.If.hasTemplate()`, ``},
	},
	{
		name: "what-a-panic-says-is-journaled", by: "TestAPanicIsAnInternalErrorAndShowsNoValues",
		edit: edit{"engine/driver.go", `		if recover() != nil {
			recs = panicked(c)
		}`, `		if said := recover(); said != nil {
			if recs = panicked(c); recs[0].Error != nil {
				recs[0].Error.Message = fmt.Sprint(said)
			}
		}`},
	},
	{
		name: "a-secret-prints-itself", in: "./engine/step", by: "TestNoVerbPrintsASecret",
		edit: edit{"engine/step/secret.go", `func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }`, `func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Reveal()) }`},
	},
}

// only has every place of the enumerations, and one fault.
func only(fault string) []string { return []string{"-every", "1", "-fault", fault} }

// seeded makes a property's examples the same each time, and leaves no file of one that failed.
var seeded = []string{"-rapid.seed=1", "-rapid.nofailfile"}

// scheduleBugs are about what may begin, and in which order.
var scheduleBugs = []bug{
	{
		name: "a-child-begins-with-its-first-parent", by: "TestWhateverHappensTheLawsHold", args: seeded,
		edit: edit{"engine/schedule/schedule.go", `s.waiting[child]--; s.waiting[child] == 0 && !s.asked[child]`, `s.waiting[child]--; s.waiting[child] >= 0 && !s.asked[child]`},
	},
	{
		name: "new-steps-begin-after-a-failure", in: "./engine", by: "TestAStalePreviewFailsBeforeTheFirstWrite",
		edit: edit{"engine/schedule/schedule.go", `		s.drain = s.drain || s.policy(p) != "continue"`, `		s.drain = s.drain || s.policy(p) == "stop"`},
	},
	{
		name: "new-steps-begin-after-a-doubt", in: "./engine", by: "TestNothingNewBeginsWhileOneIsInDoubt",
		edit: edit{"engine/schedule/schedule.go", `	case journal.PhaseStuck, journal.PhaseStalled:
		s.drain = true`, `	case journal.PhaseStalled:
		s.drain = true`},
	},
	{
		name: "two-steps-change-one-object-at-once", by: "TestWhateverHappensTheLawsHold", args: seeded,
		edit: edit{"engine/schedule/queue.go", `		if other, ok := o.taken.Other(key, p); ok {`, `		if other, ok := o.taken.Other(key, p); ok && other == p {`},
	},
	{
		name: "others-touch-what-is-in-doubt", by: "TestADoubtIsSettledBeforeOthersTouchItsObject",
		edit: edit{"engine/schedule/schedule.go", `			if p.Began > 0 && !p.Finished() {`, `			if p.Began > 0 && p.Finished() {`},
	},
	{
		name: "what-is-lost-for-good-goes-first", by: "TestAChangeThatIsLostForGoodWaitsAndIsReadAgain",
		edit: edit{"engine/schedule/hold.go", `	if h.off || h.let[p] || p.Attempt > 0 {`, `	if !h.off || h.let[p] || p.Attempt > 0 {`},
	},
	{
		name: "undo-in-the-order-of-the-start", in: "./engine", by: "TestARunThatFailsPutsEverythingBack",
		edit: edit{"engine/schedule/back.go", `{ return a.Began > b.Began }`, `{ return a.Began < b.Began }`},
	},
	{
		name: "a-parent-is-undone-with-its-first-child", by: "TestARetryThatWakesDuringTheRollbackChangesNothing",
		edit: edit{"engine/schedule/back.go", `b.waiting[parent]--; b.waiting[parent] == 0 {`, `b.waiting[parent]--; b.waiting[parent] >= 0 {`},
	},
	{
		name: "the-last-change-of-an-object-is-not-undone-first", by: "TestWhatTouchedAnObjectLastIsPutBackFirst",
		edit: edit{"engine/schedule/back.go", `last != nil && last.Began > p.Began {`, `last == p && last.Began > p.Began {`},
	},
	{
		name: "a-failed-undo-stops-all-others", in: "./engine", by: "TestAFailedUndoBlocksWhatItFollowsAndNothingElse",
		edit: edit{"engine/schedule/back.go", `			b.blocked[parent] = why
`, `			for i := range b.blocked {
				b.blocked[i] = why
			}
`},
	},
	{
		name: "a-failed-undo-stops-nobody", in: "./engine", by: "TestAFailedUndoBlocksWhatItFollowsAndNothingElse",
		edit: edit{"engine/schedule/back.go", `			b.blocked[parent] = why
`, `			b.blocked[node] = why
`},
	},
	{
		name: "what-was-met-before-is-undone", by: "TestWhateverHappensTheLawsHold", args: seeded,
		edit: edit{"engine/schedule/back.go", `{ return p.MayAct || p.Acted }`, `{ return p.MayAct || p.Acted || p.How == journal.Satisfied }`},
	},
	{
		name: "what-may-have-acted-is-not-undone", in: "./engine/sim", by: "TestEveryPairOfDeaths", args: pairs,
		edit: edit{"engine/schedule/back.go", `{ return p.MayAct || p.Acted }`, `{ return p.Acted }`},
	},
	{
		name: "nobody-looks-once-more", in: "./engine", by: "TestWhatChangesAgainAfterItWasPutBackIsResidue",
		edit: edit{"engine/schedule/back.go", `		if first && !p.Undo.Verified || b.again`, `		if first && p.Undo.Verified || b.again`},
	},
	{
		name: "a-stop-is-not-heard", by: "TestAStopPausesAndTheRunGoesOnAfterIt", args: seeded,
		edit: edit{"engine/schedule/schedule.go", `func (s *Scheduler) Stop() { s.stopped = true }`, `func (s *Scheduler) Stop() { s.drain = true }`},
	},
}
