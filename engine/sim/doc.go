// Package sim runs the real engine in a world that is not: a disk, a network, a clock, chance and a cloud of its own, in
// one process and in one goroutine, so that a seed tells all that happens. It is for tests.
//
// Whatever crosses one of those seams is an Event, and events are counted. At each of them the process may die, and the
// disk may be left in each way in which a power cut leaves one; at each call, and at each touch of the disk, something
// may go wrong. A world can be copied at any event, so that a run that is to die at a thousand places is run once.
//
// What went wrong must not matter in the end: a run that is gone on with ends where an undisturbed one ends, and one that
// is rolled back where it began. Case.Judge holds every end to that.
package sim
