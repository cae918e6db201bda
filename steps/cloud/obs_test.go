package cloud_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
)

func bucketList(inside string) string {
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ListAllMyBucketsResult xmlns="http://obs.cn-north-7.myhuaweicloud.com/doc/2015-06-30/"><Owner><ID>d7</ID></Owner>` + inside + `</ListAllMyBucketsResult>`
}

func bucket(name string) string {
	return `<Bucket><Name>` + name + `</Name><CreationDate>2018-06-21T09:15:01.032Z</CreationDate><Location>cn-north-7</Location><BucketType>OBJECT</BucketType></Bucket>`
}

func TestBucketsAreListedByName(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, bucketList(`<Buckets>`+bucket("b")+`<Bucket><Name>a</Name><Location>cn-north-1</Location></Bucket></Buckets>`))
	})
	found, err := c.Buckets(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, []cloud.Bucket{
		{Name: "a", Location: "cn-north-1"},
		{Name: "b", Location: "cn-north-7", CreationDate: "2018-06-21T09:15:01.032Z", BucketType: "OBJECT"},
	}, found)
	raw, err := json.Marshal(found[1])
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"b","location":"cn-north-7","creation_date":"2018-06-21T09:15:01.032Z","bucket_type":"OBJECT"}`, string(raw))
}

// ownSignature is OBS's signature of a list of buckets, by the OBS API's page "Authentication of Signature in a Header".
func ownSignature(r *http.Request) string {
	text := "GET\n\n\n" + r.Header.Get("Date") + "\n"
	for _, name := range []string{"x-obs-bucket-type", "x-obs-security-token"} {
		if value := r.Header.Get(name); value != "" {
			text += name + ":" + value + "\n"
		}
	}
	mac := hmac.New(sha1.New, []byte(secretKey))
	mac.Write([]byte(text + "/"))
	return "OBS AKEXAMPLE:" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestBucketListsHaveOBSsSignature(t *testing.T) {
	for _, tc := range []struct {
		name, token, bucketType string
		pages                   int
	}{
		{"plain", "", "", 1}, {"temporary key", "tok", "", 1}, {"bucket type", "", "POSIX", 1}, {"two pages", "tok", "OBJECT", 2},
	} {
		page := 0
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, ownSignature(r), r.Header.Get("Authorization"), tc.name)
			date, err := http.ParseTime(r.Header.Get("Date"))
			assert.NoError(t, err)
			assert.WithinDuration(t, time.Now(), date, time.Minute)
			assert.Equal(t, tc.token, r.Header.Get("X-Obs-Security-Token"))
			assert.Equal(t, tc.bucketType, r.Header.Get("X-Obs-Bucket-Type"))
			assert.Equal(t, "writ", r.UserAgent())
			assert.Equal(t, []string{"/", "/?marker=b"}[page], r.URL.RequestURI())
			for _, name := range []string{"X-Sdk-Date", "X-Security-Token", "X-Project-Id", "X-Auth-Token", "Content-Type", "X-Amz-Date"} {
				assert.Empty(t, r.Header.Get(name), name)
			}
			page++
			if page < tc.pages {
				fmt.Fprint(w, bucketList(`<Buckets>`+bucket("b")+`</Buckets><IsTruncated>true</IsTruncated><NextMarker>b</NextMarker>`))
				return
			}
			fmt.Fprint(w, bucketList(`<Buckets/>`))
		}, func(cfg *cloud.Config) { cfg.Credentials.SecurityToken = cloud.Hide(tc.token) })
		found, err := c.Buckets(t.Context(), tc.bucketType)
		require.NoError(t, err)
		assert.Len(t, found, tc.pages-1)
		assert.Equal(t, tc.pages, page)
	}
}

func TestBucketListsThatGoRoundOrOnForeverEnd(t *testing.T) {
	for _, tc := range []struct {
		name  string
		next  func(n int) string
		pages int
	}{
		{"same", func(int) string { return "b" }, 2},
		{"none", func(int) string { return "" }, 1},
		{"back", func(n int) string { return []string{"c", "b"}[n%2] }, 2},
		{"forever", func(n int) string { return fmt.Sprintf("b%08d", n) }, 100},
	} {
		pages := 0
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, bucketList(`<IsTruncated>true</IsTruncated><NextMarker>`+tc.next(pages)+`</NextMarker>`))
			pages++
		})
		_, err := c.Buckets(t.Context(), "")
		assert.EqualError(t, err, "obs ListBuckets: the list of buckets does not end", tc.name)
		assert.Equal(t, tc.pages, pages, tc.name)
	}
}

func TestOnlyTwoBucketTypes(t *testing.T) {
	c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	_, err := c.Buckets(t.Context(), "OBJECT\r\nX-Evil: 1")
	assert.True(t, step.IsClass(err, step.Invalid), "%v", err)
}

