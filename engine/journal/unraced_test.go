//go:build !race

package journal

// Raced tells that the race detector watches.
const Raced = false
