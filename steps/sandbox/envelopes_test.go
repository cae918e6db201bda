package sandbox

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// documented are the codes of the error tables, each as "status code" or, several to a status, "status code code".
var documented = map[string][]string{
	"dbss": {
		"400 DBSS.10000001 DBSS.10020101 DBSS.10020102 DBSS.10020118 DBSS.10020140 DBSS.10020021 DBSS.100210016",
		"401 DBSS.10020100", "403 DBSS.10000001 APIGW.0302", "404 DBSS.10021004", "500 DBSS.11000000",
	},
	"dli": {
		"400 DLI.0001 DLI.0002 DLI.0003 DLI.0004 DLI.0005 DLI.0006 DLI.0007 DLI.0008 DLI.0009 DLI.0011 DLI.0012 DLI.0015",
		"400 DLI.0016 DLI.0018 DLI.0019 DLI.0100 DLI.0999 DLI.1028", "401 DLI.0013 DLI.0014", "404 DLI.0002 DLI.0023",
	},
	"mpc": {
		"400 MPC.10202 MPC.10204 MPC.10205 MPC.10209 MPC.10223 MPC.10224 MPC.10230 MPC.10231 MPC.10089 MPC.10090 MPC.10091",
		"401 MPC.10203", "403 MPC.10202 MPC.10208 MPC.10209 MPC.10223", "406 MPC.10209 MPC.10210 MPC.10213",
	},
	"modelarts": {
		"400 ModelArts.0101 ModelArts.0104 ModelArts.0107 ModelArts.0204 ModelArts.0210 ModelArts.0420 ModelArts.0421",
		"400 ModelArts.0422 ModelArts.0423 ModelArts.0424 ModelArts.0425 ModelArts.0426 ModelArts.0427 ModelArts.0428",
		"400 ModelArts.0429 ModelArts.0430 ModelArts.0431 ModelArts.2804 ModelArts.3518 ModelArts.3811 ModelArts.3818",
		"400 ModelArts.4105 ModelArts.4502 ModelArts.4503 ModelArts.5052 ModelArts.6374 ModelArts.6376 ModelArts.6377",
		"400 ModelArts.6378 ModelArts.6379",
		"401 ModelArts.0201 ModelArts.0202 ModelArts.0203 ModelArts.0205 ModelArts.0206 ModelArts.0207 ModelArts.0208",
		"401 ModelArts.0212 ModelArts.0428 ModelArts.4504 ModelArts.4505",
		"403 ModelArts.0108 ModelArts.0203 ModelArts.0206 ModelArts.0210 ModelArts.2785 ModelArts.4310 ModelArts.4335",
		"403 ModelArts.4500 ModelArts.4501", "404 ModelArts.2786", "413 ModelArts.4104", "429 ModelArts.4395",
		"500 ModelArts.0010 ModelArts.0109 ModelArts.2953 ModelArts.3810 ModelArts.5003",
	},
	"iam": {
		"400 1100 1103 1109 1120 IAM.0007 IAM.0011 IAM.0072 IAM.0073 IAM.1104 IAM.1105 IAM.1106 IAM.1107 IAM.1108 IAM.1109",
		"401 IAM.0001 IAM.0061 IAM.0062 IAM.0063 IAM.0064 IAM.0066 IAM.0067", "403 IAM.0002 IAM.0003 IAM.0080 IAM.0081",
		"403 IAM.0082 IAM.0083", "404 IAM.0004", "409 IAM.0005", "410 IAM.0020", "429 IAM.0012", "500 IAM.0006",
	},
	"obs": {
		"400 InvalidArgument TooManyWrongSignature", "404 NoSuchBucket", "408 RequestTimeout",
		"403 AccessDenied InvalidAccessKeyId SignatureDoesNotMatch RequestTimeTooSkewed InArrearOrInsufficientBalance",
		"403 NotSignedUp AllAccessDisabled VirtualHostDomainRequired Unauthorized", "503 ServiceUnavailable SlowDown",
	},
}

