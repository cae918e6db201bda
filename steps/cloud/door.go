package cloud

import (
	"context"
	"errors"
	"sync/atomic"

	"writ/engine/step"
)

// door lets one call through alone until the service has accepted its credentials, and none once it has refused them:
// a few bad signatures in a row lock an access key for minutes.
type door struct {
	alone   turn
	known   atomic.Bool // some answer has accepted the credentials
	refused atomic.Bool
}

var errRefused = errors.New("the credentials were refused before; nothing more is sent with them")

// enter answers what is to be called with the call's outcome.
func (d *door) enter(ctx context.Context) (leave func(error), err error) {
	if d.refused.Load() {
		return nil, errRefused
	}
	if d.known.Load() {
		return d.note, nil
	}
	if err := d.alone.take(ctx); err != nil {
		return nil, err
	}
	if d.known.Load() || d.refused.Load() {
		d.alone.leave()
		return d.enter(ctx)
	}
	return func(err error) { d.note(err); d.alone.leave() }, nil
}

func (d *door) note(err error) {
	switch {
	case step.IsClass(err, step.Unauthenticated):
		d.refused.Store(true)
	case err == nil || step.ErrorOf(err).Status != 0:
		d.known.Store(true)
	}
}
