// Command calls sends to a sandbox the signed calls that writ sends, and nothing more: no plan, no checks, no retries. Told
// to, it makes a record durable after each call, and one before it too, as who wants to survive a crash has to.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sdksigner "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	sdkrequest "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"

	"writ/.ci/bench/durable"
)

// place is what the sandbox says of itself.
type place struct {
	ProjectID string            `json:"project_id"`
	AccessKey string            `json:"access_key"`
	SecretKey string            `json:"secret_key"`
	Endpoints map[string]string `json:"endpoints"`
}

func main() {
	url := flag.String("sandbox", "", "`URL` of the sandbox")
	n := flag.Int("n", 1000, "how many `CALLS`")
	at := flag.Int("c", 1, "how `MANY` at the same time")
	records := flag.Int("records", 0, "`RECORDS` a call: 1 after it, 2 also before it")
	file := flag.String("log", "", "`FILE` for the records")
	flag.Parse()
	if err := run(*url, *n, *at, *records, *file); err != nil {
		fmt.Fprintln(os.Stderr, "calls:", err)
		os.Exit(1)
	}
}

func run(url string, n, at, records int, file string) error {
	c := &client{http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: at, DisableCompression: true}}}
	if err := c.find(url); err != nil {
		return err
	}
	log, err := durable.Create(file)
	if err != nil {
		return err
	}
	c.group = durable.NewGroup(log.Append)
	c.before, c.after = records > 1, records > 0
	began := time.Now()
	if err := c.all(n, at); err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	return json.NewEncoder(os.Stdout).Encode(map[string]float64{"exec": took, "syncs": float64(c.group.Close())})
}

type client struct {
	http          *http.Client
	place         place
	group         *durable.Group
	before, after bool
}

func (c *client) find(url string) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url+"/-/endpoints", nil)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(&c.place)
}

// all makes the calls; of several faults it answers one.
func (c *client) all(n, at int) error {
	var next atomic.Int64
	var fault atomic.Pointer[error]
	var ended sync.WaitGroup
	for range at {
		ended.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && fault.Load() == nil; i = next.Add(1) - 1 {
				if err := c.step(int(i)); err != nil {
					fault.Store(&err)
				}
			}
		})
	}
	ended.Wait()
	if err := fault.Load(); err != nil {
		return *err
	}
	return nil
}

func (c *client) step(i int) error {
	if c.before {
		if err := c.group.Wait(); err != nil {
			return err
		}
	}
	if err := c.send(i); err != nil {
		return err
	}
	if c.after {
		return c.group.Wait()
	}
	return nil
}

func (c *client) send(i int) error {
	path := "/v1.0/" + c.place.ProjectID + "/dli/obs-authorize"
	body := fmt.Sprintf("{\"obs_buckets\":[\"bucket-%d\"]}\n", i)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, c.place.Endpoints["dli"]+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	if err := c.sign(req, path, body); err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, answer)
	}
	return err
}

func (c *client) sign(req *http.Request, path, body string) error {
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Project-Id", c.place.ProjectID)
	req.Header.Set(sdksigner.HeaderXDate, time.Now().UTC().Format(sdksigner.BasicDateFormat))
	b := sdkrequest.NewHttpRequestBuilder().WithMethod(req.Method).WithPath(path).WithBody("", body)
	for _, name := range []string{"X-Project-Id", sdksigner.HeaderXDate} {
		b.AddHeaderParam(name, req.Header.Get(name))
	}
	headers, err := sdksigner.Sign(b.Build(), c.place.AccessKey, c.place.SecretKey)
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	return err
}
