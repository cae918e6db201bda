// Package dbss holds the kinds of database audit. It knows nothing of plans and of other services.
package dbss

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"writ/engine/step"
	"writ/schemas"
	"writ/steps/cloud"
)

type obsBuckets struct{ c *cloud.Client }

type obsBucketsIn struct{}

type obsBucketsState struct {
	ObsList []bucket `json:"obs_list"`
}

type bucket struct {
	BucketName string `json:"bucket_name"`
	Location   string `json:"location"`
}

// ObsBuckets lists the buckets that audit backup and risk export may use.
func ObsBuckets(c *cloud.Client) step.Kind {
	k := obsBuckets{c}
	return step.Define(step.Spec[obsBucketsIn, obsBucketsState]{
		Name:    "dbss.obs_buckets",
		Summary: "the OBS buckets that database audit can use for backups and risk export",
		Notes: []string{
			"Whether buckets of other regions are listed is not documented: compare location before handing one to a regional service.",
			"Open Telekom Cloud has no DBSS API.",
		},
		Schema:  schemas.Kind("dbss.obs_buckets"),
		Effect:  step.Reads,
		Actions: step.Actions{Read: step.Undocumented("dbss ListAuditObsBuckets")},
		Read:    k.read,
		Outputs: func(_ obsBucketsIn, s obsBucketsState) any { return s },
	})
}

func (k obsBuckets) read(ctx context.Context, _ obsBucketsIn) (obsBucketsState, error) {
	var out obsBucketsState
	err := k.c.Call(ctx, cloud.Call{
		Service: "dbss", Operation: "ListAuditObsBuckets", Method: http.MethodGet,
		Path: "/v2/{project_id}/audit/backup/obs-buckets", Out: &out,
	})
	if out.ObsList == nil {
		out.ObsList = []bucket{}
	}
	slices.SortFunc(out.ObsList, func(a, b bucket) int {
		return cmp.Or(cmp.Compare(a.BucketName, b.BucketName), cmp.Compare(a.Location, b.Location))
	})
	return out, err
}
