package cloud_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine/step"
)

// What is too long is no answer, even if it is well-formed to its end.
func TestALongAnswerIsNone(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"a":"`+strings.Repeat("x", 5<<20)+`"}`)
	})
	err := c.Call(t.Context(), get(&struct{}{}))
	require.True(t, step.IsClass(err, step.Unavailable), "%v", err)
	require.ErrorContains(t, err, "larger than 4 MiB")
}
