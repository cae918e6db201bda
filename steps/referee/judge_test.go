package referee_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answer is what the SDK makes of what the sandbox says.
type answer struct {
	status  int
	body    string // the typed response as JSON; in a keystone refusal the envelope, which the SDK hands on unread
	code    string
	text    string // of a refusal: the service's words; of an undecodable success or no answer: part of the SDK's
	encoded string // encoded_authorization_message
	details int    // how many details explain it
	sort    sort
}

type sort int

const (
	success     sort = iota
	refusal          // an error code and a text
	keystone         // {"error":{…}} with an integer code, which the SDK does not take for one
	undecodable      // a success that the SDK makes an error of, under the status of the success
	unanswered       // no error of the service: the reply did not come, or not whole
)

// someText is the text of a refusal where its words do not count.
const someText = "(some)"

func ok(status int, body string) answer { return answer{sort: success, status: status, body: body} }

func refused(status int, code, text string) answer {
	return answer{sort: refusal, status: status, code: code, text: text}
}

func (a answer) withEncoded(message string) answer {
	a.encoded = message
	return a
}

func keystoned(status int, title, message string) answer {
	body, _ := json.Marshal(map[string]any{"error": map[string]any{"code": status, "title": title, "message": message}})
	return answer{sort: keystone, status: status, body: string(body)}
}

func isBroken(status int, words string) answer {
	return answer{sort: undecodable, status: status, text: words}
}

func (a answer) isSuccess() bool { return a.sort == success || a.sort == undecodable }

// only is the one request that a call made: the SDK sends nothing twice.
func (w *world) only() request {
	w.t.Helper()
	log := w.requests()
	require.Len(w.t, log, 1)
	return log[0]
}

// changed compares the state after a call with what the row says. What refuses or only reads changes nothing.
func (w *world) changed(r row, before string) {
	w.t.Helper()
	if r.part != "" {
		assert.JSONEq(w.t, w.fill(r.then), w.part(r.part))
		return
	}
	assert.Equal(w.t, before, w.state())
}

// fill puts in what a row cannot know: the account, the clock, and the ids that the state has for the first agency.
func (w *world) fill(text string) string {
	w.t.Helper()
	var agencies []struct {
		ID      string `json:"id"`
		Trusted string `json:"trust_domain_id"`
	}
	if strings.Contains(text, "{agency}") || strings.Contains(text, "{trusted}") {
		require.NoError(w.t, json.Unmarshal([]byte(w.part("iam.agencies")), &agencies))
		require.NotEmpty(w.t, agencies)
		text = strings.NewReplacer("{agency}", agencies[0].ID, "{trusted}", agencies[0].Trusted).Replace(text)
	}
	for name, id := range w.known.roles {
		text = strings.ReplaceAll(text, "{role "+name+"}", id)
	}
	after := func(d time.Duration) string { return w.now().UTC().Add(d).Format("2006-01-02T15:04:05.000000") }
	return strings.NewReplacer(
		"{domain}", w.place.domain, "{project}", w.place.project, "{time}", after(0), "{in a minute}", after(time.Minute),
		"{a minute ago}", after(-time.Minute),
		"{in 15 minutes}", after(15*time.Minute), "{tomorrow}", after(24*time.Hour), "{in 20 days}", after(20*24*time.Hour),
	).Replace(text)
}

func (w *world) judge(want answer, got any, err error) {
	w.t.Helper()
	switch want.sort {
	case success:
		require.NoError(w.t, err)
		assert.Equal(w.t, want.status, statusOf(got))
		assert.JSONEq(w.t, w.fill(want.body), typed(w.t, got))
	case unanswered:
		var e *sdkerr.ServiceResponseError
		require.Error(w.t, err)
		require.False(w.t, errors.As(err, &e), "%v", err)
		assert.Contains(w.t, err.Error(), want.text)
	default:
		var e *sdkerr.ServiceResponseError
		require.ErrorAs(w.t, err, &e)
		w.judgeRefusal(want, *e)
	}
}

func (w *world) judgeRefusal(want answer, got sdkerr.ServiceResponseError) {
	w.t.Helper()
	assert.Equal(w.t, want.status, got.StatusCode, "%v", got)
	assert.Len(w.t, got.RequestId, 32)
	assert.Equal(w.t, want.code, got.ErrorCode, "%v", got)
	assert.Equal(w.t, want.encoded, got.EncodedAuthorizationMessage)
	assert.Len(w.t, got.Details, want.details)
	switch {
	case want.sort == keystone:
		assert.JSONEq(w.t, w.fill(want.body), got.ErrorMessage)
	case want.sort == undecodable:
		assert.Contains(w.t, got.ErrorMessage, want.text)
	case want.text == someText:
		assert.NotEmpty(w.t, got.ErrorMessage)
	default:
		assert.Equal(w.t, w.fill(want.text), got.ErrorMessage)
	}
}

func statusOf(response any) int {
	return int(reflect.ValueOf(response).Elem().FieldByName("HttpStatusCode").Int())
}

// typed is a response as JSON, without its links: the sandbox serves nothing behind them.
func typed(t *testing.T, response any) string {
	t.Helper()
	raw, err := json.Marshal(response)
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(raw, &value))
	raw, err = json.Marshal(withoutLinks(value))
	require.NoError(t, err)
	return string(raw)
}

func withoutLinks(value any) any {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "links")
		for name := range v {
			v[name] = withoutLinks(v[name])
		}
	case []any:
		for i := range v {
			v[i] = withoutLinks(v[i])
		}
	}
	return value
}
