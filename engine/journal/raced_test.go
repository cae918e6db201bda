//go:build race

package journal

// Raced tells that the race detector watches: what is enumerated is done without it, where one goroutine does it.
const Raced = true
