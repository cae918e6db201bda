// Package iam holds the kinds of identity and access management: agencies of the account and what they may do. It knows
// nothing of plans and of the services that act through agencies.
package iam

import (
	"context"
	"net/http"
	"strings"

	"writ/engine/step"
	"writ/schemas"
	"writ/steps/cloud"
)

type agency struct{ c *cloud.Client }

// agencyIn has a description that may be asked to be empty; one that is left out stays as it is.
type agencyIn struct {
	Name            string  `json:"name"`
	TrustDomainName string  `json:"trust_domain_name,omitempty"`
	TrustDomainID   string  `json:"trust_domain_id,omitempty"`
	Description     *string `json:"description,omitempty"`
	Duration        string  `json:"duration,omitempty"`
}

// agencyState is the agency, or nil where there is none, and what explains it without being compared or restored.
type agencyState struct {
	Agency *row  `json:"agency"`
	Facts  facts `json:"facts,omitzero"`
}

// row is an agency as plans speak of it: of the trusted domain it has the name or the id, whichever the plan gives, and
// the duration is FOREVER or days.
type row struct {
	ID              string `json:"id,omitempty"`
	Name            string `json:"name"`
	TrustDomainName string `json:"trust_domain_name,omitempty"`
	TrustDomainID   string `json:"trust_domain_id,omitempty"`
	Description     string `json:"description,omitempty"`
	Duration        string `json:"duration"`
}

type facts struct {
	DomainID        string `json:"domain_id,omitempty"`
	TrustDomainName string `json:"trust_domain_name,omitempty"`
	TrustDomainID   string `json:"trust_domain_id,omitempty"`
}

// Agency makes an agency of the account, or changes one.
func Agency(c *cloud.Client) step.Kind {
	k := agency{c}
	return step.Define(step.Spec[agencyIn, agencyState]{
		Name:    "iam.agency",
		Summary: "an IAM agency: an account or a cloud service that may act for this account",
		Notes: []string{
			"An agency of that name that is there is changed to what is asked, and undo puts the old values back; one that this run made is deleted, and the roles it was given by anyone go with it.",
			"Who uses an agency by its name, as ModelArts' authorizations do in every project, cannot be seen from IAM: undo deletes it all the same.",
			"Domains of cloud services are called op_svc_…: op_svc_uquery is DLI's and op_svc_eiwizard ModelArts', by a public note and no API page. A name that IAM does not know is refused with TrustDomainNotFound.",
			"Open Telekom Cloud's page wants the trusted domain changed by id and name together; writ sends the one that the plan gives.",
			"A new duration counts from the day it is set, also when undo sets the old one.",
			"A new agency may take up to two minutes to turn up; an account may have 50. The calls need Security Administrator.",
		},
		Schema: schemas.Kind("iam.agency"),
		Effect: step.Reversible,
		Actions: step.Actions{
			Read:  allow("iam:agencies:listAgencies"),
			Apply: allow("iam:agencies:createAgency", "iam:agencies:updateAgency"),
			Undo:  allow("iam:agencies:updateAgency", "iam:agencies:deleteAgency"),
		},
		Read:    k.read,
		Goal:    goal,
		Apply:   k.apply,
		Undo:    k.undo,
		Reverse: reverse,
		Outputs: outputs,
		Objects: func(in agencyIn) []string { return []string{"iam.agency/" + in.Name} },
		Doubt:   doubt,
		Counts:  func(s agencyState) agencyState { return agencyState{Agency: s.Agency} },
		Present: func(_ agencyIn, s agencyState) bool { return s.Agency != nil },
		Accepts: accepts,
	})
}

// doubt lets a write be sent again: the name is the plan's, so IAM refuses to make a second agency.
func doubt(agencyIn, agencyState) step.Doubt {
	return step.Doubt{Class: step.Set, Settle: cloud.AgencyLag}
}

// goal keeps what the plan does not speak of. A new agency has no id yet.
func goal(in agencyIn, before agencyState) agencyState {
	r := row{Name: in.Name, Duration: forever}
	if before.Agency != nil {
		r = *before.Agency
	}
	r.TrustDomainName, r.TrustDomainID = in.TrustDomainName, in.TrustDomainID
	if in.Description != nil {
		r.Description = *in.Description
	}
	if in.Duration != "" {
		r.Duration = inDays(in.Duration)
	}
	return agencyState{Agency: &r, Facts: before.Facts}
}

// accepts takes a new agency for what was asked, with the id that IAM gave it.
func accepts(in agencyIn, before, found agencyState) bool {
	if before.Agency != nil || found.Agency == nil {
		return false
	}
	want := *goal(in, before).Agency
	want.ID = found.Agency.ID
	return want == *found.Agency
}

