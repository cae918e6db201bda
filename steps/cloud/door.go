package cloud

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"writ/engine/step"
)

// door lets one call through alone until the service has accepted its credentials, and none once it has refused them:
// a few bad signatures in a row lock an access key for minutes.
type door struct {
	alone   mutex
	known   atomic.Bool // some answer has accepted the credentials
	refused atomic.Bool
}

var errRefused = errors.New("the credentials were refused before; nothing more is sent with them")

// verdict is what an outcome says of the credentials.
type verdict int

const (
	unclear verdict = iota // it proves nothing
	accepted
	refused
)

// enter answers what is to be called with the verdict.
func (d *door) enter(ctx context.Context) (leave func(verdict), err error) {
	if d.refused.Load() {
		return nil, errRefused
	}
	if d.known.Load() {
		return d.note, nil
	}
	if err := d.alone.lock(ctx); err != nil {
		return nil, err
	}
	if d.known.Load() || d.refused.Load() {
		d.alone.unlock()
		return d.enter(ctx)
	}
	return func(v verdict) { d.note(v); d.alone.unlock() }, nil
}

func (d *door) note(v verdict) {
	switch v {
	case refused:
		d.refused.Store(true)
	case accepted:
		d.known.Store(true)
	}
}

// verdictOf takes for an acceptance only a success and a refusal of the call's content. All else may come from somebody
// who has not looked at the credentials: a throttle, a gateway that knows no such call or whose backend is away, a page in
// between.
func verdictOf(err error) verdict {
	if err == nil {
		return accepted
	}
	e := step.ErrorOf(err)
	switch {
	case e.Class == step.Unauthenticated:
		return refused
	case e.Status < 400, e.Status >= 500, e.Class == step.Throttled, strings.HasPrefix(gatewayCode(e.Code), "APIGW.01"):
		return unclear
	}
	return accepted
}
