package cloud_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"writ/engine/step"
	"writ/steps/cloud"
)

func TestShortSecretsDoNotTearTexts(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
		fmt.Fprint(w, `{"error_code":"X.1","error_msg":"an agency is there, abcdef"}`)
	}, func(cfg *cloud.Config) { cfg.Credentials.SecretKey = cloud.Hide("agenc") })
	call := get(nil)
	call.Secrets = []cloud.Secret{cloud.Hide("a"), cloud.Hide("there"), cloud.Hide("abcdef")}
	assert.Equal(t, "an agency is there, (secret)", step.ErrorOf(c.Call(t.Context(), call)).Message)
}
