package sandbox

import (
	"encoding/xml"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-obs/obs"
	"github.com/stretchr/testify/require"
)

const bucketsSeed = `{"projects":{"p1":{"dbss":{"obs_buckets":[{"bucket_name":"of-p1"},{"bucket_name":"both"}]}},
	"p2":{"region":"eu-de","dbss":{"obs_buckets":[{"bucket_name":"of-p2"}]}}},
	"obs":{"buckets":[{"name":"files","bucket_type":"POSIX","location":"eu-nl","creation_date":"2024-01-02T03:04:05.006Z"},{"name":"both"}]}}`

// obsRequest makes a request to OBS that is signed with a key, a temporary one if it has a security token.
func (b *box) obsRequest(key temporaryKey, path string) *http.Request {
	b.t.Helper()
	r, err := http.NewRequest("GET", b.s.Endpoints().Endpoints["obs"]+path, nil)
	require.NoError(b.t, err)
	r.Header.Set("Date", b.s.clock().UTC().Format(http.TimeFormat))
	if key.SecurityToken != "" {
		r.Header.Set("X-Obs-Security-Token", key.SecurityToken)
	}
	signForOBS(r, key)
	return r
}

func signForOBS(r *http.Request, key temporaryKey) {
	r.Header.Set("Authorization", "OBS "+key.Access+":"+signOBS(key.Secret, obsText(r)))
}

var permanent = temporaryKey{Access: accessKey, Secret: secretKey}

func names(rows []accountBucket) (list []string) {
	for _, b := range rows {
		list = append(list, b.Name+" "+b.Location+" "+b.Type+" "+b.CreationDate)
	}
	return list
}

func TestOBSListsTheAccountsBucketsOfAllRegions(t *testing.T) {
	b := seeded(t, bucketsSeed)
	list := func(kind string) (list bucketList) {
		r := b.obsRequest(permanent, "/")
		r.Header.Set("X-Obs-Bucket-Type", kind)
		signForOBS(r, permanent)
		got := b.do(r)
		require.Equal(t, 200, got.status, got.body)
		require.Equal(t, "application/xml", got.header.Get("Content-Type"))
		require.NotEmpty(t, got.header.Get("X-Obs-Request-Id"))
		require.NotContains(t, got.header, "X-Request-Id")
		require.Contains(t, got.body, `<ListAllMyBucketsResult xmlns="http://obs.`)
		require.NoError(t, xml.Unmarshal([]byte(got.body), &list))
		require.Equal(t, domainID, list.OwnerID)
		return list
	}
	objects := []string{
		"both cn-north-7 OBJECT 2022-10-26T15:25:11.000Z", "of-p1 cn-north-7 OBJECT 2022-10-26T15:25:11.000Z",
		"of-p2 eu-de OBJECT 2022-10-26T15:25:11.000Z",
	}
	require.Equal(t, objects, names(list("OBJECT").Buckets))
	require.Equal(t, []string{"files eu-nl POSIX 2024-01-02T03:04:05.006Z"}, names(list("POSIX").Buckets))
	require.Len(t, list("").Buckets, 4)
}

// The official client signs in OBS's own way only for a host that has a name; for an address it falls back to the S3 way.
func TestTheOfficialOBSClientIsUnderstood(t *testing.T) {
	b := seeded(t, bucketsSeed)
	list := func(key temporaryKey, kind obs.BucketType) (*obs.ListBucketsOutput, error) {
		address := strings.Replace(b.s.Endpoints().Endpoints["obs"], "127.0.0.1", "localhost", 1)
		client, err := obs.New(key.Access, key.Secret, address, obs.WithSignature(obs.SignatureObs),
			obs.WithSecurityToken(key.SecurityToken), obs.WithMaxRetryCount(0))
		require.NoError(t, err)
		defer client.Close()
		return client.ListBuckets(&obs.ListBucketsInput{BucketType: kind})
	}
	for _, key := range []temporaryKey{permanent, b.temporaryKey(b.token(""), 900)} {
		out, err := list(key, obs.OBJECT)
		require.NoError(t, err)
		require.Len(t, out.Buckets, 3)
		require.Equal(t, "eu-de", out.Buckets[2].Location)
		require.Equal(t, 2022, out.Buckets[2].CreationDate.Year())
		require.Equal(t, domainID, out.Owner.ID)
		require.NotEmpty(t, out.RequestId)
		out, err = list(key, "")
		require.NoError(t, err)
		require.Len(t, out.Buckets, 4)
	}
	for code, key := range map[string]temporaryKey{
		"SignatureDoesNotMatch": {Access: accessKey, Secret: "wrong"}, "InvalidAccessKeyId": {Access: "OTHER", Secret: "x"},
	} {
		_, err := list(key, "")
		var refused obs.ObsError
		require.True(t, errors.As(err, &refused), "%v", err)
		require.Equal(t, code, refused.Code)
		require.Equal(t, 403, refused.StatusCode)
		require.NotEmpty(t, refused.RequestId)
	}
}

