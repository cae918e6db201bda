package dbss

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/steptest"
)

func TestArgumentsAreTheSchemasFields(t *testing.T) {
	steptest.Arguments(t, "dbss.obs_buckets", obsBucketsIn{})
}

func TestBucketsAreListedInOrder(t *testing.T) {
	c, state := steptest.Begin(t, `{"region":"cn-north-7","dbss":{"obs_buckets":[{"bucket_name":"b","location":"cn-north-7"},{"bucket_name":"a","location":"cn-north-4"}]}}`, "")
	k, before := ObsBuckets(c), state()
	found, err := k.Read(t.Context(), json.RawMessage(`{}`))
	require.NoError(t, err)
	want := `{"obs_list":[{"bucket_name":"a","location":"cn-north-4"},{"bucket_name":"b","location":"cn-north-7"}]}`
	assert.JSONEq(t, want, string(found))
	out, err := k.Outputs(json.RawMessage(`{}`), found)
	require.NoError(t, err)
	assert.JSONEq(t, want, string(out))
	assert.Equal(t, before, state())
}

func TestAMissingListIsAnEmptyOne(t *testing.T) {
	for _, body := range []string{`{}`, `{"obs_list":null}`, `{"obs_list":[]}`} {
		found, err := ObsBuckets(steptest.Against(t, "dbss", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })).Read(t.Context(), nil)
		require.NoError(t, err)
		assert.JSONEq(t, `{"obs_list":[]}`, string(found))
	}
}

func TestBothFormsOfErrorsAreRead(t *testing.T) {
	for body, says := range map[string]string{
		`{"error_code":"DBSS.10000001","error_msg":"x","details":[{"error_code":"DBSS.2","error_msg":"because"}]}`: "x; DBSS.2 because",
		`{"error":{"error_code":"DBSS.10000001","error_msg":"x"}}`:                                                 "x",
	} {
		c := steptest.Against(t, "dbss", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, http.StatusForbidden) })
		_, err := ObsBuckets(c).Read(t.Context(), nil)
		assert.Equal(t, &step.Error{
			Class: step.Denied, Operation: "dbss ListAuditObsBuckets", Status: 403, Code: "DBSS.10000001", Message: says,
		}, step.ErrorOf(err))
	}
}
