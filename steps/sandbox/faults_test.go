package sandbox

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	mpcPath   = "/v1/{p}/agencies"
	mpcCreate = `{"operate_type":"CREATED"}`
)

// granted tells whether the sandbox's MPC is on, by the state document.
func (b *box) granted() bool {
	b.t.Helper()
	var on bool
	require.NoError(b.t, b.s.store.view(func(c *cloud) { on = c.projects[b.p].isGranted() }))
	return on
}

func TestAFaultFailsBeforeOrAfterTheEffect(t *testing.T) {
	for _, do := range []string{
		`"do":"reset"`, `"do":"stall","seconds":0.01`, `"do":"status","status":502`, `"do":"body","body":"<html>"`,
		`"do":"truncate"`, `"do":"truncate","body":"{\"a\":1}"`,
	} {
		for _, when := range []string{"before", "after"} {
			t.Run(do+" "+when, func(t *testing.T) {
				b := open(t, Options{})
				b.fault(`{"service":"mpc","operation":"CreateAgenciesTask","when":"` + when + `",` + do + `}`)
				got, err := b.try(b.request("mpc", "POST", mpcPath, mpcCreate))
				require.True(t, err != nil || got.status != 204)
				require.Equal(t, when == "after", b.granted())
				log := b.requests()
				require.Equal(t, when == "after", log[0].Changed)
				require.NotEqual(t, 204, log[0].Status)
				_, err = b.try(b.request("mpc", "POST", mpcPath, mpcCreate))
				require.NoError(t, err, "it fires once")
				require.True(t, b.granted())
			})
		}
	}
}

func TestADelayAnswersAfterAll(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		b := open(t, Options{})
		b.fault(`{"do":"delay","seconds":0.02,"when":"` + when + `"}`)
		b.expect(204, "", "mpc", "POST", mpcPath, mpcCreate)
		require.True(t, b.granted())
	}
}

func TestAResetIsAResetAndATruncationEndsEarly(t *testing.T) {
	b := open(t, Options{})
	b.fault(`{"do":"reset"}`)
	_, err := b.try(b.request("mpc", "GET", mpcPath, ""))
	require.True(t, errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF), "%v", err)
	require.Equal(t, 0, b.requests()[0].Status)
	b.fault(`{"do":"truncate"}`)
	got, err := b.try(b.request("mpc", "GET", mpcPath, ""))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, `{"operate_typ`, got.body)
}

func TestFaultsSpeakInTheServicesOwnWords(t *testing.T) {
	for _, c := range []struct{ service, path, fault, want string }{
		{"mpc", mpcPath, `"status":403,"error_code":"MPC.10223"`,
			`{"error_code":"MPC.10223","error_msg":"An agency has been created."}`},
		{"dli", "/v2/{p}/agency", `"status":500`, `{"error_code":"DLI.0999","error_msg":"Server-side errors occur."}`},
		{"modelarts", authorizations, `"status":401,"error_code":"ModelArts.0428"`,
			`{"error_code":"ModelArts.0428","error_msg":"The user authorization does not exist."}`},
		{"iam", "/v3/users", `"status":404`, `{"error":{"code":404,"message":"Not Found","title":"Not Found"}}`},
		{"iam", "/v3/users", `"status":429,"error_code":"IAM.0012"`,
			`{"error_code":"IAM.0012","error_msg":"The throttling threshold has been reached."}`},
		{"dbss", "/v2/{p}/audit/backup/obs-buckets", `"status":403`,
			`{"error_code":"APIGW.0302","error_msg":"The IAM user is not authorized to access the API",
			"encoded_authorization_message":"c2FuZGJveA=="}`},
		{"mpc", mpcPath, `"status":418,"body":"teapot"`, ``},
		{"mpc", mpcPath, `"status":200,"body":{"operate_type":null}`, `{"operate_type":null}`},
	} {
		b := open(t, Options{})
		b.fault(`{"do":"status",` + c.fault + `}`)
		got := b.call(c.service, "GET", c.path, "")
		if c.want == "" {
			require.Equal(t, "teapot", got.body)
			continue
		}
		require.JSONEq(t, c.want, got.body)
	}
}

