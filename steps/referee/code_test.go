package referee_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// codeTable is the client's extract of the services' error tables: service, status, code. Here it is what services can
// say, whatever the client makes of it.
const codeTable = "../cloud/testdata/codes.tsv"

// codeRows are the codes of the tables that a sandbox says only when it is told to: each once, in the answer to one
// operation of its service. Those of the gateway come before one of MPC. They show that the sandbox has the envelope that
// the SDK reads, and nothing of the operation.
func codeRows(t *testing.T, good map[string]row) []row {
	t.Helper()
	raw, err := os.ReadFile(codeTable)
	require.NoError(t, err)
	var rows []row
	for _, line := range strings.Split(string(raw), "\n") {
		fields := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || len(fields) < 3 {
			continue
		}
		service, code := fields[0], fields[2]
		if service == "gateway" {
			service = "mpc"
		}
		status, err := strconv.Atoi(fields[1])
		require.NoError(t, err, line)
		if code != fields[1] { // Keystone's form, which has no codes
			rows = append(rows, codeRow(good[service], status, code))
		}
	}
	require.NotEmpty(t, rows)
	return rows
}

func codeRow(good row, status int, code string) row {
	want := refused(status, code, someText)
	if status == 403 && strings.HasPrefix(good.operation, "dbss ") {
		want = want.withEncoded("c2FuZGJveA==")
	}
	r := bad(good, fmt.Sprintf("by the tables: %d %s", status, code), want)
	r.faults = []string{fmt.Sprintf(`{"do": "status", "status": %d, "error_code": %q}`, status, code)}
	r.only, r.envelope = withPermanentKey, true // faults come after keys
	return r
}
