//go:build !unix

package main

import "writ/cmd/writ/view"

// suspend has nothing to do where no process is suspended.
func suspend(*view.Block) {}
