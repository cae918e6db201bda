package mpc

import "writ/engine/step"

// allow lists actions that only identity policies know: MPC has none for custom policies.
func allow(actions ...string) step.Permissions {
	ps := step.Allow(actions...)
	for i := range ps {
		ps[i].Role = "MPC Administrator"
	}
	return ps
}
