package referee_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// apart are the sandbox's operations that no SDK has a call for.
var apart = map[string]string{
	"iam KeystoneCheckToken":       "HEAD of tokens: the SDK has GET only",
	"iam KeystoneRevokeToken":      "DELETE of tokens: not in the SDK",
	"metadata CreateMetadataToken": "the SDK asks 169.254.169.254 and nobody else",
	"metadata ShowSecurityKey":     "likewise",
}

// The ways in which a row is tried.
const (
	withPermanentKey = "with a permanent key"
	withTemporaryKey = "with a temporary key"
	withToken        = "with a token"  // the SDK's clients of other services than IAM know no tokens
	withoutKey       = "without a key" // for what gets the first token
)

var ways = []struct {
	name string
	sign func(*world) keys
}{
	{withPermanentKey, func(w *world) keys { return w.keys }},
	{withTemporaryKey, (*world).temporary},
	{withToken, func(w *world) keys { return keys{access: w.keys.access, secret: w.keys.secret, auth: w.known.token} }},
	{withoutKey, func(w *world) keys { return w.keys }},
}

// fits tells whether a row can be tried in a way. What is about keys is not about tokens.
func (r row) fits(way string) bool {
	if r.only != "" {
		return r.only == way
	}
	isAboutKeys := r.strange != nil || r.spoil > 0 || r.ahead > 0
	return way == withPermanentKey || way == withTemporaryKey || way == withToken && r.service() == "iam" && !isAboutKeys
}

// TestSummary runs every outcome of every operation through the SDK, and counts them, the error codes' envelopes apart:
//
//	go test -v -run Summary ./steps/referee
func TestSummary(t *testing.T) {
	table := operations(t)
	rows := allRows(t, table)
	count := tally{outcomes: map[string]int{}, ways: map[string]int{}}
	succeeded := map[string]bool{}
	for _, r := range rows {
		count.add(r)
		for _, way := range ways {
			if !r.fits(way.name) {
				continue
			}
			t.Run(r.operation+"/"+r.outcome+"/"+way.name, func(t *testing.T) {
				seen := r.run(t, way.sign)
				require.Equal(t, r.operation, seen.Service+" "+seen.Operation)
				succeeded[r.operation+" "+way.name] = succeeded[r.operation+" "+way.name] || r.want.isSuccess()
			})
		}
	}
	for _, o := range table {
		isCalled := succeeded[o.String()+" "+withPermanentKey] && succeeded[o.String()+" "+withTemporaryKey]
		assert.True(t, apart[o.String()] != "" || isCalled || succeeded[o.String()+" "+withoutKey], "%s: the SDK never made it succeed", o)
	}
	t.Log("\n" + count.String())
}

// tally is what TestSummary ran.
type tally struct {
	rows      int
	outcomes  map[string]int // by operation
	ways      map[string]int // calls by way
	envelopes int
}

func (c *tally) add(r row) {
	if r.envelope {
		c.envelopes++
		return
	}
	c.rows++
	c.outcomes[r.operation]++
	for _, way := range ways {
		if r.fits(way.name) {
			c.ways[way.name]++
		}
	}
}

func (c tally) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.outcomes)) {
		fmt.Fprintf(&b, "%-50s %3d outcomes\n", name, c.outcomes[name])
	}
	fmt.Fprintf(&b, "%d operations, %d rows of operation and outcome:", len(c.outcomes), c.rows)
	for _, way := range slices.Sorted(maps.Keys(c.ways)) {
		fmt.Fprintf(&b, " %d %s,", c.ways[way], way)
	}
	return strings.TrimSuffix(b.String(), ",") + fmt.Sprintf("\napart from these %d error codes, for their envelope only\n", c.envelopes)
}

// allRows are the services' rows, and for each operation the gateway's.
func allRows(t *testing.T, table []operation) []row {
	t.Helper()
	rows := slices.Concat(dbssRows(), dliRows(), mpcRows(), modelartsRows(), iamRows(), obsRows())
	good := map[string]row{} // the first of each service
	for _, o := range table {
		i := slices.IndexFunc(rows, func(r row) bool { return r.operation == o.String() && r.want.sort == success })
		switch {
		case apart[o.String()] != "":
		case i < 0:
			t.Errorf("%s: no row in which it succeeds", o)
		default:
			if _, is := good[o.service]; !is && rows[i].only == "" {
				good[o.service] = rows[i]
			}
			rows = append(rows, gatewayRows(o, rows[i])...)
		}
	}
	rows = append(rows, codeRows(t, good)...)
	unique(t, rows)
	return rows
}

func unique(t *testing.T, rows []row) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range rows {
		name := r.operation + "/" + r.outcome
		require.False(t, seen[name], "%s stands twice", name)
		seen[name] = true
	}
}
