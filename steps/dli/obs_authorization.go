package dli

import (
	"context"
	"net/http"
	"slices"

	"writ/engine/step"
	"writ/schemas"
	"writ/steps/cloud"
)

type obsAuthorization struct{ c *cloud.Client }

type obsAuthorizationIn struct {
	ObsBuckets []string `json:"obs_buckets"`
}

type obsAuthorizationState struct {
	ObsBuckets []string `json:"obs_buckets"`
}

// ObsAuthorization lets DLI write into buckets. Nothing reads that grant and nothing takes it back.
func ObsAuthorization(c *cloud.Client) step.Kind {
	k := obsAuthorization{c}
	return step.Define(step.Spec[obsAuthorizationIn, obsAuthorizationState]{
		Name:    "dli.obs_authorization",
		Summary: "DLI's permission to write checkpoints and logs into OBS buckets",
		Notes: []string{
			"No call reads the grant and none takes it back: the step needs irreversible: accept.",
			"What the call does the second time, or when one bucket of several is bad, is not documented.",
			"The API is deprecated; the service recommends a custom agency in IAM.",
		},
		Schema:  schemas.Kind("dli.obs_authorization"),
		Effect:  step.Irreversible,
		Actions: step.Actions{Apply: step.Undocumented("dli RegisterBucket")},
		Goal: func(in obsAuthorizationIn, before obsAuthorizationState) obsAuthorizationState {
			return obsAuthorizationState{ObsBuckets: set(before.ObsBuckets, in.ObsBuckets)}
		},
		Apply: k.apply,
		Outputs: func(in obsAuthorizationIn, s obsAuthorizationState) any {
			others := func(b string) bool { return !slices.Contains(in.ObsBuckets, b) }
			return obsAuthorizationState{ObsBuckets: slices.DeleteFunc(set(s.ObsBuckets), others)}
		},
		Objects: func(in obsAuthorizationIn) []string {
			var names []string
			for _, b := range set(in.ObsBuckets) {
				names = append(names, "dli.obs_authorization/"+b)
			}
			return names
		},
		Doubt: func(obsAuthorizationIn, obsAuthorizationState) step.Doubt { return step.Doubt{Class: step.Unreadable} },
		Present: func(in obsAuthorizationIn, s obsAuthorizationState) bool {
			return !slices.ContainsFunc(in.ObsBuckets, func(b string) bool { return !slices.Contains(s.ObsBuckets, b) })
		},
	})
}

// apply posts the wanted buckets and no others.
func (k obsAuthorization) apply(ctx context.Context, in obsAuthorizationIn, _ obsAuthorizationState) error {
	return k.c.Call(ctx, cloud.Call{
		Service: "dli", Operation: "RegisterBucket", Method: http.MethodPost,
		Path: "/v1.0/{project_id}/dli/obs-authorize", Body: in, Out: new(authorized),
	})
}

// authorized is a verdict that no read can correct: without is_success the outcome is unknown.
type authorized struct{ verdict }

func (a *authorized) Check() (step.Class, string) {
	if a.IsSuccess == nil {
		return step.UnknownOutcome, "an answer without is_success"
	}
	return a.verdict.Check()
}