var gatewayDocumented = []string{
	"404 APIGW.0101 APIGW.0103 APIG.0101", "400 APIGW.0104 APIGW.0105 APIGW.0106 APIGW.0201 APIGW.0602",
	"413 APIGW.0201", "414 APIGW.0201", "494 APIGW.0201", "502 APIGW.0201 APIGW.0610", "504 APIGW.0201",
	"401 APIGW.0301 APIGW.0303 APIGW.0305 APIGW.0307", "429 APIGW.0308 APIG.0308", "405 APIGW.0501 APIGW.0502",
	"403 APIGW.0302 APIGW.0306 APIGW.0310 APIGW.0401 APIGW.0402 APIGW.0404 APIGW.0801 APIGW.0802",
	"500 APIGW.0601 APIGW.0605 APIGW.0606 APIGW.0608", "503 APIGW.0613",
}

// without are the codes for which no source has a text.
const without = "DBSS.10020101 DBSS.10020102 DBSS.10020140 DBSS.10021004 MPC.10213 MPC.10230 MPC.10231 1120"

func TestEveryDocumentedCodeComesInItsEnvelope(t *testing.T) {
	services := map[string][]string{"mpc": gatewayDocumented}
	for service, lines := range documented {
		services[service] = append(services[service], lines...)
	}
	b := open(t, Options{})
	for service, lines := range services {
		for _, line := range lines {
			status, codes, _ := strings.Cut(line, " ")
			for _, code := range strings.Fields(codes) {
				b.fault(fmt.Sprintf(`{"service":%q,"do":"status","status":%s,"error_code":%q}`, service, status, code))
				got := b.provoke(service)
				require.Equal(t, status, fmt.Sprint(got.status), code)
				gotCode, text := envelope(t, service, code, got)
				require.Equal(t, code, gotCode, got.body)
				if !strings.Contains(without, code) {
					require.NotEqual(t, http.StatusText(got.status), text, code)
				}
			}
		}
	}
}

// provoke makes a call that a fault answers.
func (b *box) provoke(service string) response {
	b.t.Helper()
	switch service {
	case "dbss":
		return b.call(service, "GET", "/v2/{p}/audit/backup/obs-buckets", "")
	case "dli":
		return b.call(service, "GET", "/v2/{p}/agency", "")
	case "modelarts":
		return b.call(service, "GET", authorizations, "")
	case "iam":
		return b.call(service, "GET", "/v3/users", "")
	case "obs":
		return b.do(b.obsRequest(permanent, "/"))
	}
	return b.call(service, "GET", mpcPath, "")
}

// envelope takes an error apart and holds it to having the fields of its kind, and no others.
func envelope(t *testing.T, service, code string, got response) (gotCode, text string) {
	t.Helper()
	if service == "obs" {
		var e obsError
		require.NoError(t, xml.Unmarshal([]byte(got.body), &e), got.body)
		require.Equal(t, "application/xml", got.header.Get("Content-Type"))
		require.NotEmpty(t, e.RequestID)
		return e.Code, e.Message
	}
	var fields map[string]string
	require.NoError(t, json.Unmarshal([]byte(got.body), &fields), got.body)
	gotCode, text = fields["error_code"], fields["error_msg"]
	delete(fields, "error_code")
	delete(fields, "error_msg")
	switch {
	case service == "dbss" && got.status == 403:
		require.Equal(t, map[string]string{"encoded_authorization_message": "c2FuZGJveA=="}, fields)
	case isGatewayCode(code):
		require.Equal(t, map[string]string{"request_id": got.header.Get("X-Request-Id")}, fields)
	default:
		require.Empty(t, fields)
	}
	return gotCode, text
}

func TestACodeCanMeanSomethingElseWithAnotherStatus(t *testing.T) {
	require.Equal(t, "Invalid AK/SK.", textOf(403, "ModelArts.0206"))
	require.Equal(t, "The authentication header is malformed.", textOf(401, "ModelArts.0206"))
	require.Equal(t, "Backend timeout", textOf(504, "APIGW.0201"))
	require.Equal(t, textOf(429, "APIGW.0308"), textOf(429, "APIG.0308"))
}

