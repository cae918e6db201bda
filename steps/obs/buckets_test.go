package obs

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
	steptest.Arguments(t, "obs.buckets", bucketsIn{})
}

func TestBucketsOfAllRegionsAreListedInOrder(t *testing.T) {
	w := steptest.Seeded(t, `{"projects":{"p1":{"region":"cn-north-7","dbss":{"obs_buckets":[{"bucket_name":"b","location":"cn-north-7"}]}}},
		"obs":{"buckets":[{"name":"c","location":"eu-de","creation_date":"2026-01-02T03:04:05.000Z","bucket_type":"POSIX"},
			{"name":"a","location":"cn-north-4","creation_date":"2026-01-02T03:04:05.000Z","bucket_type":"OBJECT"}]}}`)
	before := w.State()
	for in, want := range map[string][]string{
		`{}`: {"a", "b", "c"}, `{"bucket_type":"OBJECT"}`: {"a", "b"}, `{"bucket_type":"POSIX"}`: {"c"},
	} {
		k := Buckets(w.Client)
		found, err := k.Read(t.Context(), json.RawMessage(in))
		require.NoError(t, err)
		out, err := k.Outputs(json.RawMessage(in), found)
		require.NoError(t, err)
		var list bucketsState
		require.NoError(t, json.Unmarshal(out, &list))
		var names []string
		for _, b := range list.Buckets {
			names = append(names, b.Name)
			assert.NotEmpty(t, b.Location)
			assert.NotEmpty(t, b.CreationDate)
			assert.NotEmpty(t, b.BucketType)
		}
		assert.Equal(t, want, names, in)
	}
	assert.Equal(t, before, w.State())
}

func TestNoBucketsAreAnEmptyList(t *testing.T) {
	c := steptest.Against(t, "obs", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>`)
	})
	found, err := Buckets(c).Read(t.Context(), json.RawMessage(`{}`))
	require.NoError(t, err)
	assert.JSONEq(t, `{"buckets":[]}`, string(found))
}

func TestADeniedListIsToldAsOBSSaysIt(t *testing.T) {
	c := steptest.Against(t, "obs", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>x</Message><RequestId>r</RequestId></Error>`)
	})
	_, err := Buckets(c).Read(t.Context(), json.RawMessage(`{}`))
	assert.True(t, step.IsClass(err, step.Denied), "%v", err)
	assert.ErrorContains(t, err, "AccessDenied")
}
