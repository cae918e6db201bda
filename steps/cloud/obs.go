package cloud

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"writ/engine/step"
)

const obsService = "obs"

// Bucket is an OBS bucket of the account.
type Bucket struct {
	Name         string `json:"name" xml:"Name"`
	Location     string `json:"location" xml:"Location"` // its region
	CreationDate string `json:"creation_date" xml:"CreationDate"`
	BucketType   string `json:"bucket_type" xml:"BucketType"`
}

// buckets is an answer to ListBuckets.
type buckets struct {
	XMLName     xml.Name `xml:"ListAllMyBucketsResult"`
	Buckets     []Bucket `xml:"Buckets>Bucket"`
	IsTruncated bool
	NextMarker  string
}

const maxBucketPages = 100

// Buckets lists the account's buckets of all regions by name: all, only buckets (OBJECT), or only parallel file systems
// (POSIX). Credentials that are a token get temporary keys first, since OBS knows no tokens.
func (c *Client) Buckets(ctx context.Context, bucketType string) ([]Bucket, error) {
	call := Call{
		Service: obsService, Operation: "ListBuckets", Method: http.MethodGet, Path: "/", Query: url.Values{},
		bucketType: bucketType,
	}
	if !slices.Contains([]string{"", "OBJECT", "POSIX"}, bucketType) {
		return nil, c.unsent(call, errors.New("a bucket type is OBJECT or POSIX"))
	}
	var all []Bucket
	for range maxBucketPages {
		var page buckets
		call.Out = &page
		if err := c.Call(ctx, call); err != nil {
			return nil, err
		}
		all = append(all, page.Buckets...)
		if !page.IsTruncated {
			slices.SortFunc(all, func(a, b Bucket) int { return cmp.Compare(a.Name, b.Name) })
			return all, nil
		}
		if page.NextMarker <= call.Query.Get("marker") {
			break // it would go round in circles
		}
		call.Query = url.Values{"marker": {page.NextMarker}}
	}
	return nil, &step.Error{Class: step.Unavailable, Operation: call.name(), Message: "the list of buckets does not end"}
}

// parseXML decodes a document and refuses what follows it.
func parseXML(body []byte, out any) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(out); err != nil {
		return err
	}
	for {
		t, err := d.Token()
		switch space, _ := t.(xml.CharData); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil || len(bytes.TrimSpace(space)) > 0 || space == nil:
			return errors.New("something follows the XML document")
		}
	}
}

// obsEnvelope reads the XML that OBS answers a failure with.
func obsEnvelope(a answer) envelope {
	var w struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
	}
	if a.broken != "" || parseXML(a.body, &w) != nil {
		return envelope{}
	}
	return envelope{isError: w.Code != "", code: w.Code, message: w.Message, requestID: w.RequestID}
}

// madeKeys is the answer to a request for temporary keys. Its time must be one, lest the keys are taken for permanent.
type madeKeys struct {
	Credential struct {
		Access        string    `json:"access"`
		Secret        Secret    `json:"secret"`
		SecurityToken Secret    `json:"securitytoken"`
		Expires       time.Time `json:"expires_at"`
	} `json:"credential"`
}

// Check doubts a success from which something is missing.
func (m *madeKeys) Check() (step.Class, string) {
	if k := m.Credential; k.Access == "" || k.Secret.IsZero() || k.SecurityToken.IsZero() || k.Expires.IsZero() {
		return step.UnknownOutcome, "an answer without keys, or not until when"
	}
	return "", ""
}

// temporaryKeys gets an access key for a quarter of an hour from IAM, by the client's own token.
func (c *Client) temporaryKeys(ctx context.Context, _ Credentials) (Credentials, error) {
	var out madeKeys
	err := c.Call(ctx, Call{
		Service: "iam", Operation: "CreateTemporaryAccessKeyByToken", Method: http.MethodPost,
		Path: "/v3.0/OS-CREDENTIAL/securitytokens", Body: keysByToken, Out: &out, OK: []int{http.StatusCreated}, unscoped: true,
	})
	k := out.Credential
	return Credentials{AccessKey: k.Access, SecretKey: k.Secret, SecurityToken: k.SecurityToken, Expires: k.Expires}, err
}

// keysByToken is the body that asks for temporary keys for the token of the header.
var keysByToken = map[string]any{
	"auth": map[string]any{"identity": map[string]any{
		"methods": []string{"token"}, "token": map[string]any{"duration_seconds": 900},
	}},
}
