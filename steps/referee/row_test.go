package referee_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
)

// row is one outcome of one operation.
type row struct {
	operation string // the service, and the SDK's name of the operation
	outcome   string
	envelope  bool // it tries only the envelope of an error code, and is no outcome of the operation

	// The cloud: JSON members of the sandbox's state.
	here       string // of our project; "" is the example of the documents
	account    string // of IAM
	beside     string // of the whole
	variants   string // where the documents leave a choice
	everywhere bool   // it has all services; otherwise IAM and the row's own

	// What happened before the call, in this order.
	ahead  time.Duration  // of the SDK's clock, the sandbox's was
	scope  *iam.AuthScope // of the token that the caller has; nil is the account's
	first  call           // was made; its answer is another row's
	spoil  int            // calls were made with a wrong secret
	limits string         // variants that hold from then on
	later  time.Duration  // went by
	faults []string       // were installed
	twice  bool           // the call was made a first time just now

	strange func(place, keys) (place, keys) // who calls, and from where
	only    string                          // the one way of signing that the row is about; "" is all that fit
	call    call
	want    answer
	part    string // of the state, when it is to be another: a dotted name
	then    string // and what it then is, as JSON
}

// call is one call of a typed client.
type call func(sdk) (any, error)

// example is the project that the documents show: two buckets in cn-north-7, nothing granted.
const example = `"dbss": {"obs_buckets": [{"bucket_name": "1202"}, {"bucket_name": "aosblueprints-example"}]},
	"mpc": {"agency": "CANCELED", "buckets": [{"bucket": "1202"}, {"bucket": "aosblueprints-example"}]}`

func (r row) seed() string {
	here := r.here
	if here == "" {
		here = example
	}
	document := fmt.Sprintf(`{"projects": {%q: {%s}}, "iam": {%s}, "variants": {%s}`, ours, here, r.account, r.variants)
	if r.beside != "" {
		document += ", " + r.beside
	}
	return document + "}"
}

func (r row) service() string {
	service, _, _ := strings.Cut(r.operation, " ")
	return service
}

// services are the row's own and IAM, which gives tokens: each costs a listener.
func (r row) services() []string {
	if r.everywhere {
		return nil
	}
	return slices.Compact([]string{"iam", r.service()})
}

// run makes the row's call, in a sandbox of its own, signed in that way; it answers the request that the sandbox saw.
func (r row) run(t *testing.T, sign func(*world) keys) request {
	t.Helper()
	w := open(t, r.seed(), r.services(), r.ahead)
	w.signIn(r.scope)
	if r.service() == "iam" && r.ahead == 0 {
		w.lookUp()
	}
	at, k := w.place, sign(w)
	r.prepare(w, k)
	if r.strange != nil {
		at, k = r.strange(at, k)
	}
	c := w.sdk(at, k)
	if r.twice {
		w.wait(time.Second) // what was asked to prepare for it does not count
		_, _ = r.call(c)
	}
	w.control("DELETE", "/-/requests", "")
	before := w.state()
	got, err := r.call(c)
	w.judge(r.want, got, err)
	w.changed(r, before)
	return w.only()
}

// prepare is what happened before.
func (r row) prepare(w *world, k keys) {
	w.t.Helper()
	if r.first != nil {
		_, _ = r.first(w.sdk(w.place, k))
	}
	for range r.spoil {
		spoiled := k
		spoiled.secret = "wrong"
		_, _ = r.call(w.sdk(w.place, spoiled))
	}
	if r.limits != "" {
		w.limit(r.limits)
	}
	w.wait(r.later)
	for _, f := range r.faults {
		w.control("POST", "/-/faults", f)
	}
}
