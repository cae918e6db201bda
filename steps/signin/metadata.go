package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"writ/engine/step"
	"writ/steps/cloud"
)

// The calls and their headers are those of core/auth/internal/metadata_accessor.go of huaweicloud-sdk-go-v3, and so is
// the time-out.
const (
	metadataTimeout = 3 * time.Second
	maxMetadata     = 64 << 10
	agencyKeys      = "metadata GetSecurityKey"
)

// metadata asks the server's metadata service for keys of its agency.
type metadata struct {
	base, agent string
	now         func() time.Time
}

// early is how long before they expire the keys must be renewed, as the SDK does it, less what everybody is renewed
// early. Keys that live shortly take a quarter of their life.
const early = 40*time.Minute - margin

// keys answers temporary keys. They are said to expire early.
func (m metadata) keys(ctx context.Context) (issued, error) {
	client := &http.Client{Transport: cloud.NewMetadataTransport(), CheckRedirect: stay, Timeout: metadataTimeout}
	defer client.CloseIdleConnections()
	session, err := m.session(ctx, client)
	if err != nil {
		return issued{}, err
	}
	status, body, err := m.ask(ctx, client, http.MethodGet, "/openstack/latest/securitykey", "X-Metadata-Token", session)
	if err != nil {
		return issued{}, err
	}
	if status != http.StatusOK {
		return issued{}, m.refusal(status, "the metadata service gives no keys: has this server an agency?")
	}
	return m.take(body)
}

// session is the token that the metadata service asks for; "" from one that has none yet.
func (m metadata) session(ctx context.Context, client *http.Client) (string, error) {
	status, body, err := m.ask(ctx, client, http.MethodPut, "/meta-data/latest/api/token", "X-Metadata-Token-Ttl-Seconds", "21600")
	switch {
	case err != nil:
		return "", err
	case status == http.StatusOK:
		return strings.TrimSpace(string(body)), nil
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusServiceUnavailable:
		return "", nil
	}
	return "", m.refusal(status, "the metadata service gives no token")
}

func (m metadata) ask(ctx context.Context, client *http.Client, method, path, header, value string) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, m.base+path, http.NoBody)
	if err != nil {
		return 0, nil, &step.Error{Class: step.Invalid, Operation: agencyKeys, Message: err.Error()}
	}
	req.Header.Set("User-Agent", m.agent)
	if value != "" {
		req.Header.Set(header, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		_, words := unanswered(err)
		return 0, nil, &step.Error{Class: step.Unavailable, Operation: agencyKeys, Message: words + "; is this a server of the cloud?"}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxMetadata))
	if err != nil {
		return 0, nil, &step.Error{Class: step.Unavailable, Operation: agencyKeys, Message: firstOf(over(err), "the answer broke off")}
	}
	return resp.StatusCode, body, nil
}

func (m metadata) refusal(status int, words string) error {
	e := &step.Error{Class: step.Unavailable, Operation: agencyKeys, Status: status, Message: words}
	switch {
	case status == http.StatusTooManyRequests:
		e.Class = step.Throttled
	case status < 500:
		e.Class = step.Unauthenticated
	}
	return e
}

func (m metadata) take(body []byte) (issued, error) {
	var answer struct {
		Credential struct {
			Access        string       `json:"access"`
			Secret        cloud.Secret `json:"secret"`
			SecurityToken cloud.Secret `json:"securitytoken"`
			Expires       time.Time    `json:"expires_at"`
		} `json:"credential"`
	}
	err := json.Unmarshal(body, &answer)
	k := answer.Credential
	if err == nil && (k.Access == "" || k.Secret.IsZero() || k.SecurityToken.IsZero() || k.Expires.IsZero()) {
		err = errors.New("something is missing")
	}
	if err != nil {
		return issued{}, &step.Error{
			Class: step.Unavailable, Operation: agencyKeys, Status: http.StatusOK, Message: "an answer that cannot be understood",
		}
	}
	now := m.now()
	expires := k.Expires.Add(-min(early, max(0, k.Expires.Sub(now)/4)))
	creds := cloud.Credentials{AccessKey: k.Access, SecretKey: k.Secret, SecurityToken: k.SecurityToken, Expires: expires}
	return issued{creds: creds}, nil
}

// address is where the metadata service is: with the user's own endpoint, there.
func (o Options) metadata() (metadata, error) {
	base, own := o.Endpoints["metadata"]
	var err error
	if own {
		err = cloud.CheckEndpoint(base)
	} else {
		base, err = cloud.Endpoint(cloud.HuaweiCloud, "", "metadata")
	}
	if err != nil {
		return metadata{}, fmt.Errorf("endpoint of metadata: %w", err)
	}
	return metadata{strings.TrimRight(base, "/"), o.UserAgent, o.Now}, nil
}
