// Package modelarts holds the kinds of ModelArts. It knows nothing of plans and of other services but IAM, which
// keeps ModelArts' agencies.
package modelarts

import (
	"context"
	"net/http"
	"strings"

	"writ/engine/step"
	"writ/schemas"
	"writ/steps/cloud"
)

type agency struct{ c *cloud.Client }

type agencyIn struct {
	AgencyNameSuffix string `json:"agency_name_suffix,omitempty"`
}

// agencyState is the agency, or nothing but empty fields when there is none. ID and UsedBy explain it.
type agencyState struct {
	AgencyName string   `json:"agency_name"`
	ID         string   `json:"id,omitempty"`
	UsedBy     []string `json:"used_by,omitempty"` // users of this project whose authorization names it
}

// Agency has ModelArts create an IAM agency for itself.
func Agency(c *cloud.Client) step.Kind {
	k := agency{c}
	return step.Define(step.Spec[agencyIn, agencyState]{
		Name:    "modelarts.agency",
		Summary: "the IAM agency through which ModelArts reaches OBS and other services",
		Notes: []string{
			"ModelArts chooses the agency's rights; which they are is not documented.",
			"The agency belongs to the account: an authorization in another project may name it too, which writ cannot see from here.",
			"Undo deletes the agency in IAM only when this run made it and no authorization of this project names it.",
			"A new agency may take up to two minutes to turn up in IAM.",
		},
		Schema: schemas.Kind("modelarts.agency"),
		Effect: step.Reversible,
		Actions: step.Actions{
			Read:  step.Allow("iam:agencies:listAgencies", "modelarts:authorization:list"),
			Apply: toMakeAgency(),
			Undo:  step.Allow("iam:agencies:deleteAgency"),
		},
		Read: k.read,
		Goal: func(in agencyIn, before agencyState) agencyState {
			return agencyState{AgencyName: in.name(), ID: before.ID, UsedBy: before.UsedBy}
		},
		Apply:   k.apply,
		Undo:    k.undo,
		Reverse: reverseAgency,
		Outputs: agencyOutputs,
		Objects: func(in agencyIn) []string { return []string{"iam.agency/" + in.name()} },
		Doubt:   agencyDoubt,
		Counts:  func(s agencyState) agencyState { return agencyState{AgencyName: s.AgencyName} },
		Present: func(_ agencyIn, s agencyState) bool { return s.AgencyName != "" },
	})
}

// agencyDoubt lets the write be sent again: the name is the plan's, so the service refuses to make a second agency.
func agencyDoubt(agencyIn, agencyState) step.Doubt {
	return step.Doubt{Class: step.Set, Settle: cloud.AgencyLag}
}

// name is the one that ModelArts makes of the suffix.
func (in agencyIn) name() string {
	if in.AgencyNameSuffix == "" {
		return "modelarts_agency"
	}
	return "ma_agency_" + in.AgencyNameSuffix
}

// agencyOutputs leaves the id out as long as there is none.
func agencyOutputs(in agencyIn, s agencyState) any {
	out := map[string]string{"agency_name": in.name()}
	if s.ID != "" {
		out["id"] = s.ID
	}
	return out
}

func reverseAgency(_ agencyIn, now, want agencyState) step.Reversal[agencyState] {
	left := func(why string) step.Reversal[agencyState] {
		return step.Reversal[agencyState]{
			Want: now, Says: "undo leaves IAM as it is: " + why, Left: []step.Residue{{Field: "agency_name", Why: why}},
		}
	}
	switch {
	case now.AgencyName == want.AgencyName:
		return step.Reversal[agencyState]{Want: want, Says: "undo changes nothing"}
	case want.AgencyName != "":
		return left("a new agency " + want.AgencyName + " would not be the one that was there")
	case len(now.UsedBy) > 0:
		return left("the authorization of " + strings.Join(now.UsedBy, ", ") + " names the agency " + now.AgencyName)
	}
	return step.Reversal[agencyState]{Want: want, Says: "undo deletes the agency " + now.AgencyName + " in IAM"}
}

// read finds the agency by its name, and who uses it in this project: a row may name an agency that is not there yet.
func (k agency) read(ctx context.Context, in agencyIn) (agencyState, error) {
	found, err := k.c.Agencies(ctx, in.name())
	if err != nil {
		return agencyState{}, err
	}
	rows, err := authorization(k).list(ctx)
	if err != nil {
		return agencyState{}, err
	}
	var s agencyState
	if len(found) > 0 {
		s.AgencyName, s.ID = in.name(), found[0].ID
	}
	for _, key := range sortedKeys(rows) {
		if rows[key].Type == typeAgency && rows[key].Content == in.name() {
			s.UsedBy = append(s.UsedBy, key)
		}
	}
	return s, nil
}

func (k agency) apply(ctx context.Context, in agencyIn, _ agencyState) error {
	return k.c.Call(ctx, cloud.Call{
		Service: "modelarts", Operation: "CreateModelArtsAgency", Method: http.MethodPost, Path: "/v2/{project_id}/agency",
		Body: in, Out: new(struct{}),
		Classes: map[string]step.Class{"400 ModelArts.3818": step.AlreadySo, "400 ModelArts.4502": step.AlreadySo},
	})
}

// undo looks for itself what stands before it deletes, for the id, and for who has begun to use the agency.
func (k agency) undo(ctx context.Context, in agencyIn, _, want agencyState) error {
	if want.AgencyName != "" {
		return nil
	}
	now, err := k.read(ctx, in)
	if err != nil || now.AgencyName == "" {
		return err
	}
	if r := reverseAgency(in, now, want); len(r.Left) > 0 {
		return &step.Error{Class: step.Conflict, Operation: "iam DeleteAgency", Message: r.Left[0].Why}
	}
	return k.c.DeleteAgency(ctx, now.ID)
}
