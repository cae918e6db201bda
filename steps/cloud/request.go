package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// draft is a request without date and signature.
type draft struct {
	url    string
	body   []byte
	header http.Header
}

func (c *Client) draft(ctx context.Context, call Call, creds Credentials) (draft, error) {
	base, err := c.endpoint(call.Service)
	if err != nil {
		return draft{}, err
	}
	path, err := c.path(ctx, call)
	if err != nil {
		return draft{}, err
	}
	if len(call.Query) > 0 {
		path += "?" + strings.ReplaceAll(call.Query.Encode(), "+", "%20")
	}
	d := draft{url: base + path, header: http.Header{"User-Agent": {c.userAgent}}}
	if call.Service != obsService {
		d.header.Set("Content-Type", "application/json")
		d.header.Set("Accept", "application/json")
	}
	if creds.Token.IsZero() {
		err = c.scope(ctx, call, d.header)
	}
	if err == nil {
		d.body, err = encode(call.Body)
	}
	return d, err
}

// request makes and signs the request.
func (c *Client) request(ctx context.Context, call Call, d draft, creds Credentials) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, call.Method, d.url, bytes.NewReader(d.body))
	if err != nil {
		return nil, err
	}
	req.GetBody = nil // so that nobody can send it again
	if d.body == nil {
		req.Body = http.NoBody
	}
	req.Header = d.header.Clone()
	req.Close = isAlone(call)
	return req, c.sign(req, call, d.body, creds)
}

// isAlone reports whether a connection is for one call only: that of a write which is answered by a status without a body.
// Should bytes follow it nevertheless, they must not be taken for the answer to the next.
func isAlone(call Call) bool { return !call.isRead() && slices.Contains(call.OK, http.StatusNoContent) }

// path fills in the ids, and refuses those that could lead to another path.
func (c *Client) path(ctx context.Context, call Call) (string, error) {
	segments := strings.Split(call.Path, "/")
	for i, segment := range segments {
		if !strings.HasPrefix(segment, "{") {
			continue
		}
		id, err := c.id(ctx, call, strings.Trim(segment, "{}"))
		if err != nil {
			return "", err
		}
		if !identifier.MatchString(id) {
			return "", fmt.Errorf("id %q: only letters, digits, - and _, at most 64", id)
		}
		segments[i] = id
	}
	return strings.Join(segments, "/"), nil
}

// id is what stands for a name in a path.
func (c *Client) id(ctx context.Context, call Call, name string) (string, error) {
	if id, ok := call.IDs[name]; ok {
		return id, nil
	}
	switch name {
	case "project_id":
		return c.Project(ctx)
	case "domain_id":
		return c.Domain(ctx)
	}
	return "", fmt.Errorf("the call has no %s", name)
}

// scope says whose call it is, the project's or the account's. A token says so itself.
func (c *Client) scope(ctx context.Context, call Call, h http.Header) error {
	name, find := "X-Project-Id", c.Project
	switch {
	case call.unscoped || call.Service == obsService:
		return nil
	case call.Domain:
		name, find = "X-Domain-Id", c.Domain
	case c.project == "" && !strings.Contains(call.Path, "{project_id}"):
		return nil
	}
	id, err := find(ctx)
	h.Set(name, id)
	return err
}

// encode writes a body as the official SDK does, with a line end.
func encode(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err := e.Encode(body)
	return buf.Bytes(), err
}
