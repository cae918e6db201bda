package cloud

import (
	"context"
	"errors"
	"slices"
	"time"

	"writ/engine/step"
)

// pass is what calls are let through with: credentials that are renewed when it is time, and the door that shuts when
// they are refused. Its functions know the credentials; no field of it holds them.
type pass struct {
	door door
	// current answers credentials that hold for a while yet, as far as they can be had.
	current func(context.Context) (Credentials, error)
	// renewed answers others than those refused, which somebody may have got in the meantime.
	renewed func(ctx context.Context, refused Credentials) (Credentials, error)
}

var errNoRenewal = errors.New("nothing renews these credentials")

type renewal func(ctx context.Context, old Credentials) (Credentials, error)

// newPass makes a pass. Empty credentials are asked of renew when they are needed first; renew may be nil for others.
// It tells learn of each secret it hands out.
func newPass(creds Credentials, renew renewal, clock func() time.Time, learn func(...Secret)) *pass {
	h := &holder{mu: newMutex(), renew: renew, clock: clock, learn: learn}
	h.hold(creds)
	return &pass{door: door{alone: newMutex()}, current: h.current, renewed: h.renewed}
}

// holder is what a pass knows.
type holder struct {
	mu    mutex // one asks for all who need
	creds Credentials
	due   time.Time // when to renew; zero for never
	renew renewal
	clock func() time.Time
	learn func(...Secret)
}

const (
	maxMargin  = 5 * time.Minute
	renewPause = 30 * time.Second
)

// hold takes credentials, to be renewed five minutes before they expire, or a tenth of a shorter life.
func (h *holder) hold(creds Credentials) {
	h.learn(creds.SecretKey, creds.SecurityToken, creds.Token)
	h.creds, h.due = creds, time.Time{}
	if h.renew != nil && !creds.Expires.IsZero() {
		life := creds.Expires.Sub(h.clock())
		h.due = creds.Expires.Add(-min(maxMargin, max(0, life/10)))
	}
}

func (h *holder) isEmpty() bool { return h.creds.AccessKey == "" && h.creds.Token.IsZero() }

func (h *holder) current(ctx context.Context) (Credentials, error) {
	if err := h.mu.lock(ctx); err != nil {
		return Credentials{}, err
	}
	defer h.mu.unlock()
	now := h.clock()
	if !h.isEmpty() && (h.due.IsZero() || now.Before(h.due)) {
		return h.creds, nil
	}
	err := h.ask(ctx)
	if err != nil && !h.isEmpty() && now.Before(h.creds.Expires) {
		h.due = now.Add(renewPause) // the old ones hold yet
		return h.creds, nil
	}
	return h.creds, err
}

func (h *holder) renewed(ctx context.Context, refused Credentials) (Credentials, error) {
	if err := h.mu.lock(ctx); err != nil {
		return Credentials{}, err
	}
	defer h.mu.unlock()
	if h.creds != refused {
		return h.creds, nil
	}
	if h.renew == nil {
		return Credentials{}, errNoRenewal
	}
	err := h.ask(ctx)
	return h.creds, err
}

// ask gets new credentials. They are not asked for again at once, even if by this machine's clock they have expired.
func (h *holder) ask(ctx context.Context) error {
	fresh, err := h.renew(ctx, h.creds)
	if err == nil {
		err = fresh.check()
	}
	if err != nil {
		return err
	}
	h.hold(fresh)
	if soonest := h.clock().Add(renewPause); !h.due.IsZero() && h.due.Before(soonest) {
		h.due = soonest
	}
	return nil
}

// mustBeUpdated reports whether credentials were refused that may have died, which a call told by being refused: it had no
// effect. A token dies before its time when its user, password or rights change, or a service cannot read it, and the
// gateway, IAM and the services each have codes of their own for it. A key that expires is renewed only for what may be
// its end.
func mustBeUpdated(err error, creds Credentials) bool {
	var e *step.Error
	if !errors.As(err, &e) || e.Class != step.Unauthenticated || e.Status < 400 {
		return false
	}
	return !creds.Token.IsZero() || !creds.Expires.IsZero() && isOver(e)
}

// isOver reports whether a key was refused with a code that stands for its end too: OBS knows no other, and the gateway
// says only behind it, in words, that a key has expired ("token expires") or is gone (API Gateway, "Error Codes").
func isOver(e *step.Error) bool {
	return slices.Contains([]string{"APIGW.0301", "InvalidAccessKeyId", "IAM.1105", "IAM.1108"}, gatewayCode(e.Code))
}

// cannotRenew is the error of a call whose credentials could not be had: it was not sent, or refused before it acted.
func (c *Client) cannotRenew(call Call, err error) error {
	var e *step.Error
	switch {
	case errors.As(err, &e):
		return beside(e, step.Unauthenticated)
	case isEnded(err):
		return c.unsent(call, err)
	}
	return &step.Error{
		Class: step.Unauthenticated, Operation: call.name(), Message: c.text(call, "no new credentials: "+err.Error()),
	}
}