type agencyOut struct {
	ID              string `json:"id,omitempty"`
	Name            string `json:"name"`
	DomainID        string `json:"domain_id,omitempty"`
	TrustDomainName string `json:"trust_domain_name,omitempty"`
	TrustDomainID   string `json:"trust_domain_id,omitempty"`
	Description     string `json:"description"`
	Duration        string `json:"duration"`
}

// outputs leaves out what is not known before IAM has said it: the id, and of the trusted domain what the plan does not
// give.
func outputs(_ agencyIn, s agencyState) any {
	out := agencyOut{
		ID: s.Agency.ID, Name: s.Agency.Name, DomainID: s.Facts.DomainID, TrustDomainName: s.Agency.TrustDomainName,
		TrustDomainID: s.Agency.TrustDomainID, Description: s.Agency.Description, Duration: s.Agency.Duration,
	}
	switch {
	case s.Facts.TrustDomainName != "" && out.TrustDomainName == s.Facts.TrustDomainName:
		out.TrustDomainID = s.Facts.TrustDomainID
	case s.Facts.TrustDomainID != "" && out.TrustDomainID == s.Facts.TrustDomainID:
		out.TrustDomainName = s.Facts.TrustDomainName
	}
	return out
}

func reverse(_ agencyIn, now, want agencyState) step.Reversal[agencyState] {
	r := step.Reversal[agencyState]{Want: want}
	switch {
	case now.Agency == nil && want.Agency == nil:
		r.Says = "undo changes nothing"
	case want.Agency == nil:
		r.Says = "undo deletes the agency " + now.Agency.Name + " and with it every role it has been given"
	case now.Agency == nil:
		why := "the agency is gone; a new one would have another id and none of its roles"
		r.Want, r.Says = now, "undo leaves IAM as it is: "+why
		r.Left = []step.Residue{{Field: "agency", Why: why}}
	default:
		return reverseUpdate(*now.Agency, *want.Agency)
	}
	return r
}

// reverseUpdate puts old values back, but for a duration that IAM showed and would not take.
func reverseUpdate(now, want row) step.Reversal[agencyState] {
	r := step.Reversal[agencyState]{Says: "undo changes nothing"}
	if want.Duration != now.Duration && !canBeSet(want.Duration) {
		why := "IAM takes whole days, and it was " + want.Duration
		r.Left = []step.Residue{{Field: "agency.duration", Why: why}}
		want.Duration = now.Duration
	}
	if names := changed(now, want).names(); len(names) > 0 {
		r.Says = "undo puts back " + strings.Join(names, ", ")
	}
	r.Want = agencyState{Agency: &want}
	return r
}

func (k agency) apply(ctx context.Context, in agencyIn, before agencyState) error {
	want := *goal(in, before).Agency
	if before.Agency != nil {
		return k.update(ctx, before.Agency.ID, changed(*before.Agency, want))
	}
	err := k.create(ctx, want)
	if !step.IsClass(err, step.Conflict) {
		return err
	}
	return k.taken(ctx, in, before, err)
}

// taken says what a refusal means because of an agency of that name: the goal is met, by us or by somebody else, unless
// the agency is seen to be another one.
func (k agency) taken(ctx context.Context, in agencyIn, before agencyState, refusal error) error {
	found, err := k.read(ctx, in)
	if err == nil && found.Agency != nil && !accepts(in, before, found) {
		return refusal
	}
	so := *step.ErrorOf(refusal)
	so.Class = step.AlreadySo
	return &so
}

func (k agency) undo(ctx context.Context, _ agencyIn, now, want agencyState) error {
	switch {
	case now.Agency == nil:
		return nil
	case want.Agency == nil:
		return k.c.DeleteAgency(ctx, now.Agency.ID)
	}
	return k.update(ctx, now.Agency.ID, changed(*now.Agency, *want.Agency))
}

func (k agency) create(ctx context.Context, r row) error {
	domain, err := k.c.Domain(ctx)
	if err != nil {
		return err
	}
	body := agencyBody{
		Name: r.Name, DomainID: domain, TrustDomainName: r.TrustDomainName, TrustDomainID: r.TrustDomainID,
		Description: &r.Description, Duration: r.Duration,
	}
	return k.c.Call(ctx, cloud.Call{
		Service: "iam", Operation: "CreateAgency", Method: http.MethodPost, Path: "/v3.0/OS-AGENCY/agencies",
		Body: wrapped{body}, Out: new(made), OK: []int{http.StatusCreated}, Domain: true,
	})
}

func (k agency) update(ctx context.Context, id string, body agencyBody) error {
	if len(body.names()) == 0 {
		return nil
	}
	return k.c.Call(ctx, cloud.Call{
		Service: "iam", Operation: "UpdateAgency", Method: http.MethodPut, Path: "/v3.0/OS-AGENCY/agencies/{agency_id}",
		IDs: map[string]string{"agency_id": id}, Body: wrapped{body}, Out: new(made), Domain: true,
	})
}