// temporary hands out keys for a token, then lists buckets with them.
func temporary(t *testing.T, now func() time.Time, asked *int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v3.0/OS-CREDENTIAL/securitytokens" {
			assert.Equal(t, fmt.Sprint("st", *asked), r.Header.Get("X-Obs-Security-Token"))
			assert.Contains(t, r.Header.Get("Authorization"), fmt.Sprint("OBS TEMPORARY", *asked, ":"))
			assert.Empty(t, r.Header.Get("X-Auth-Token"))
			fmt.Fprint(w, bucketList(`<Buckets>`+bucket("b")+`</Buckets>`))
			return
		}
		*asked++
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.JSONEq(t, `{"auth":{"identity":{"methods":["token"],"token":{"duration_seconds":900}}}}`, string(body))
		assert.Equal(t, http.MethodPost+" token1", r.Method+" "+r.Header.Get("X-Auth-Token"))
		w.WriteHeader(201)
		fmt.Fprintf(w, `{"credential":{"access":"TEMPORARY%d","secret":"hush%d","securitytoken":"st%d","expires_at":%q}}`,
			*asked, *asked, *asked, now().Add(15*time.Minute).Format("2006-01-02T15:04:05.000000Z"))
	}
}

func TestATokenGetsTemporaryKeysForOBS(t *testing.T) {
	now, asked := newFakeClock(), 0
	c := serve(t, temporary(t, now.Now, &asked), byToken(t, &issuer{clock: now.Now, life: 24 * time.Hour}))
	for _, later := range []time.Duration{0, 13 * time.Minute, 2 * time.Minute, time.Minute} {
		now.turn(later)
		found, err := c.Buckets(t.Context(), "")
		require.NoError(t, err)
		assert.Len(t, found, 1)
	}
	assert.Equal(t, 2, asked, "kept until a tenth of their life is left")
}

func TestKeysThatIAMDoesNotGiveAreItsFailure(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		want   step.Class
	}{
		{403, `{"error":{"message":"no","code":403,"title":"Forbidden"}}`, step.Denied},
		{500, "", step.Unavailable},
		{201, `{"credential":{"access":"A"}}`, step.Unavailable},
		{201, `{"credential":{"access":"A","secret":"s","securitytoken":"t"}}`, step.Unavailable},
		{201, `{"credential":{"access":"A","secret":"s","securitytoken":"t","expires_at":"tomorrow"}}`, step.Unavailable},
		{200, `{}`, step.Unavailable},
	} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			assert.NotEqual(t, "/", r.URL.Path)
			w.WriteHeader(tc.status)
			fmt.Fprint(w, tc.body)
		}, byToken(t, &issuer{clock: clock, life: time.Hour}))
		_, err := c.Buckets(t.Context(), "")
		assert.True(t, step.IsClass(err, tc.want), "%d: %v", tc.status, err)
	}
}

func TestAnswersOfOBSThatAreNone(t *testing.T) {
	whole := bucketList(`<Buckets>` + bucket("b") + `</Buckets>`)
	for name, body := range map[string]string{
		"nothing":        "",
		"cut":            whole[:len(whole)-20],
		"HTML":           "<html><body>portal with private data</body></html>",
		"JSON":           `{"buckets":[]}`,
		"an error":       `<Error><Code>NoSuchBucket</Code></Error>`,
		"text after it":  whole + "more",
		"two":            whole + whole,
		"own entities":   `<!DOCTYPE x [<!ENTITY e "eeee">]>` + bucketList(`<Buckets><Bucket><Name>&e;</Name></Bucket></Buckets>`),
		"not UTF-8":      bucketList("<Buckets><Bucket><Name>\xff</Name></Bucket></Buckets>"),
		"huge":           bucketList(strings.Repeat(" ", 5<<20)),
		"another answer": `<LocationConstraint>x</LocationConstraint>`,
	} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Obs-Request-Id", "o1")
			fmt.Fprint(w, body)
		})
		_, err := c.Buckets(t.Context(), "")
		e := step.ErrorOf(err)
		assert.Equal(t, step.Unavailable, e.Class, "%s: %v", name, err)
		assert.Equal(t, "o1", e.RequestID)
		assert.NotContains(t, e.Message, "private")
	}
}

func TestAPageInPlaceOfOBSIsNoWordOfIts(t *testing.T) {
	for status, want := range map[int]step.Class{404: step.Invalid, 403: step.Denied, 301: step.Invalid, 503: step.Unavailable} {
		asked := 0
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(status)
			fmt.Fprint(w, "<html>proxy</html>")
		})
		_, err := c.Buckets(t.Context(), "")
		assert.True(t, step.IsClass(err, want), "%d: %v", status, err)
		assert.Equal(t, 1, asked, "never repeated, never redirected")
	}
}
