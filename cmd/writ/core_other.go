//go:build !linux

package main

// noCore has nothing to do where no limit is known.
func noCore() {}
