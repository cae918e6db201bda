// Package obs holds the kinds of object storage. It knows nothing of plans and of other services.
package obs

import (
	"context"

	"writ/engine/step"
	"writ/schemas"
	"writ/steps/cloud"
)

type buckets struct{ c *cloud.Client }

type bucketsIn struct {
	BucketType string `json:"bucket_type,omitempty"`
}

type bucketsState struct {
	Buckets []cloud.Bucket `json:"buckets"`
}

// Buckets lists the account's buckets.
func Buckets(c *cloud.Client) step.Kind {
	k := buckets{c}
	return step.Define(step.Spec[bucketsIn, bucketsState]{
		Name:    "obs.buckets",
		Summary: "the OBS buckets and parallel file systems of the account",
		Notes: []string{
			"The buckets of all regions are listed, whatever region is asked: filter by location before you hand one to a regional service.",
			"OBS has a signature of its own and takes no token: with a token, writ first gets a temporary access key from IAM.",
		},
		Schema:  schemas.Kind("obs.buckets"),
		Effect:  step.Reads,
		Actions: step.Actions{Read: step.Allow("obs:bucket:ListAllMyBuckets")},
		Read:    k.read,
		Outputs: func(_ bucketsIn, s bucketsState) any { return s },
	})
}

func (k buckets) read(ctx context.Context, in bucketsIn) (bucketsState, error) {
	found, err := k.c.Buckets(ctx, in.BucketType)
	if found == nil {
		found = []cloud.Bucket{}
	}
	return bucketsState{Buckets: found}, err
}
