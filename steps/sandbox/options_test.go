package sandbox

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestACloudCanHaveFewerServices(t *testing.T) {
	b := open(t, Options{Services: []string{"dli", "iam", "modelarts", "obs"}, Region: "eu-de"})
	e := b.s.Endpoints()
	require.Len(t, e.Endpoints, 4)
	require.NotContains(t, e.Endpoints, "mpc")
	require.Equal(t, "eu-de", e.Region)
	require.Equal(t, 200, b.call("modelarts", "GET", authorizations, "").status)
	got := b.control("GET", "/mpc/v1/p/agencies", "")
	require.Equal(t, 404, got.status)
	require.Equal(t, "no such path; a service is under /dli/, /iam/, /modelarts/, /obs/", got.field(t, "error"))
	r, err := http.NewRequest("GET", b.s.ControlURL()+"/v1/p/agencies", nil)
	require.NoError(t, err)
	r.Host = "mpc.localhost"
	require.Equal(t, 421, b.do(r).status)
}

func TestServicesThatDoNotExistAreRefused(t *testing.T) {
	for name, wanted := range map[string][]string{
		`"ecs" is not one of dbss, dli, iam, metadata, modelarts, mpc, obs`: {"mpc", "ecs"},
		`"mpc" is named twice`: {"mpc", "mpc"},
	} {
		_, err := New(Options{Services: wanted})
		require.ErrorContains(t, err, name)
	}
}

func TestEndpointsTellTheUser(t *testing.T) {
	e := open(t, Options{}).s.Endpoints()
	require.Equal(t, []string{userName, userPassword, domainName}, []string{e.UserName, e.Password, e.DomainName})
}

func TestAnswersBearTheSandboxsTime(t *testing.T) {
	now := time.Now().Add(-time.Hour)
	b := open(t, Options{Clock: func() time.Time { return now }})
	got := b.call("mpc", "GET", mpcPath, "")
	require.Equal(t, 401, got.status)
	require.Contains(t, got.body, textExpired)
	require.Equal(t, now.UTC().Format(http.TimeFormat), got.header.Get("Date"), "so that a client can tell whose clock is wrong")
}

func TestNumbersOfVariantsHaveLimits(t *testing.T) {
	b := open(t, Options{})
	for _, name := range []string{"token_seconds", "iam_visibility_seconds", "role_propagation_seconds", "throttle_per_second"} {
		for _, number := range []string{"-1", "86401", `"1"`} {
			got := b.control("PUT", "/-/state", `{"variants":{"`+name+`":`+number+`}}`)
			require.Equal(t, 400, got.status)
			require.Contains(t, got.field(t, "error"), name)
		}
	}
	for _, name := range []string{"modelarts_agency_check", "throttle_retry_after", "dbss_error"} {
		got := b.control("PUT", "/-/state", `{"variants":{"`+name+`":"x"}}`)
		require.Contains(t, got.field(t, "error"), name)
	}
}

func TestBucketsOfTheDocumentAreChecked(t *testing.T) {
	b := open(t, Options{})
	for rows, names := range map[string]string{
		`{}`:                                   "name is empty",
		`{"name":"a"},{"name":"a"}`:            `"a" stands twice`,
		`{"name":"a","bucket_type":"TAPE"}`:    "obs.buckets[a].bucket_type",
		`{"name":"a","creation_date":"today"}`: "obs.buckets[a].creation_date",
	} {
		got := b.control("PUT", "/-/state", `{"obs":{"buckets":[`+rows+`]}}`)
		require.Equal(t, 400, got.status, rows)
		require.Contains(t, got.field(t, "error"), names)
	}
}
