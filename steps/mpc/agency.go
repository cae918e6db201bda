// Package mpc holds the kinds of media processing. It knows nothing of plans and of other services.
package mpc

import (
	"context"
	"net/http"

	"writ/engine/step"
	"writ/schemas"
	"writ/steps/cloud"
)

const (
	created  = "CREATED"
	canceled = "CANCELED"
)

type agency struct{ c *cloud.Client }

// agencyState is both what is asked and what is found: one switch.
type agencyState struct {
	OperateType string `json:"operate_type"`
}

// Agency switches MPC's access to all OBS buckets of the account on or off.
func Agency(c *cloud.Client) step.Kind {
	k := agency{c}
	return step.Define(step.Spec[agencyState, agencyState]{
		Name:    "mpc.agency",
		Summary: "MPC's permission to read and write all OBS buckets of the account",
		Notes: []string{
			"A switch that is as asked before the run is never undone: canceling it would break what others set up.",
			"The service answers MPC.10223 or MPC.10224, under 400 or 403, when the switch is as asked already; writ reads and takes that for done.",
			"An IAM user may be allowed to grant and not to cancel; Security Administrator or the account itself may do both.",
			"MPC exists in few regions and not on Open Telekom Cloud.",
		},
		Schema: schemas.Kind("mpc.agency"),
		Effect: step.Reversible,
		Actions: step.Actions{
			Read:  allow("mpc:ageniesTask:view"),
			Apply: allow("mpc:ageniesTask:create"),
			Undo: append(allow("mpc:ageniesTask:create"), step.Permission{
				Role: "Security Administrator", Unsure: true, Note: "where MPC refuses an IAM user to cancel what it let them grant",
			}),
		},
		Read:    k.read,
		Goal:    func(in, _ agencyState) agencyState { return in },
		Apply:   func(ctx context.Context, in, _ agencyState) error { return k.post(ctx, in) },
		Undo:    k.undo,
		Reverse: reverse,
		Outputs: func(_, s agencyState) any { return s },
		Objects: func(agencyState) []string { return []string{"mpc.agency"} },
		Present: func(_, s agencyState) bool { return s.OperateType == created },
		Caution: caution,
	})
}

// caution: what the service's pages say of IAM users, no call tells.
func caution(in, _ agencyState) string {
	if in.OperateType != created {
		return ""
	}
	return "an IAM user may grant this and be refused to cancel it; then undo needs Security Administrator"
}

func reverse(_, now, want agencyState) step.Reversal[agencyState] {
	if now == want {
		return step.Reversal[agencyState]{Want: want, Says: "undo changes nothing"}
	}
	return step.Reversal[agencyState]{Want: want, Says: "undo posts " + want.OperateType}
}

type agencyAnswer struct{ agencyState }

// Check refuses a third position of the switch.
func (a *agencyAnswer) Check() (step.Class, string) {
	switch a.OperateType {
	case "", created, canceled:
		return "", ""
	}
	return step.UnknownOutcome, "an operate_type that is neither CREATED nor CANCELED"
}

// read takes a switch that nobody ever touched for one that is off.
func (k agency) read(ctx context.Context, _ agencyState) (agencyState, error) {
	var out agencyAnswer
	err := k.c.Call(ctx, cloud.Call{
		Service: "mpc", Operation: "ShowAgenciesTask", Method: http.MethodGet, Path: "/v1/{project_id}/agencies", Out: &out,
	})
	if out.OperateType == "" {
		out.OperateType = canceled
	}
	return out.agencyState, err
}

func (k agency) undo(ctx context.Context, _, now, want agencyState) error {
	if now == want {
		return nil
	}
	err := k.post(ctx, want)
	if step.IsClass(err, step.AlreadySo) {
		return nil
	}
	return err
}

func (k agency) post(ctx context.Context, s agencyState) error {
	return k.c.Call(ctx, cloud.Call{
		Service: "mpc", Operation: "CreateAgenciesTask", Method: http.MethodPost, Path: "/v1/{project_id}/agencies",
		Body: s, OK: []int{http.StatusNoContent},
		Classes: map[string]step.Class{"MPC.10223": step.AlreadySo, "MPC.10224": step.AlreadySo},
	})
}
