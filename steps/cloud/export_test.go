package cloud

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Rules are the rules that classify failures, as text.
func Rules() []string {
	var all []string
	for _, r := range rules {
		all = append(all, r.text())
	}
	return all
}

// RuleFor is the rule that decides about a status and a code, or nothing when none does.
func RuleFor(status int, code string) string {
	for _, r := range rules {
		if r.fits(status, code) {
			return r.text()
		}
	}
	return ""
}

func (r rule) text() string { return fmt.Sprintf("%d %s", r.status, r.code) }

// TableRegions are the regions that the table names for a cloud's services.
func TableRegions(cloudName string) map[string][]string {
	all := map[string][]string{}
	for service, r := range table[cloudName] {
		all[service] = strings.Fields(r.regions)
	}
	return all
}

// SetSleep takes the place of waiting.
func SetSleep(c *Client, sleep func(context.Context, time.Duration) error) { c.sleep = sleep }

// DraftURL is where a call would go.
func DraftURL(c *Client, call Call) (string, error) {
	d, err := c.draft(context.Background(), call, Credentials{})
	return d.url, err
}

// CheckMetadataAddress is what NewMetadataTransport asks before it connects.
func CheckMetadataAddress(address string) error { return checkMetadataAddress("tcp", address, nil) }

// Note is what the client hears in an answer to another call.
func Note(c *Client, service string, err error) {
	c.manners.note(service, c.clock(), c.clock(), err)
}

// IsOpen reports whether an answer has shown that the client's credentials are good.
func IsOpen(c *Client) bool { return c.own.door.known.Load() }
