package cloud

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/huaweicloud/huaweicloud-sdk-go-obs/obs"
)

// signOBS puts OBS's own date and signature on a request that lists buckets. The official OBS SDK makes them: its client
// gets a transport that keeps what it would send and sends nothing, and the request goes the way of all others. Left to
// itself the SDK would repeat and redirect it and wait in between, deaf to its context. The host is no part of the
// signature; it has a name here because the SDK signs in AWS's way for one that is an address.
func signOBS(req *http.Request, call Call, creds Credentials) error {
	var kept http.Header
	transport := transportFunc(func(r *http.Request) (*http.Response, error) {
		kept = r.Header
		return nil, errors.New("kept")
	})
	client, err := obs.New(creds.AccessKey, creds.SecretKey.Reveal(), "https://obs",
		obs.WithSecurityToken(creds.SecurityToken.Reveal()), obs.WithSignature(obs.SignatureObs), obs.WithMaxRetryCount(0),
		obs.WithUserAgent(req.UserAgent()), obs.WithHttpClient(&http.Client{Transport: transport}))
	if err != nil {
		return err
	}
	_, err = client.ListBuckets(&obs.ListBucketsInput{BucketType: obs.BucketType(call.bucketType), Marker: call.Query.Get("marker")})
	if kept.Get("Authorization") == "" {
		return fmt.Errorf("the OBS SDK signed nothing: %w", err)
	}
	for name, values := range kept {
		req.Header.Set(name, values[0])
	}
	return nil
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
