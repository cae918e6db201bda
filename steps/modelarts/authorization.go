package modelarts

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"writ/engine/step"
	"writ/schemas"
	"writ/steps/cloud"
)

const (
	everybody      = "all-users" // the key of everybody's row, however the service spells it
	typeAgency     = "agency"
	typeCredential = "credential"
)

type authorization struct{ c *cloud.Client }

type authorizationIn struct {
	UserID    string       `json:"user_id"`
	Type      string       `json:"type,omitempty"`
	Content   string       `json:"content"`
	SecretKey cloud.Secret `json:"secret_key,omitzero"`
	UserName  string       `json:"user_name,omitempty"`
	UserType  string       `json:"user_type,omitempty"`
}

// authorizationState is the user's row; for everybody it is all rows of the project, since what is done to everybody
// touches them all.
type authorizationState struct {
	Rows map[string]row `json:"rows"`
}

// row is one authorization without its secret. UserType is empty for the usual IAM user and for everybody.
type row struct {
	Type     string `json:"type"`
	Content  string `json:"content"`
	UserName string `json:"user_name,omitempty"`
	UserType string `json:"user_type,omitempty"`
}

// Authorization says with whose rights ModelArts acts for a user, or for everybody.
func Authorization(c *cloud.Client) step.Kind {
	k := authorization{c}
	return step.Define(step.Spec[authorizationIn, authorizationState]{
		Name:    "modelarts.authorization",
		Summary: "with whose rights ModelArts acts for a user of this project, or for everybody",
		Notes: []string{
			"Deleting the everybody row deletes every user's row: undo posts them again, and for a moment nobody is authorised.",
			"A row with an access key cannot be restored: its secret is never known. Undo leaves the everybody row rather than lose one.",
			"Whether granting to everybody also overwrites the users' rows is not documented; writ reads what happened and puts back what it can.",
			"The service may refuse to replace a user's row (ModelArts.0424); writ then stops, and undo deletes the row first.",
			"A new secret for the same access key is not noticed, since no call shows it.",
		},
		Schema: schemas.Kind("modelarts.authorization"),
		Effect: step.Reversible,
		Actions: step.Actions{
			Read:  step.Allow("modelarts:authorization:list"),
			Apply: append(step.Allow("modelarts:authorization:create"), securityAdministrator),
			Undo:  append(step.Allow("modelarts:authorization:create", "modelarts:authorization:delete"), securityAdministrator),
		},
		Read:    k.read,
		Goal:    goal,
		Apply:   k.apply,
		Undo:    k.undo,
		Reverse: reverse,
		Outputs: outputs,
		Objects: func(in authorizationIn) []string {
			if in.forAll() {
				return []string{"modelarts.authorization/*"}
			}
			return []string{"modelarts.authorization/" + in.UserID}
		},
		Doubt:   doubt,
		Counts:  counts,
		Accepts: accepts,
		Present: func(in authorizationIn, s authorizationState) bool { _, ok := s.Rows[in.key()]; return ok },
		Risk:    risk,
	})
}

// risk: whether a POST for everybody overwrites single users' rows is documented nowhere, and an access key's secret can
// be read nowhere.
func risk(in authorizationIn, before authorizationState) string {
	var keys []string
	for _, key := range sortedKeys(before.Rows) {
		if before.Rows[key].Type == typeCredential && !isEverybody(key) {
			keys = append(keys, who(key, before.Rows))
		}
	}
	if !in.forAll() || len(keys) == 0 {
		return ""
	}
	return "whether this overwrites single users' rows is not documented; if it does, the access key of " + strings.Join(keys, ", ") + " is lost"
}

// isEverybody takes any spelling, so that no odd one slips through as a user's id.
func isEverybody(id string) bool {
	return strings.EqualFold(id, "all") || strings.EqualFold(id, everybody)
}

func (in authorizationIn) forAll() bool { return isEverybody(in.UserID) }

func (in authorizationIn) key() string { return keyOf(in.UserID, in.UserName) }

// row is the one that the step asks for.
func (in authorizationIn) row() row {
	return newRow(in.key(), in.Type, in.Content, in.UserName, in.UserType)
}

