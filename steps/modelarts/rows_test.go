package modelarts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
)

// against makes a client of a server that speaks for ModelArts.
func against(t *testing.T, h http.HandlerFunc) *cloud.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := cloud.New(cloud.Config{
		Credentials: cloud.Credentials{AccessKey: "a", SecretKey: cloud.Hide("s")}, ProjectID: "p1", DomainID: "d1",
		Endpoints: map[string]string{"modelarts": s.URL},
	})
	require.NoError(t, err)
	return c
}

// paged serves n rows; offset counts pages or rows.
func paged(t *testing.T, n int, byRow bool) *cloud.Client {
	return against(t, func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		if !byRow {
			offset *= pageSize
		}
		rows := []wireRow{}
		for i := offset; i < min(offset+pageSize, n); i++ {
			rows = append(rows, wireRow{UserID: fmt.Sprintf("u%05d", i), Content: "a"})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"total_count": n, "auth": rows})
	})
}

func TestAllPagesAreRead(t *testing.T) {
	for _, n := range []int{0, 1, 999, 1000, 1001, 2000, 2500} {
		for _, byRow := range []bool{false, true} {
			rows, err := authorization{paged(t, n, byRow)}.list(t.Context())
			require.NoError(t, err)
			assert.Len(t, rows, n)
		}
	}
}

func TestAListThatDoesNotEndIsAnError(t *testing.T) {
	var calls atomic.Int32
	for name, body := range map[string]string{
		"the same page again": `{"total_count":2,"auth":[{"user_id":"u1","content":"a"}]}`,
		"nothing":             `{"total_count":2,"auth":[]}`,
	} {
		calls.Store(0)
		k := authorization{against(t, func(w http.ResponseWriter, _ *http.Request) {
			calls.Add(1)
			fmt.Fprint(w, body)
		})}
		_, err := k.list(t.Context())
		assert.True(t, step.IsClass(err, step.Unavailable), name)
		assert.LessOrEqual(t, calls.Load(), int32(3))
	}
	endless := authorization{against(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"total_count":1e9,"auth":[{"user_id":"u%d","content":"a"}]}`, calls.Add(1))
	})}
	calls.Store(0)
	_, err := endless.list(t.Context())
	assert.Error(t, err)
	assert.EqualValues(t, maxPages, calls.Load())
}

func TestRowsAreWrittenInOneWay(t *testing.T) {
	k := authorization{against(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"total_count":4,"auth":[
			{"user_id":"all","user_name":"all-users","user_type":"all-users","type":"AGENCY","content":"a"},
			{"user_id":"u1","user_name":null,"user_type":"iam","type":"agency","content":"b","secret_key":"x"},
			{"user_id":"g1","user_name":"g","user_type":"federation-group","type":"agency","content":"c"},
			{"user_name":"f","user_type":"federate","type":"agency","content":"d"}]}`)
	})}
	rows, err := k.list(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]row{
		"all-users": {Type: "agency", Content: "a", UserName: "all-users"},
		"u1":        {Type: "agency", Content: "b"},
		"g1":        {Type: "agency", Content: "c", UserName: "g", UserType: "federation-group"},
		"name:f":    {Type: "agency", Content: "d", UserName: "f", UserType: "federate"},
	}, rows)
}
