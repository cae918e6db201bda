package iam

import (
	"context"

	"writ/engine/step"
	"writ/steps/cloud"
)

// agencyBody is what a write says of an agency; a change says only what is to be another.
type agencyBody struct {
	Name            string  `json:"name,omitempty"`
	DomainID        string  `json:"domain_id,omitempty"`
	TrustDomainName string  `json:"trust_domain_name,omitempty"`
	TrustDomainID   string  `json:"trust_domain_id,omitempty"`
	Description     *string `json:"description,omitempty"`
	Duration        string  `json:"duration,omitempty"`
}

type wrapped struct {
	Agency agencyBody `json:"agency"`
}

// changed says what leads from one agency to the other. A name cannot change.
func changed(now, want row) agencyBody {
	var b agencyBody
	if now.TrustDomainName != want.TrustDomainName || now.TrustDomainID != want.TrustDomainID {
		b.TrustDomainName, b.TrustDomainID = want.TrustDomainName, want.TrustDomainID
	}
	if now.Description != want.Description {
		b.Description = &want.Description
	}
	if now.Duration != want.Duration {
		b.Duration = want.Duration
	}
	return b
}

// names lists what a change is about.
func (b agencyBody) names() []string {
	var names []string
	if b.TrustDomainName != "" || b.TrustDomainID != "" {
		names = append(names, "the trusted domain")
	}
	if b.Description != nil {
		names = append(names, "the description")
	}
	if b.Duration != "" {
		names = append(names, "the duration")
	}
	return names
}

// made is the answer to a write. It lacks the name of the trusted domain; a read tells.
type made struct {
	Agency struct {
		ID string `json:"id"`
	} `json:"agency"`
}

// Check doubts a success without an agency.
func (m *made) Check() (step.Class, string) {
	if m.Agency.ID == "" {
		return step.UnknownOutcome, "an answer without the agency's id"
	}
	return "", ""
}

// read finds the agency by its name.
func (k agency) read(ctx context.Context, in agencyIn) (agencyState, error) {
	domain, err := k.c.Domain(ctx)
	if err != nil {
		return agencyState{}, err
	}
	found, err := k.c.Agencies(ctx, in.Name)
	if err != nil || len(found) == 0 {
		return agencyState{Facts: facts{DomainID: domain}}, err
	}
	return stateOf(found[0], in), nil
}

// stateOf is the agency in the plan's own terms.
func stateOf(a cloud.Agency, in agencyIn) agencyState {
	r := row{ID: a.ID, Name: a.Name, Description: a.Description, Duration: shown(a.Duration)}
	if in.TrustDomainName != "" {
		r.TrustDomainName = a.TrustDomainName
	} else {
		r.TrustDomainID = a.TrustDomainID
	}
	return agencyState{Agency: &r, Facts: facts{a.DomainID, a.TrustDomainName, a.TrustDomainID}}
}
