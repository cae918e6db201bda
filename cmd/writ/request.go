package main

import (
	"maps"

	"writ/engine/journal"
	"writ/engine/plan"
)

// request is what is asked of a session before it is known where that leads.
type request struct {
	cloud, region, project string
	sandbox                string
	endpoints              map[string]string // of the command line; later also the user's own
	began                  map[string]string // those that a run began with; nil when none is gone on with
}

// asked is the request of the command line alone.
func (a *app) asked() request {
	f := &a.flags
	return request{cloud: f.cloud, region: f.region, project: f.project, sandbox: f.sandbox, endpoints: f.endpoints}
}

// requestFor joins the flags with what a plan says of its target. Where both speak they must agree.
func (a *app) requestFor(p *plan.Plan) (request, error) {
	r := a.asked()
	for _, said := range []struct {
		flag string
		mine *string
		plan plan.String
	}{{"cloud", &r.cloud, p.Target.Cloud}, {"region", &r.region, p.Target.Region}, {"project-id", &r.project, p.Target.ProjectID}} {
		switch {
		case said.plan.Value == "":
		case *said.mine == "":
			*said.mine = said.plan.Value
		case *said.mine != said.plan.Value:
			return r, wrong("--%s says %s, the plan's target says %s (%s:%d)", said.flag, *said.mine, said.plan.Value, p.File, said.plan.At.Line)
		}
	}
	return r, nil
}

// requestOf is the request that leads back to where a run stands.
func (a *app) requestOf(open *journal.Opening) request {
	r := request{
		cloud: open.Target.Cloud, region: open.Target.Region, project: open.Target.ProjectID,
		sandbox: open.Target.Sandbox, endpoints: a.flags.endpoints, began: map[string]string{},
	}
	if a.flags.sandbox != "" && r.sandbox != "" {
		r.sandbox = a.flags.sandbox
	}
	if r.sandbox == "" {
		maps.Copy(r.began, open.Endpoints)
	}
	return r
}
