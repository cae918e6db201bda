// Package engine carries out plans. It turns a plan into a run, previews it, applies it, resumes it after a crash and
// puts everything back. It knows no cloud: what a step does is its kind's business, and it is tested with toy kinds.
//
// The words, one meaning each, here and everywhere else:
//
//	plan     the YAML file; what is asked
//	input    a typed parameter of a plan
//	step     one entry of a plan; has an id and a kind
//	kind     what a step does: mpc.agency, modelarts.authorization
//	effect   the class of a kind: reads, reversible, irreversible
//	preview  what would change, worked out from live reads, changing nothing
//	run      one apply of a plan on one target; has an id and a journal
//	target   cloud, region and project that a run works on
//	record   one line of a journal: something that happened
//	before   what a step's Read found; the value that undo restores
//	undo     putting one step's before back; a run is rolled back, a step is undone
//	residue  what undo could not put back, named field by field
//	settle   finding out, by reading, what an attempt with no known outcome did
//
// A run is its journal. The scheduler (engine/schedule) takes records and answers with commands; the driver in
// driver.go carries the commands out and makes records of what happened; the fold of the records (journal.Run) is the
// run's state, for the scheduler, for every view and for resume. A preview is the same journey with records that
// stay in memory and commands that end at the read.
//
// Files named for verbs are what a user asks for: preview, apply, resume, rollback. The others are what the driver
// does for one command: evaluate, observe, write, settle, await, undo.
//
// The road not taken: a scheduler that calls the cloud itself, or one goroutine a step. Neither can be stopped,
// resumed and tested at every single record.
package engine
