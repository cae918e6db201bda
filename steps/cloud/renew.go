package cloud

import (
	"context"
	"errors"
	"net/http"
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
	h := &holder{turn: newTurn(), renew: renew, clock: clock, learn: learn}
	h.hold(creds)
	return &pass{door: door{alone: newTurn()}, current: h.current, renewed: h.renewed}
}

// holder is what a pass knows.
type holder struct {
	turn  turn // one asks for all who need
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

func (h *holder) isEmpty() bool { return h.creds.AccessKey == "" && h.creds.Token == "" }

func (h *holder) current(ctx context.Context) (Credentials, error) {
	if err := h.turn.take(ctx); err != nil {
		return Credentials{}, err
	}
	defer h.turn.leave()
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
	if err := h.turn.take(ctx); err != nil {
		return Credentials{}, err
	}
	defer h.turn.leave()
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

// mustBeUpdated reports whether the gateway refused a token because it is stale. The service never saw the call.
func mustBeUpdated(err error) bool {
	var e *step.Error
	return errors.As(err, &e) && e.Status == http.StatusUnauthorized && gatewayCode(e.Code) == "APIGW.0307"
}

// cannotRenew is the error of a call whose credentials could not be had: it was not sent, or refused before it acted.
func (c *Client) cannotRenew(call Call, err error) error {
	var e *step.Error
	switch {
	case errors.As(err, &e) && e.Class == step.UnknownOutcome:
		away := *e // of the sign-in, not of the call
		away.Class = step.Unavailable
		return &away
	case errors.As(err, &e):
		return e
	case isEnded(err):
		return c.unsent(call, err)
	}
	return &step.Error{
		Class: step.Unauthenticated, Operation: call.name(), Message: c.text(call, "no new credentials: "+err.Error()),
	}
}
