package cloud

import (
	"errors"
	"sync"

	"writ/engine/step"
)

// door lets one call through alone until the service has accepted its credentials, and none once it has refused them:
// a few bad signatures in a row lock an access key for minutes.
type door struct {
	mu      sync.Mutex
	known   bool // some answer has accepted the credentials
	refused bool
}

var errRefused = errors.New("the credentials were refused before; nothing more is sent with them")

// enter answers what is to be called with the call's outcome.
func (d *door) enter() (leave func(error), err error) {
	d.mu.Lock()
	if d.refused {
		d.mu.Unlock()
		return nil, errRefused
	}
	if !d.known {
		return func(err error) { d.note(err); d.mu.Unlock() }, nil
	}
	d.mu.Unlock()
	return func(err error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.note(err)
	}, nil
}

func (d *door) note(err error) {
	switch {
	case step.IsClass(err, step.Unauthenticated):
		d.refused = true
	case err == nil || step.ErrorOf(err).Status != 0:
		d.known = true
	}
}
