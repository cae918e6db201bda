package main

import (
	"cmp"
	"slices"
	"strings"

	"writ/engine/diag"
	"writ/engine/plan"
	"writ/steps/cloud"
)

// instead says what else a plan can do where a service is not there.
var instead = map[string]string{
	"dbss": "obs.buckets lists the account's buckets everywhere",
	"mpc":  "an if over target.region leaves the step out there",
}

// checkPlaces prints where a plan goes wrong, before anybody is asked for anything.
func (a *app) checkPlaces(p *plan.Plan, r request) error {
	if err := a.addressesOf(&r, ""); err != nil {
		return wrong("%s", err)
	}
	return a.report(misplaced(p, r))
}

// misplaced are the faults of steps whose service is not where the plan goes. A step with a condition may be meant for
// other places, and what has an address of its own is there. In a sandbox, everything is.
func misplaced(p *plan.Plan, r request) []diag.Diagnostic {
	if p == nil || r.sandbox != "" || r.region == "" {
		return nil
	}
	var faults []diag.Diagnostic
	for _, s := range p.Steps {
		service, _, _ := strings.Cut(s.Uses.Value, ".")
		if _, own := r.endpoints[service]; own || s.If != nil || !slices.Contains(services, service) {
			continue
		}
		if _, err := cloud.Endpoint(cmp.Or(r.cloud, cloudOf(r.region)), r.region, service); err != nil {
			faults = append(faults, diag.Diagnostic{
				File: p.File, Line: s.Uses.At.Line, Col: s.Uses.At.Col, EndCol: s.Uses.At.Col + len(s.Uses.Value),
				Severity: diag.Error, Rule: "no-such-service", Message: s.Uses.Value + ": " + err.Error(), Suggestion: instead[service],
				Text: strings.Split(string(p.Source), "\n")[s.Uses.At.Line-1],
			})
		}
	}
	return faults
}
