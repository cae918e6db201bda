package sabotage

// journalBugs are about what must be on the disk, and about what must not be believed of it.
var journalBugs = []bug{
	{
		name: "nothing-is-synced", by: "TestSyncFails",
		edit: edit{"engine/journal/file.go", `	if err := j.file.Sync(); err != nil {
		return j.fail(disk(`, `	if err := error(nil); err != nil {
		return j.fail(disk(`},
	},
	{
		name: "a-failed-sync-is-tried-again", by: "TestAFaultAtEveryCall",
		edit: edit{"engine/journal/file.go", `	if err := j.file.Sync(); err != nil {
		return j.fail(disk(`, `	err = j.file.Sync()
	if err != nil {
		err = j.file.Sync()
	}
	if err != nil {
		return j.fail(disk(`},
	},
	{
		name: "a-poisoned-journal-takes-records", by: "TestSyncFails",
		edit: edit{"engine/journal/file.go", `	if err := j.Err(); err != nil {
		return err
	}
	if err := j.append(recs)`, `	if err := j.append(recs)`},
	},
	{
		name: "a-failed-append-does-not-poison", by: "TestDiskFullMidway",
		edit: edit{"engine/journal/file.go", `		return j.fail(err)
	}
	return nil
}

func (j *Journal) append(`, `		return err
	}
	return nil
}

func (j *Journal) append(`},
	},
	{
		name: "the-runs-own-directory-is-not-synced", by: "TestACrashAtEveryCall",
		edit: edit{"engine/journal/file.go", `	return j.folder.disk.SyncDir(j.dir)`, `	return nil`},
	},
	{
		name: "the-name-of-the-run-is-not-synced", by: "TestACrashAtEveryCall",
		edit: edit{"engine/journal/file.go", `if err = f.disk.SyncDir("runs"); err == nil {`, `if err == nil {`},
	},
	{
		name: "the-header-is-not-synced", by: "TestACrashAtEveryCall",
		edit: edit{"engine/journal/file.go", `	if err := j.file.Sync(); err != nil {
		return err
	}
	return j.folder.disk.SyncDir(j.dir)`, `	return j.folder.disk.SyncDir(j.dir)`},
	},
	{
		name: "a-side-file-is-named-before-it-is-durable", by: "TestACrashAtEveryCall",
		edit: edit{"engine/journal/file.go", `	if err == nil {
		err = out.Sync()
	}
`, ``},
	},
	{
		name: "the-checksum-is-ignored", by: "TestAFlipOfEveryBit",
		edit: edit{"engine/journal/frame.go", `	return f, data[end] == '\n' && checksum(data[18:26], f.payload) == sum`, `	_ = sum
	return f, data[end] == '\n'`},
	},
	{
		name: "the-length-is-ignored", by: "TestAFlipOfEveryBit",
		edit: edit{"engine/journal/frame.go", `	end := headSize + int(size)
	f := `, `	end := headSize + max(0, bytes.IndexByte(data[headSize:], '\n'))
	f := `},
	},
	{
		name: "the-chain-is-ignored", by: "TestRecordsMoved",
		edit: edit{"engine/journal/contents.go", `	case l.prev != c.prev:`, `	case false:`},
	},
	{
		name: "the-content-of-a-side-file-is-ignored", by: "TestBlobChanged",
		edit: edit{"engine/journal/blob.go", `hex.EncodeToString(sum[:]) != name {`, `hex.EncodeToString(sum[:]) == "" {`},
	},
	{
		name: "a-suspected-write-keeps-an-old-outcome", by: "TestASuspectedWriteHasNoOutcome",
		edit: edit{"engine/journal/run.go", `p.Outcome, p.Error = "", nil // those`, `p.Error = nil // those`},
	},
	{
		name: "a-key-that-stands-twice-is-read", by: "TestOnlyTheJSONThatIsWrittenIsRead",
		edit: edit{"engine/journal/strict.go", `	case *set&f.bit != 0:`, `	case false:`},
	},
	{
		name: "damage-in-the-middle-is-cut-off", by: "TestByteChangedInside",
		edit: edit{"engine/journal/contents.go", `if at < 0 || c.isTorn(at) {`, `if at < 0 || c.run != "" {`},
	},
	{
		name: "a-torn-tail-is-not-kept", by: "TestKilledInsideARecord",
		edit: edit{"engine/journal/recover.go", `	if c.torn > 0 { // 2`, `	if c.torn > maxPayload { // 2`},
	},
	{
		name: "a-torn-tail-is-not-cut", by: "TestWhatWasCutOffDoesNotComeBack",
		edit: edit{"engine/journal/recover.go", `	if c.torn > 0 { // 4`, `	if c.torn > maxPayload { // 4`},
	},
	{
		name: "zeros-at-the-end-are-half-a-record", by: "TestPowerCutLeavesZeros",
		edit: edit{"engine/journal/contents.go", `len(bytes.TrimRight(c.tail, "\x00"))`, `len(c.tail)`},
	},
	{
		name: "a-closed-run-keeps-its-zeros", by: "TestSpaceIsHeldUntilTheRunCloses",
		edit: edit{"engine/journal/reserve.go", `		_ = j.file.Truncate(j.size)
`, `		_ = j.file.Truncate(j.long)
`},
	},
	{
		name: "the-length-grows-beyond-the-space", by: "TestTheLengthStaysWithinTheSpace",
		edit: edit{"engine/journal/file.go", `min(end+ahead, space)`, `max(end+ahead, space)`},
	},
	{
		name: "a-reader-looks-once", by: "TestAReaderIsOvertakenByTheWriter",
		edit: edit{"engine/journal/contents.go", `	if overtaken {`, `	if overtaken && c.run == "" {`},
	},
	{
		name: "a-window-ends-the-journal", by: "TestManyLinesAreReadInOrder",
		edit: edit{"engine/journal/contents.go", `		case ended:`, `		case ended || len(c.tail) < longest:`},
	},
	{
		name: "a-cut-tail-suspects-nobody", in: "./cmd/writ", by: "TestScripts/damage",
		edit: edit{"engine/journal/run.go", `		r.suspect(rec.At)
`, ``},
	},
	{
		name: "a-cut-is-not-synced", by: "TestWhatWasCutOffDoesNotComeBack",
		edit: edit{"engine/journal/recover.go", `	return disk("sync", j.at(journalName), j.file.Sync())
`, `	return nil
`},
	},
	{
		name: "recovery-trusts-what-a-failed-sync-left", by: "TestWhatAFailedSyncLostIsWrittenOnceMore",
		edit: edit{"engine/journal/recover.go", `if c.sure < c.good { // 3`, `if c.sure > c.good { // 3`},
	},
	{
		name: "no-space-is-set-aside", by: "TestDiskFullBeforeTheRun",
		edit: edit{"engine/journal/file.go", `	if err := j.Reserve(reserve); err != nil {
		return err
	}
`, ``},
	},
	{
		name: "the-space-is-given-back-at-a-pause", by: "TestSpaceIsHeldUntilTheRunCloses",
		edit: edit{"engine/journal/file.go", `	if j.closed && j.Err() == nil {`, `	if j.Err() == nil {`},
	},
	{
		name: "unlocking-removes-the-lock-file", by: "TestATargetHasOneHolder",
		edit: edit{"engine/journal/lock.go", `	_ = l.folder.disk.Remove(l.name + ".json")
`, `	_ = l.folder.disk.Remove(l.name + ".json")
	_ = l.folder.disk.Remove(l.name + ".lock")
`},
	},
	{
		name: "a-link-is-followed", by: "TestForeignHands",
		edit: edit{"engine/journal/folder.go", `	case info.Mode()&fs.ModeSymlink != 0:
		return &UnsafeError{path, "is a symbolic link"}
	case info.Mode().Type() != want:`, `	case info.Mode().Type() != want && info.Mode()&fs.ModeSymlink == 0:`},
	},
	{
		name: "others-may-read-the-journal", by: "TestModesDoNotDependOnTheUmask",
		edit: edit{"engine/journal/disk_os.go", `opened.Chmod(0o600); err != nil { // whatever`, `opened.Chmod(0o644); err != nil { // whatever`},
	},
	{
		name: "a-second-look-becomes-what-stood-before", in: "./engine", by: "TestAFanOutThatActedOnSomeIsSentAgainAndPutBackWhole",
		edit: edit{"engine/journal/progress.go", `	// What an attempt may have changed is no longer what stood before: the first intent's before is the one to restore.
	if !p.MayAct {
		p.Before = rec.Before
	}
	p.Warnings`, `	p.Before = rec.Before
	p.Warnings`},
		also: []edit{{"engine/journal/progress.go", `	if !p.MayAct {
		p.Before = rec.Before
	}
	p.Goal = rec.Goal
`, `	p.Before, p.Goal = rec.Before, rec.Goal
`}},
	},
	{
		name: "what-a-killed-process-intended-counts-as-done", in: "./engine/sim", by: "TestEveryPairOfDeaths", args: pairs,
		edit: edit{"engine/journal/run.go", `			p.Phase = PhaseDoubt
			p.lose(mayHaveSent(p.Sent, at, r.Nodes[p.Node].Timeout))
`, `			p.Phase, p.Acted = PhaseWaiting, true
`},
	},
	{
		name: "what-a-killed-process-intended-counts-as-not-sent", in: "./engine/sim", by: "TestEveryPairOfDeaths", args: pairs,
		edit: edit{"engine/journal/run.go", `			p.Phase = PhaseDoubt
			p.lose(mayHaveSent(p.Sent, at, r.Nodes[p.Node].Timeout))
`, `			p.Phase, p.MayAct = PhaseReady, p.Acted
`},
	},
	{
		name: "a-lost-call-is-waited-for-one-timeout-only", in: "./engine", by: "TestAWriteThatComesLateIsUndoneBeforeTheRunCloses",
		edit: edit{"engine/journal/progress.go", `	return last.Add(2 * timeout)`, `	return last.Add(timeout)`},
	},
}

// pairs are as many of the simulator's pairs of deaths as show a bug that is about any of them.
var pairs = []string{"-every", "300"}