func TestDBSSErrorsCanBringDetails(t *testing.T) {
	b := with(t, `"dbss_error":"details"`)
	b.fault(`{"service":"dbss","do":"status","status":403,"error_code":"DBSS.10000001"}`)
	b.expect(403, `{"error_code":"DBSS.10000001","error_msg":"Enter a valid request message",
		"encoded_authorization_message":"c2FuZGJveA==",
		"details":[{"error_code":"DBSS.10000001","error_msg":"Enter a valid request message"}]}`,
		"dbss", "GET", "/v2/{p}/audit/backup/obs-buckets", "")
}

func TestAProxyCanSpeakHTML(t *testing.T) {
	b := open(t, Options{})
	b.fault(`{"do":"status","status":502,"body":"<html>Bad Gateway</html>","content_type":"text/html; charset=utf-8"}`)
	got := b.call("mpc", "GET", mpcPath, "")
	require.Equal(t, 502, got.status)
	require.Equal(t, "<html>Bad Gateway</html>", got.body)
	require.Equal(t, "text/html; charset=utf-8", got.header.Get("Content-Type"))
	for fault, names := range map[string]string{
		`{"do":"status","content_type":"text/html"}`:              "content_type",
		`{"do":"body","body":"x","content_type":"text/html\r\n"}`: "printable",
	} {
		got := b.control("POST", "/-/faults", fault)
		require.Equal(t, 400, got.status)
		require.Contains(t, got.field(t, "error"), names)
	}
}

func TestABodyCanBeHuge(t *testing.T) {
	b := open(t, Options{})
	huge := strings.Repeat("x", 8<<20)
	b.fault(`{"do":"body","body":"` + huge + `"}`)
	require.Equal(t, huge, b.call("mpc", "GET", mpcPath, "").body)
}

// wire sends a request on a connection of its own and answers everything that came back.
func (b *box) wire(r *http.Request) string {
	b.t.Helper()
	conn, err := net.Dial("tcp", r.URL.Host)
	require.NoError(b.t, err)
	defer conn.Close()
	r.Close = true
	require.NoError(b.t, r.Write(conn))
	data, err := io.ReadAll(bufio.NewReader(conn))
	require.NoError(b.t, err)
	return string(data)
}

func TestA204CanHaveABodyAgainstTheRules(t *testing.T) {
	b := open(t, Options{})
	b.fault(`{"do":"status","status":204,"body":{},"when":"after"}`)
	got := b.wire(b.request("mpc", "POST", mpcPath, mpcCreate))
	require.True(t, strings.HasPrefix(got, "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n"), got)
	require.True(t, strings.HasSuffix(got, "\r\n\r\n{}"), got)
	require.True(t, b.granted())
	b.fault(`{"do":"status","status":204}`)
	require.True(t, strings.HasSuffix(b.wire(b.request("mpc", "GET", mpcPath, "")), "\r\n\r\n"), "nothing said, nothing sent")
}

func TestNothingFollowsAHEAD(t *testing.T) {
	b := open(t, Options{})
	b.fault(`{"do":"body","status":404,"body":{"error":{}},"content_type":"text/html"}`)
	b.fault(`{"do":"truncate"}`)
	path := fill(scopes[scopeDomain].one, "a1", "te_admin")
	for range 3 {
		r := b.request("iam", "HEAD", path, "")
		_, body, _ := strings.Cut(b.wire(r), "\r\n\r\n")
		require.Empty(t, body)
	}
	require.NotContains(t, b.wire(b.request("iam", "HEAD", path, "")), "Content-Type")
	b.fault(`{"do":"truncate"}`)
	require.Equal(t, "HTTP/1.1 4", b.wire(b.request("iam", "HEAD", path, "")))
}
