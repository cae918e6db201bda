package referee_test

import (
	"errors"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-obs/obs"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
)

// OBS has an SDK of its own. Its answers are told here in the terms of the other.

// listing is its list of buckets.
type listing struct {
	Buckets        []map[string]string
	HttpStatusCode int `json:"-"` //nolint:revive // the other SDK's name
}

func listBuckets(kind obs.BucketType) call {
	return func(c sdk) (any, error) {
		return listAt(byName(c.place.endpoints["obs"]), obs.ListBucketsInput{BucketType: kind}, c.keys)
	}
}

// byName is the address by which the SDK makes OBS's own signature. At an address of digits it takes paths in place of
// host names, and with that always the signature of its S3 interface.
func byName(endpoint string) string { return strings.Replace(endpoint, "127.0.0.1", "localhost", 1) }

func listAt(endpoint string, in obs.ListBucketsInput, k keys) (any, error) {
	client, err := obs.New(k.access, k.secret, endpoint, obs.WithSecurityToken(k.token),
		obs.WithSignature(obs.SignatureObs), obs.WithMaxRetryCount(0)) // it repeats a call three times unless told not to
	if err != nil {
		return nil, err
	}
	defer client.Close()
	resp, err := client.ListBuckets(&in)
	if err != nil {
		return nil, told(err)
	}
	out := listing{Buckets: []map[string]string{}, HttpStatusCode: resp.StatusCode}
	for _, b := range resp.Buckets {
		out.Buckets = append(out.Buckets, map[string]string{
			"name": b.Name, "location": b.Location, "type": b.BucketType, "made": b.CreationDate.Format("2006-01-02"),
		})
	}
	return &out, nil
}

func told(err error) error {
	var e obs.ObsError
	if !errors.As(err, &e) {
		return err
	}
	return &sdkerr.ServiceResponseError{StatusCode: e.StatusCode, RequestId: e.RequestId, ErrorCode: e.Code, ErrorMessage: e.Message}
}

func obsRows() []row {
	op := func(outcome, here string, kind obs.BucketType, want answer) row {
		return row{operation: "obs ListBuckets", outcome: outcome, here: here, call: listBuckets(kind), want: want}
	}
	const one = `{"name": "1202", "location": "cn-north-7", "type": "OBJECT", "made": "2022-10-26"}`
	const two = `{"name": "aosblueprints-example", "location": "cn-north-7", "type": "OBJECT", "made": "2022-10-26"}`
	const files = `{"name": "files", "location": "eu-de", "type": "POSIX", "made": "2020-01-02"}`
	all := func(outcome string, kind obs.BucketType, body string) row {
		r := op(outcome, "", kind, ok(200, `{"Buckets": [`+body+`]}`))
		r.beside = `"obs": {"buckets": [{"name": "files", "location": "eu-de", "creation_date": "2020-01-02T03:04:05.000Z", "bucket_type": "POSIX"}]}`
		return r
	}
	digits := op("InvalidArgument: signed for the S3 interface", "", "", refused(400, "InvalidArgument", "Invalid parameter."))
	digits.call = func(c sdk) (any, error) { return listAt(c.place.endpoints["obs"], obs.ListBucketsInput{}, c.keys) }
	return []row{
		op("lists buckets", "", "", ok(200, `{"Buckets": [`+one+`,`+two+`]}`)),
		op("lists none", `"mpc": {}`, "", ok(200, `{"Buckets": []}`)),
		all("lists buckets of all regions and both types", "", one+`,`+two+`,`+files),
		all("lists buckets of objects", obs.OBJECT, one+`,`+two),
		all("lists parallel file systems", obs.POSIX, files),
		op("InvalidArgument: no such type", "", "OTHER", refused(400, "InvalidArgument", "Invalid parameter.")),
		digits,
	}
}
