//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"

	"writ/cmd/writ/view"
)

// suspend takes the block off the screen before Ctrl-Z stops the process: the shell writes there next.
func suspend(block *view.Block) {
	if signal.Ignored(syscall.SIGTSTP) || sessionID(0) != sessionID(os.Getppid()) { // no shell could go on with it
		return
	}
	stops, goesOn := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(stops, syscall.SIGTSTP)
	signal.Notify(goesOn, syscall.SIGCONT)
	for range stops {
		block.Away(func() {
			_ = syscall.Kill(syscall.Getpid(), syscall.SIGSTOP) // what SIGTSTP does by itself, which is taken now
			<-goesOn
		})
	}
}

func sessionID(pid int) uintptr {
	id, _, _ := syscall.RawSyscall(syscall.SYS_GETSID, uintptr(pid), 0, 0)
	return id
}
