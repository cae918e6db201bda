// Package journal knows what happened in a run, and keeps it on disk so that a crash loses nothing that was acted on.
// It knows no plan, no graph and no cloud, and it decides nothing: it does not know when a record is due, and what a
// record means for the cloud is for others to find out. Libraries for logs were weighed; none has an answer to a
// failed sync, to a full disk and to a person who wants to read the file.
//
// # Layout
//
//	.writ/                             a Folder
//	  runs/<run>/journal               a Journal
//	  runs/<run>/journal.torn-<n>      what recovery cut off
//	  runs/<run>/blobs/<sha256>        records over 64 KiB, and whatever else is put beside the journal
//	  runs/<run>/reserve               space set aside, where the file system cannot do that inside the journal
//	  locks/<target>.lock, .json       a Lock, and what its holder tells of itself
//
// A journal is text: a header, then a line for each record.
//
//	writ-journal 1 <run> <32 hex digits of chance>
//	<length> <checksum> <number> {"k":"step.intent","prev":"<16 hex digits>","synced":<number>, … }
//
// Length, checksum and number are eight hex digits each, in lower case. The length is that of the JSON in bytes, the
// checksum is the CRC-32C of the digits of the number followed by the JSON, and numbers count from 1. Prev is the
// first 64 bits of the SHA-256 of the line before, with its newline; for the first record that is the header. Synced
// is the last record that was known to be durable when the line was written, 0 for none; the lines of an older writ
// do not tell. The JSON has no blanks, no key twice and no key that this writ does not know. A record larger than
// 64 KiB lies in a blob, and its line is {"k":…,"prev":…,"synced":…,"blob":"sha256:…","size":…}.
//
// While a run is not closed, up to 64 KiB of zeros stand behind the last line: the file is made longer ahead of what is
// written, since a sync that need not write a new length takes three quarters of the time. They are no record and no
// damage, and whoever closes the run takes them away, unless a crash comes between.
//
// # Assumptions
//
// What Sync was told to keep, the disk keeps, unless the disk itself fails. Before that, any part of what was written
// may be missing after a power cut, or be zeros, or be anything; but what lies between whole parts of it is missing in
// blocks of 512 bytes or a multiple of that, which then hold what they held before. A rename is done or not done. The
// kernel drops the locks of a process that ends, however it ends. Whoever writes a journal holds the target's lock. Linux and macOS are as good
// as this; Windows cannot make the names in a directory durable. The checksum is against accidents, the chain
// against edits by somebody who does not work at it; nothing here is proof against an adversary with our rights, and
// records removed from the end, at a line's end, leave no trace but a cloud that knows better.
//
// # Cases
//
// Each is a test of the given name.
//
//   - The process is killed between two records: all that was appended is there. TestKilledBetweenRecords
//   - It is killed inside a write: the file ends at any byte of it. The whole records count, the rest is cut off and
//     kept aside. TestKilledInsideARecord
//   - It is killed while it creates a run: there is no run. TestKilledInsideCreate
//   - It is killed before the first record is written: there is a run, without records. TestKilledBeforeTheFirstRecord
//   - It is killed while it recovers: recovery is done again, and what it told is told once. TestKilledInRecovery
//   - It is killed while it holds a lock: the lock is free. TestHolderIsKilled
//   - The power fails: zeros stand where a record was to be, as they stood there before. They are no record.
//     TestPowerCutLeavesZeros
//   - The power fails: something else stands there. It is cut off like half a record. TestPowerCutLeavesGarbage
//   - The power fails, and of what was not synced a later part arrived and an earlier did not: all of it from there on
//     is cut off like half a record. TestPowerCutLeavesAHole
//   - There is such a hole, and a later record knows that what stood there was synced, or the hole is not one of whole
//     blocks: refused. TestAHoleInWhatWasSynced
//   - There is one in the journal of an older writ, which does not tell what was synced: refused.
//     TestAHoleInTheJournalOfAnOlderWrit
//   - The power fails at any call, or the process is killed there, and again in the recovery: the records are those that
//     were written, from the first on, and all that were synced. TestACrashAtEveryCall
//     TestACrashInTheRecoveryFromACrash
//   - Any one call to the disk fails: as before, and the journal takes no more. TestAFaultAtEveryCall
//   - The disk is full before the run: the run is not begun. TestDiskFullBeforeTheRun
//   - The disk fills up, and the process is killed: the run goes on in the space that was set aside for it, and comes
//     to its end. TestDiskFullBehindTheRun TestARunFinishesOnAFullDisk
//   - The disk cannot be written: runs can be read, and nothing is begun. TestAReadOnlyDisk
//   - The disk is full in the middle, or a write fails or is short: the journal is poisoned, and takes nothing more.
//     TestDiskFullMidway
//   - A sync fails: the journal is poisoned. The next process may read records that are in the system's memory only.
//     It writes them once more, in their place, and syncs that: a system that took them for written knows better now.
//     TestSyncFails TestWhatAFailedSyncLostIsWrittenOnceMore
//   - Somebody reads while records are written, and sees the place of one before it is written and what is written after
//     that: it looks again. TestAReaderIsOvertakenByTheWriter
//   - A byte changes in the middle: refused, with the place. TestByteChangedInside TestAFlipOfEveryBit
//   - A byte changes in the last record: that record is cut off, as it cannot be told from a torn one.
//     TestByteChangedInTheLastRecord
//   - Records are doubled, swapped, left out or taken from another run: refused. TestRecordsMoved
//     TestEveryRecordMoved
//   - The journal is gone, or empty: refused, not begun anew. TestJournalMissing
//   - A blob is gone or changed: refused. TestBlobChanged
//   - A newer writ wrote the journal: refused, untouched. TestNewerFormat
//   - The folder, or something in it, belongs to others, can be written by them, or leads elsewhere: refused.
//     TestForeignHands
//   - The folder holds other things and nothing of writ's: refused, untouched. TestAFolderOfOthersIsLeftAlone
//
// # Recovery
//
//  1. Read all records. Stop at the first line that is not whole. If whole lines with a higher number stand anywhere
//     behind it, the file is damaged: refuse, unless a block before the first of these is zeros and each of them tells
//     that no later record was synced than those that were read.
//  2. Unless it is only zeros, copy what stands behind the last whole record to a new file, and sync that.
//  3. Write what no record tells to be synced once more, in its place: a sync of it may have failed.
//  4. Cut what was copied off, and sync that, so that it cannot come back behind what is written next. Zeros alone stay:
//     they are written over.
//  5. For each copy that no record of type segment.open tells of, append one.
//  6. Sync, so that all that was read is on the disk before anything is done about it.
//
// A crash before step 4 leaves a copy, which is found again; one after it leaves a copy that no record tells of, so
// step 5 is done when recovery runs next.
package journal
