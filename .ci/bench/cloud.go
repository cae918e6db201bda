package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// cloud is a sandbox in a process of its own, and where it is.
type cloud struct {
	url     string
	project string
	dli     string
	token   string // for clients that cannot sign
	stop    func()
}

// start serves a sandbox with buckets for so many calls, which answers that much later than it could.
func (b *bench) start(ctx context.Context, buckets int, delay time.Duration) (*cloud, error) {
	seed, err := b.seed(buckets)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, b.writ, "sandbox", "--listen", "127.0.0.1:0", "--seed", seed)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &cloud{stop: func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}}
	line, err := bufio.NewReader(out).ReadString('\n')
	c.url = strings.TrimSpace(line)
	if err == nil {
		err = c.prepare(ctx, delay)
	}
	if err != nil {
		c.stop()
	}
	return c, err
}

func (c *cloud) prepare(ctx context.Context, delay time.Duration) error {
	var says struct {
		Region     string            `json:"region"`
		ProjectID  string            `json:"project_id"`
		DomainName string            `json:"domain_name"`
		UserName   string            `json:"user_name"`
		Password   string            `json:"password"`
		Endpoints  map[string]string `json:"endpoints"`
	}
	resp, err := ask(ctx, http.MethodGet, c.url+"/-/endpoints", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&says); err != nil {
		return err
	}
	c.project, c.dli = says.ProjectID, says.Endpoints["dli"]
	user := map[string]any{"name": says.UserName, "password": says.Password, "domain": map[string]any{"name": says.DomainName}}
	if err := c.signIn(ctx, says.Endpoints["iam"], user, says.Region); err != nil || delay == 0 {
		return err
	}
	late, err := ask(ctx, http.MethodPost, c.url+"/-/faults", map[string]any{
		"service": "dli", "operation": "RegisterBucket", "times": -1, "do": "delay", "seconds": delay.Seconds(),
	})
	if err == nil {
		late.Body.Close()
	}
	return err
}

func (c *cloud) signIn(ctx context.Context, iam string, user map[string]any, project string) error {
	resp, err := ask(ctx, http.MethodPost, iam+"/v3/auth/tokens", map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{"user": user}},
		"scope":    map[string]any{"project": map[string]any{"name": project}},
	}})
	if err != nil {
		return err
	}
	resp.Body.Close()
	c.token = resp.Header.Get("X-Subject-Token")
	return nil
}

func ask(ctx context.Context, method, url string, body any) (*http.Response, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err == nil && resp.StatusCode >= http.StatusBadRequest {
		resp.Body.Close()
		return nil, fmt.Errorf("%s %s: %s", method, url, resp.Status)
	}
	return resp, err
}
