package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// control makes the sandbox's own calls.
type control struct{ at string }

// patience is how long a control call may take on this machine.
const patience = 30 * time.Second

func (c *control) state() ([]byte, error) { return c.ask(http.MethodGet, "/-/state", "") }

func (c *control) fault(document string) error {
	_, err := c.ask(http.MethodPost, "/-/faults", document)
	return err
}

func (c *control) requests() ([]Request, error) {
	raw, err := c.ask(http.MethodGet, "/-/requests", "")
	if err != nil {
		return nil, err
	}
	var log struct{ Requests []Request }
	err = json.Unmarshal(raw, &log)
	return log.Requests, err
}

func (c *control) ask(method, path, body string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.at+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("sandbox: %s %s: %s", method, path, strings.TrimSpace(string(raw)))
	}
	return raw, err
}
