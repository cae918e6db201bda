package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"writ/engine/step"
)

// maxSkew is how far this machine's clock may be off before a write. The gateway and OBS refuse a signature that is 15
// minutes old or early (Huawei Cloud, "API Gateway error codes" and OBS "Error codes").
const (
	maxSkew     = 14 * time.Minute
	notableSkew = 5 * time.Minute // how far it may be off before somebody is told
)

// skew is how far this machine's clock is ahead of the cloud's, as the last signed call has shown.
type skew struct {
	mu    sync.Mutex
	known bool
	ahead time.Duration
	told  bool
	probe foundOnce // that a read was made for it
}

// note reads the Date of an answer to a call that began and ended at these times.
func (s *skew) note(began, ended time.Time, h http.Header) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	middle := began.Add(ended.Sub(began) / 2)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known, s.ahead = true, middle.Sub(date)
}

func (s *skew) get() (ahead time.Duration, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ahead, s.known
}

// untold tells how far the clock is off, the first time that this is worth telling.
func (s *skew) untold() string {
	says := s.says()
	s.mu.Lock()
	defer s.mu.Unlock()
	if says == "" || s.told {
		return ""
	}
	s.told = true
	return says + "; signatures are refused beyond 15m"
}

// says tells how far the clock is off, or nothing when it is near enough.
func (s *skew) says() string {
	ahead, known := s.get()
	switch {
	case !known || ahead.Abs() <= notableSkew:
		return ""
	case ahead > 0:
		return fmt.Sprintf("this machine's clock is %s ahead of the cloud's", span(ahead))
	}
	return fmt.Sprintf("this machine's clock is %s behind the cloud's", span(-ahead))
}

// span is a time in words: nobody counts hours beyond two days.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	if d <= 2*day {
		return d.Round(time.Second).String()
	}
	return fmt.Sprintf("%d days", d.Round(day)/day)
}

// checkClock refuses a signed write from a machine whose clock is far off. If no signed call has shown that yet, it
// makes one, once; where that brings no date the write goes without.
func (c *Client) checkClock(ctx context.Context, call Call) error {
	if _, known := c.skew.get(); !known {
		if err := c.probeClock(ctx); err != nil {
			return c.unsent(call, err)
		}
	}
	if ahead, _ := c.skew.get(); ahead.Abs() > maxSkew {
		return &step.Error{
			Class: step.Unauthenticated, Operation: call.name(),
			Message: c.skew.says() + ", and signatures are refused beyond 15m; nothing was sent: set the clock",
		}
	}
	return nil
}

// probeClock reads the account's projects for the date of the answer.
func (c *Client) probeClock(ctx context.Context) error {
	_, err := c.skew.probe.get(ctx, func(ctx context.Context) (string, error) {
		if _, err := c.endpoint("iam"); err != nil {
			return "none", nil
		}
		err := c.Call(ctx, c.projectsCall(nil))
		if step.IsClass(err, step.Unauthenticated) || ctx.Err() != nil {
			return "", err
		}
		return "made", nil
	})
	return err
}

// blameClock tells of a clock that is far off where a signature was refused.
func (c *Client) blameClock(err error) error {
	var e *step.Error
	if says := c.skew.says(); says != "" && errors.As(err, &e) && e.Class == step.Unauthenticated {
		e.Message = strings.TrimPrefix(e.Message+"; "+says, "; ")
	}
	return err
}
