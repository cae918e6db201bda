package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// variants are the places where the documents contradict each other or say nothing, and the sandbox can be told which
// way to go. Empty means the first choice of its line in choices. A document shows those that were given.
type variants struct {
	// Type of is_success in the answer of DLI's obs-authorize.
	DLIIsSuccess string `json:"dli_is_success,omitempty"`
	// What DLI answers to GET agency before the first POST: 404 DLI.0002, or no roles.
	DLIFresh string `json:"dli_fresh,omitempty"`
	// Status of MPC.10223; MPC.10224 is documented with 400 only.
	MPCConflictStatus int `json:"mpc_conflict_status,omitempty"`
	// What MPC answers to GET agencies before the first POST: CANCELED, or no operate_type.
	MPCFresh string `json:"mpc_fresh,omitempty"`
	// Type of creation_date in MPC's bucket list.
	MPCCreationDate string `json:"mpc_creation_date,omitempty"`
	// Type of result in ModelArts' answers to POST and DELETE authorizations.
	ModelArtsResult string `json:"modelarts_result,omitempty"`
	// Whether a POST for everybody only adds its row, or also overwrites the rows of individual users.
	ModelArtsEverybody string `json:"modelarts_everybody,omitempty"`
	// Whether a POST for a user who has a row updates it, or is refused with ModelArts.0424.
	ModelArtsRepost string `json:"modelarts_repost,omitempty"`
	// Which word for everybody ModelArts understands.
	ModelArtsEverybodyName string `json:"modelarts_everybody_name,omitempty"`
	// Whether ModelArts lets an authorization name an agency that IAM does not have, or refuses it with ModelArts.6376.
	ModelArtsAgencyCheck string `json:"modelarts_agency_check,omitempty"`
	// Shape of DBSS's errors: flat, inside "error", or flat with the details that a refusal by policy brings.
	DBSSError string `json:"dbss_error,omitempty"`
	// How long tokens are good for, and temporary keys at most; a day when 0.
	TokenSeconds int `json:"token_seconds,omitempty"`
	// Who refuses a token that has expired or was revoked: the gateway with APIGW.0307, or each service with a code of its
	// own.
	StaleToken string `json:"stale_token,omitempty"`
	// What IAM shows for the duration of an agency that does not expire.
	IAMForever string `json:"iam_forever,omitempty"`
	// How long IAM does not find a new agency by its id and leaves it out of lists.
	IAMVisibilitySeconds int `json:"iam_visibility_seconds,omitempty"`
	// How long IAM shows a new grant neither to a check nor in lists.
	RolePropagationSeconds int `json:"role_propagation_seconds,omitempty"`
	// How many calls a second each service takes; any number when 0.
	ThrottlePerSecond int `json:"throttle_per_second,omitempty"`
	// Whether the refusal of one call too many says after how many seconds to come again.
	ThrottleRetryAfter string `json:"throttle_retry_after,omitempty"`
}

type choice struct {
	name, given string
	allowed     []string
}

func (v variants) choices() []choice {
	return []choice{
		{"dli_is_success", v.DLIIsSuccess, []string{"string", "boolean"}},
		{"dli_fresh", v.DLIFresh, []string{"missing", "empty"}},
		{"mpc_fresh", v.MPCFresh, []string{"canceled", "empty"}},
		{"mpc_creation_date", v.MPCCreationDate, []string{"string", "integer"}},
		{"modelarts_result", v.ModelArtsResult, []string{"string", "boolean"}},
		{"modelarts_everybody", v.ModelArtsEverybody, []string{"add", "overwrite"}},
		{"modelarts_repost", v.ModelArtsRepost, []string{"upsert", "refuse"}},
		{"modelarts_everybody_name", v.ModelArtsEverybodyName, []string{"both", "all", everybody}},
		{"modelarts_agency_check", v.ModelArtsAgencyCheck, []string{"none", "strict"}},
		{"stale_token", v.StaleToken, []string{"gateway", "service"}},
		{"iam_forever", v.IAMForever, []string{durationForever, "null"}},
		{"dbss_error", v.DBSSError, []string{"flat", "nested", "details"}},
		{"throttle_retry_after", v.ThrottleRetryAfter, []string{"seconds", "none"}},
	}
}

func (v variants) check() error {
	for _, c := range v.choices() {
		if c.given != "" && !slices.Contains(c.allowed, c.given) {
			return fmt.Errorf("variants.%s: %q is not one of %s", c.name, c.given, strings.Join(c.allowed, ", "))
		}
	}
	if s := v.MPCConflictStatus; s != 0 && s != 403 && s != 400 {
		return fmt.Errorf("variants.mpc_conflict_status: %d is neither 403 nor 400", s)
	}
	return v.checkNumbers()
}

const variantMax = 86_400 // a day, or more calls a second than will come

func (v variants) checkNumbers() error {
	for _, n := range []struct {
		name  string
		given int
	}{
		{"token_seconds", v.TokenSeconds},
		{"iam_visibility_seconds", v.IAMVisibilitySeconds},
		{"role_propagation_seconds", v.RolePropagationSeconds},
		{"throttle_per_second", v.ThrottlePerSecond},
	} {
		if n.given < 0 || n.given > variantMax {
			return fmt.Errorf("variants.%s: %d is not within 0 to %d", n.name, n.given, variantMax)
		}
	}
	return nil
}

// typedTrue is true in the JSON type that a variant asks for.
func typedTrue(kind string) any {
	if kind == "boolean" {
		return true
	}
	return "true"
}