func TestThrottlingCanSayHowLong(t *testing.T) {
	b := open(t, Options{})
	b.fault(`{"do":"status","status":429,"retry_after":"3"}`)
	got := b.call("mpc", "GET", mpcPath, "")
	require.Equal(t, 429, got.status)
	require.Equal(t, "APIGW.0308", got.field(t, "error_code"))
	require.Equal(t, "3", got.header.Get("Retry-After"))
	require.NotEmpty(t, got.field(t, "request_id"))
}

func TestFaultsCountMatchingCalls(t *testing.T) {
	statuses := func(b *box, n int) (list []int) {
		for range n {
			list = append(list, b.call("mpc", "GET", mpcPath, "").status)
		}
		return list
	}
	b := open(t, Options{})
	b.fault(`{"service":"mpc","operation":"ShowAgenciesTask","nth":2,"times":2,"do":"status","status":500}`)
	b.call("mpc", "GET", "/v1/{p}/buckets", "")
	require.Equal(t, []int{200, 500, 500, 200}, statuses(b, 4))
	b.fault(`{"do":"status","status":500}`)
	b.fault(`{"do":"status","status":501}`)
	b.fault(`{"do":"status","status":502,"nth":4}`)
	require.Equal(t, []int{500, 501, 200, 502, 200}, statuses(b, 5))
	b.fault(`{"do":"status","status":500,"times":-1}`)
	require.Equal(t, []int{500, 500, 500}, statuses(b, 3))
	require.Equal(t, 204, b.control("DELETE", "/-/faults", "").status)
	require.Equal(t, []int{200}, statuses(b, 1))
}

func TestFaultsThatMakeNoSenseAreRefused(t *testing.T) {
	b := open(t, Options{})
	for body, names := range map[string]string{
		`{"do":"explode"}`:               "explode",
		`{}`:                             "do",
		`{"do":"reset","service":"ecs"}`: "ecs",
		`{"do":"reset","service":"mpc","operation":"RegisterBucket"}`: "RegisterBucket",
		`{"do":"reset","when":"during"}`:                              "during",
		`{"do":"delay"}`:                                              "seconds",
		`{"do":"body"}`:                                               "body",
		`{"do":"status","status":99}`:                                 "99",
		`{"do":"reset","times":-2}`:                                   "times",
		`{"do":"reset","nt":2}`:                                       "nt",
		`{"do":"reset","nth":"2"}`:                                    "nth",
		`{"do":"reset","do":"stall"}`:                                 "do",
		`{"do":"reset"} {}`:                                           "more than one",
		``:                                                            "no JSON",
	} {
		got := b.control("POST", "/-/faults", body)
		require.Equal(t, 400, got.status, body)
		require.Contains(t, got.field(t, "error"), names)
	}
}

func TestAStalledRequestIsSeenWhileItIsHeldAndCloseEndsIt(t *testing.T) {
	b := open(t, Options{})
	b.fault(`{"service":"mpc","when":"after","do":"stall"}`)
	failed := make(chan error)
	go func() {
		_, err := b.try(b.request("mpc", "POST", mpcPath, mpcCreate))
		failed <- err
	}()
	require.Eventually(t, func() bool {
		log := b.requests()
		return len(log) == 1 && log[0].Changed && log[0].Status == 0
	}, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, b.s.Close())
	require.Error(t, <-failed)
	require.NoError(t, b.s.Close())
}

func TestAStallEndsWhenTheClientGivesUp(t *testing.T) {
	b := open(t, Options{})
	b.fault(`{"do":"stall"}`)
	r := b.request("mpc", "GET", mpcPath, "")
	conn, err := net.Dial("tcp", r.URL.Host)
	require.NoError(t, err)
	require.NoError(t, r.Write(conn))
	require.Eventually(t, func() bool { return len(b.requests()) == 1 }, 10*time.Second, 5*time.Millisecond)
	conn.Close()
	b.expect(200, `{"operate_type":"CANCELED"}`, "mpc", "GET", mpcPath, "")
}
