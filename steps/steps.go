// Package steps is the one list of the kinds of step. It knows nothing of plans and runs.
package steps

import (
	"writ/engine/step"
	"writ/steps/cloud"
	"writ/steps/dbss"
	"writ/steps/dli"
	"writ/steps/iam"
	"writ/steps/modelarts"
	"writ/steps/mpc"
	"writ/steps/obs"
)

// Kinds lists all kinds, in the order in which they are explained. Without a client they describe themselves, and
// every call that they make is an error.
func Kinds(c *cloud.Client) step.Kinds {
	return step.Kinds{
		dbss.ObsBuckets(c),
		obs.Buckets(c),
		dli.ObsAuthorization(c),
		dli.Agency(c),
		mpc.Agency(c),
		mpc.BucketAuthorization(c),
		iam.Agency(c),
		iam.AgencyRole(c),
		modelarts.Agency(c),
		modelarts.Authorization(c),
	}
}
