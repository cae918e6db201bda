package signin_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"writ/engine/step"
	"writ/steps/signin"
)

// half answers with a status and the beginning of a body, or with nothing, and then waits for the caller to go.
func half(status int, arrived func()) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if status != 0 {
			w.Header().Set("X-Subject-Token", "t")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"token":{`))
			_ = http.NewResponseController(w).Flush()
		}
		arrived()
		<-r.Context().Done()
	}
}

func TestAnAnswerThatDoesNotComeInTime(t *testing.T) {
	for _, status := range []int{0, http.StatusOK, http.StatusCreated, http.StatusBadRequest} {
		i := newIAM(t)
		i.answer = half(status, func() {})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := i.withPassword(t).SignIn(ctx)
		cancel()
		assert.True(t, step.IsClass(err, step.Unavailable), "%v", err)
		assert.Equal(t, "timed out: there was no whole answer in time", step.ErrorOf(err).Message, status)

		ctx, cancel = context.WithCancel(t.Context())
		i = newIAM(t)
		i.answer = half(status, cancel)
		_, err = i.withPassword(t).SignIn(ctx)
		assert.True(t, step.IsClass(err, step.Unavailable), "%v", err)
		assert.Equal(t, "interrupted before there was a whole answer", step.ErrorOf(err).Message, status)
	}
}

func TestARefusalHoldsThoughItsWordsDoNotComeInTime(t *testing.T) {
	i := newIAM(t)
	i.answer = half(http.StatusUnauthorized, func() {})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := i.withPassword(t).SignIn(ctx)
	assert.True(t, step.IsClass(err, step.Unauthenticated), "%v", err)
}

func TestAMetadataServiceThatDoesNotAnswerInTime(t *testing.T) {
	i := newIAM(t)
	ctx, cancel := context.WithCancel(t.Context())
	i.answer = func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		cancel()
		<-r.Context().Done()
	}
	o := desk{}.options(t)
	o.Auth, o.Endpoints = signin.ECS, map[string]string{"metadata": i.url}
	_, err := discover(t, o).SignIn(ctx)
	assert.True(t, step.IsClass(err, step.Unavailable), "%v", err)
	assert.ErrorContains(t, err, "interrupted before there was a whole answer")
}