// check refuses ids that the schema lets through and that could mean more people than they name.
func (in authorizationIn) check() error {
	if strings.TrimSpace(in.UserID) == "" || in.forAll() && in.UserID != "all" && in.UserID != everybody {
		return &step.Error{Class: step.Invalid, Message: fmt.Sprintf("user_id %q is neither a user's id nor all or all-users", in.UserID)}
	}
	return nil
}

// same reports that two rows grant the same. A name explains a row and may be missing; so may a user type, since not
// every edition of the service shows it.
func (r row) same(other row) bool {
	return r.Type == other.Type && r.Content == other.Content
}

func goal(in authorizationIn, before authorizationState) authorizationState {
	rows := union(before.Rows, nil)
	old, wanted := rows[in.key()], in.row()
	if old.same(wanted) && (old.UserType == "" || old.UserType == wanted.UserType) {
		return authorizationState{Rows: rows}
	}
	if wanted.UserName == "" {
		wanted.UserName = old.UserName
	}
	rows[in.key()] = wanted
	return authorizationState{Rows: rows}
}

// counts strips the names, except where they are what names the user.
func counts(s authorizationState) authorizationState {
	rows := make(map[string]row, len(s.Rows))
	for key, r := range s.Rows {
		if r.UserType == "" {
			r.UserName = ""
		}
		rows[key] = r
	}
	return authorizationState{Rows: rows}
}

// accepts lets the service leave out the user type, and, when it granted to everybody, overwrite the rows of users. It
// takes no row that is new and misses none.
func accepts(in authorizationIn, before, found authorizationState) bool {
	wanted, expected := in.row(), goal(in, before).Rows
	if len(found.Rows) != len(expected) {
		return false
	}
	for key := range expected {
		r, ok := found.Rows[key]
		if !ok || !(r.same(expected[key]) || in.forAll() && r.same(wanted)) {
			return false
		}
	}
	return true
}

func outputs(in authorizationIn, s authorizationState) any {
	r := s.Rows[in.key()]
	return struct {
		UserID  string `json:"user_id"`
		Type    string `json:"type"`
		Content string `json:"content"`
	}{in.key(), r.Type, r.Content}
}

// doubt: a row with an access key is lost once it is replaced; everybody's grant may touch many rows.
func doubt(in authorizationIn, before authorizationState) step.Doubt {
	d := step.Doubt{Class: step.Set, Settle: 2 * time.Second}
	old, was := before.Rows[in.key()]
	switch {
	case was && old.Type == typeCredential && !old.same(in.row()):
		d.Class = step.OneWay
	case in.forAll():
		d.Class = step.FanOut
	}
	return d
}

func sortedKeys(rows map[string]row) []string { return slices.Sorted(maps.Keys(rows)) }

func (k authorization) read(ctx context.Context, in authorizationIn) (authorizationState, error) {
	if err := in.check(); err != nil {
		return authorizationState{}, err
	}
	rows, err := k.list(ctx)
	if err != nil || in.forAll() {
		return authorizationState{Rows: rows}, err
	}
	own := map[string]row{}
	if r, ok := rows[in.key()]; ok {
		own[in.key()] = r
	}
	return authorizationState{Rows: own}, nil
}

// apply posts the row. When the service answers that there is one, it is either this very row or one that the service
// will not replace.
func (k authorization) apply(ctx context.Context, in authorizationIn, _ authorizationState) error {
	if err := in.check(); err != nil {
		return err
	}
	err := k.post(ctx, postBody{
		UserID: in.UserID, Type: in.row().Type, Content: in.Content,
		SecretKey: in.SecretKey, UserName: in.UserName, UserType: in.UserType,
	})
	if !isRefusedAsExisting(err) {
		return err
	}
	refused := *step.ErrorOf(err)
	rows, err := k.list(ctx)
	if err != nil {
		return err
	}
	if r, ok := rows[in.key()]; ok && r.same(in.row()) {
		refused.Class = step.AlreadySo
		return &refused
	}
	refused.Class = step.Conflict
	refused.Message = fmt.Sprintf("user %s has another authorization, and the service refuses to replace it: delete it first", in.key())
	return &refused
}
