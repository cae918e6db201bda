package mpc

import (
	"context"
	"fmt"
	"net/http"

	"writ/engine/step"
	"writ/schemas"
	"writ/steps/cloud"
)

// The two values of operation.
const (
	authorize = "1"
	revoke    = "0"
)

type bucketAuthorization struct{ c *cloud.Client }

type bucketAuthorizationIn struct {
	Bucket    string `json:"bucket"`
	Operation string `json:"operation"`
}

// bucketAuthorizationState is the bucket's own switch, 0 or 1.
type bucketAuthorizationState struct {
	IsAuthorized int `json:"is_authorized"`
}

// BucketAuthorization lets MPC work on one bucket, or no longer.
func BucketAuthorization(c *cloud.Client) step.Kind {
	k := bucketAuthorization{c}
	return step.Define(step.Spec[bucketAuthorizationIn, bucketAuthorizationState]{
		Name:    "mpc.bucket_authorization",
		Summary: "MPC's permission to read and write one OBS bucket",
		Notes: []string{
			"MPC works on such a bucket in its own role: what it writes there is MPC's and does not inherit the bucket's policy. mpc.agency lets it act for the user, on all buckets; one of the two suffices.",
			"The bucket must be in the region of MPC, in its list. MPC refuses buckets that are encrypted with KMS (MPC.10209); that shows only when the step is applied.",
			"Whether the list shows a bucket as authorized because mpc.agency is on is not documented: writ takes the two for separate switches.",
			"MPC exists in few regions and not on Open Telekom Cloud.",
		},
		Schema: schemas.Kind("mpc.bucket_authorization"),
		Effect: step.Reversible,
		Actions: step.Actions{
			Read:  allow("mpc:bucket:view"),
			Apply: allow("mpc:bucket:updateAuthorized"),
			Undo:  allow("mpc:bucket:updateAuthorized"),
		},
		Read: k.read,
		Goal: func(in bucketAuthorizationIn, _ bucketAuthorizationState) bucketAuthorizationState {
			return bucketAuthorizationState{IsAuthorized: map[string]int{authorize: 1}[in.Operation]}
		},
		Apply: func(ctx context.Context, in bucketAuthorizationIn, _ bucketAuthorizationState) error {
			return k.put(ctx, in)
		},
		Undo:    k.undo,
		Reverse: reverseBucket,
		Outputs: func(in bucketAuthorizationIn, s bucketAuthorizationState) any {
			return mpcBucket{Bucket: in.Bucket, IsAuthorized: &s.IsAuthorized}
		},
		Objects: func(in bucketAuthorizationIn) []string { return []string{"mpc.bucket/" + in.Bucket} },
	})
}

func reverseBucket(in bucketAuthorizationIn, now, want bucketAuthorizationState) step.Reversal[bucketAuthorizationState] {
	r := step.Reversal[bucketAuthorizationState]{Want: want, Says: "undo changes nothing"}
	switch {
	case now == want:
	case want.IsAuthorized == 1:
		r.Says = "undo authorizes MPC on the bucket " + in.Bucket
	default:
		r.Says = "undo takes the bucket " + in.Bucket + " away from MPC"
	}
	return r
}

// mpcBucket is a bucket as the service lists it. creation_date is left out: it comes as text or as a number.
type mpcBucket struct {
	Bucket       string `json:"bucket"`
	IsAuthorized *int   `json:"is_authorized"`
}

type bucketList struct {
	Buckets []mpcBucket `json:"buckets"`
}

// Check refuses a third position of a switch.
func (l *bucketList) Check() (step.Class, string) {
	for _, b := range l.Buckets {
		if b.IsAuthorized == nil || *b.IsAuthorized != 0 && *b.IsAuthorized != 1 {
			return step.UnknownOutcome, fmt.Sprintf("the bucket %q with an is_authorized that is neither 0 nor 1", b.Bucket)
		}
	}
	return "", ""
}

// read looks the bucket up in the list. One that is not there is not known to be without authorization: its name may be
// wrong, or it lies in another region.
func (k bucketAuthorization) read(ctx context.Context, in bucketAuthorizationIn) (bucketAuthorizationState, error) {
	var out bucketList
	err := k.c.Call(ctx, cloud.Call{
		Service: "mpc", Operation: "ListAllBuckets", Method: http.MethodGet, Path: "/v1/{project_id}/buckets", Out: &out,
	})
	if err != nil {
		return bucketAuthorizationState{}, err
	}
	for _, b := range out.Buckets {
		if b.Bucket == in.Bucket {
			return bucketAuthorizationState{IsAuthorized: *b.IsAuthorized}, nil
		}
	}
	return bucketAuthorizationState{}, &step.Error{
		Class: step.Invalid, Operation: "mpc ListAllBuckets",
		Message: fmt.Sprintf("MPC lists no bucket %s in the target's region; it sees no buckets of others", in.Bucket),
	}
}

func (k bucketAuthorization) undo(ctx context.Context, in bucketAuthorizationIn, now, want bucketAuthorizationState) error {
	if now == want {
		return nil
	}
	return k.put(ctx, bucketAuthorizationIn{in.Bucket, []string{revoke, authorize}[want.IsAuthorized]})
}

// put sends operation as text, as the table of the API page and the official SDK have it; the page's example has a
// number.
func (k bucketAuthorization) put(ctx context.Context, in bucketAuthorizationIn) error {
	err := k.c.Call(ctx, cloud.Call{
		Service: "mpc", Operation: "UpdateBucketAuthorized", Method: http.MethodPut, Path: "/v1/{project_id}/authority",
		Body: in, OK: []int{http.StatusNoContent},
	})
	return explained(err)
}

// explained adds to a refusal what the service does not say: why it may have refused.
func explained(err error) error {
	if !step.IsClass(err, step.Invalid) {
		return err
	}
	e := *step.ErrorOf(err)
	if e.Code == "MPC.10209" {
		e.Message += "; MPC refuses a bucket that is encrypted with KMS or lies in another region"
	}
	return &e
}