func TestOBSRefusesInXML(t *testing.T) {
	now := time.Now()
	b := at(t, &now, "")
	expired := b.temporaryKey(b.token(""), 900)
	now = now.Add(15 * time.Minute)
	valid := b.temporaryKey(b.token(""), 900)
	date := func(r *http.Request, at time.Time) {
		r.Header.Set("Date", at.UTC().Format(http.TimeFormat))
		signForOBS(r, permanent)
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
		code   string
	}{
		"no signature":      {func(r *http.Request) { r.Header.Del("Authorization") }, 403, "AccessDenied"},
		"a token":           {func(r *http.Request) { r.Header.Del("Authorization"); r.Header.Set("X-Auth-Token", b.token("")) }, 403, "AccessDenied"},
		"another signature": {func(r *http.Request) { r.Header.Set("Authorization", "AWS "+accessKey+":x") }, 400, "InvalidArgument"},
		"no colon":          {func(r *http.Request) { r.Header.Set("Authorization", "OBS x") }, 400, "InvalidArgument"},
		"no date":           {func(r *http.Request) { r.Header.Del("Date") }, 403, "AccessDenied"},
		"an old date":       {func(r *http.Request) { date(r, now.Add(-16*time.Minute)) }, 403, "RequestTimeTooSkewed"},
		"a date to come":    {func(r *http.Request) { date(r, now.Add(16*time.Minute)) }, 403, "RequestTimeTooSkewed"},
		"a header more":     {func(r *http.Request) { r.Header.Set("X-Obs-Bucket-Type", "OBJECT") }, 403, "SignatureDoesNotMatch"},
		"an expired key":    {func(r *http.Request) { r.Header = b.obsRequest(expired, "/").Header }, 403, "InvalidAccessKeyId"},
		"a key's token gone": {func(r *http.Request) {
			r.Header = b.obsRequest(valid, "/").Header
			r.Header.Del("X-Obs-Security-Token")
		}, 403, "InvalidAccessKeyId"},
		"an unknown type": {func(r *http.Request) { r.Header.Set("X-Obs-Bucket-Type", "TAPE"); signForOBS(r, permanent) }, 400, "InvalidArgument"},
		"a bucket":        {func(r *http.Request) { r.URL.Path = "/1202" }, 405, "MethodNotAllowed"},
		"another method":  {func(r *http.Request) { r.Method = "PUT" }, 405, "MethodNotAllowed"},
	} {
		t.Run(name, func(t *testing.T) {
			r := b.obsRequest(permanent, "/")
			c.change(r)
			got := b.do(r)
			var e obsError
			require.NoError(t, xml.Unmarshal([]byte(got.body), &e), got.body)
			require.Equal(t, c.status, got.status)
			require.Equal(t, c.code, e.Code)
			require.Equal(t, got.header.Get("X-Obs-Request-Id"), e.RequestID)
			require.Equal(t, r.URL.Path, e.Resource)
			require.NotEmpty(t, e.Message)
		})
	}
}

func TestTheDateOfOBSCanStandInAHeaderOfItsOwn(t *testing.T) {
	b := open(t, Options{})
	r := b.obsRequest(permanent, "/")
	r.Header.Del("Date")
	r.Header.Set("X-Obs-Date", time.Now().UTC().Format(http.TimeFormat))
	signForOBS(r, permanent)
	require.Equal(t, 200, b.do(r).status)
	require.Equal(t, "GET\n\n\n\nx-obs-date:"+r.Header.Get("X-Obs-Date")+"\n/", obsText(r))
}

func TestOBSHeadersAreSignedInTheOrderOfTheirNames(t *testing.T) {
	h := http.Header{}
	h.Add("X-Obs-Acl-Long", " b ")
	h.Add("X-Obs-Acl", "c")
	h.Add("X-Obs-Acl", "d")
	h.Add("X-Other", "e")
	require.Equal(t, "x-obs-acl:c,d\nx-obs-acl-long:b\n", obsHeaders(h))
}

func TestSixWrongSignaturesLockTheKeyForOBSToo(t *testing.T) {
	now := time.Now()
	b := at(t, &now, "")
	wrong := temporaryKey{Access: accessKey, Secret: "wrong"}
	for range 6 {
		require.Contains(t, b.do(b.obsRequest(wrong, "/")).body, "SignatureDoesNotMatch")
	}
	got := b.do(b.obsRequest(permanent, "/"))
	require.Equal(t, 400, got.status)
	require.Contains(t, got.body, "<Code>TooManyWrongSignature</Code>")
	now = now.Add(lockTime)
	require.Equal(t, 200, b.do(b.obsRequest(permanent, "/")).status)
}

func TestDLITakesBucketsOfTheAccount(t *testing.T) {
	b := seeded(t, `{"projects":{"p1":{}},"obs":{"buckets":[{"name":"of-obs"}]}}`)
	before := b.state()
	require.Equal(t, before, b.control("PUT", "/-/state", before).body)
	require.Contains(t, before, `"name": "of-obs"`)
	got := b.call("dli", "POST", "/v1.0/{p}/dli/obs-authorize", `{"obs_buckets":["of-obs"]}`)
	require.Equal(t, 200, got.status)
	require.True(t, strings.Contains(got.body, "of-obs"))
}
