package modelarts

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"writ/engine/step"
	"writ/steps/cloud"
)

const (
	pageSize = 1000
	maxPages = 100

	// namePrefix marks the key of a row that names its user by name only. No id has a colon.
	namePrefix = "name:"
)

func keyOf(userID, userName string) string {
	switch {
	case isEverybody(userID):
		return everybody
	case userID == "":
		return namePrefix + userName
	}
	return userID
}

// newRow writes a row in one way: lower case, agency by default, without the user type that goes without saying.
func newRow(key, typ, content, userName, userType string) row {
	if typ == "" {
		typ = typeAgency
	}
	if userType == "iam" || key == everybody {
		userType = ""
	}
	return row{Type: strings.ToLower(typ), Content: content, UserName: userName, UserType: userType}
}

// wireRow is a row as the service lists it. It has no field for secret_key: what the service says of one is dropped
// here.
type wireRow struct {
	UserID   string `json:"user_id"`
	UserName string `json:"user_name"`
	UserType string `json:"user_type"`
	Type     string `json:"type"`
	Content  string `json:"content"`
}

func (w wireRow) identity() string { return w.UserID + "\x00" + w.UserName }

type page struct {
	TotalCount float64   `json:"total_count"`
	Auth       []wireRow `json:"auth"`
}

// list reads all rows of the project. The documents do not say whether offset counts pages or rows: the second page
// is asked for as page 1, and when it turns out to overlap the first, rows are counted from then on. A list that
// cannot be read to its end is an error, since undo relies on having seen every row.
func (k authorization) list(ctx context.Context) (map[string]row, error) {
	rows, seen := map[string]row{}, map[string]bool{}
	byRow := false
	for offset, n := 0, 0; n < maxPages; n++ {
		p, err := k.page(ctx, offset)
		if err != nil {
			return nil, err
		}
		added := 0
		for _, w := range p.Auth {
			if !seen[w.identity()] {
				seen[w.identity()] = true
				added++
			}
			key := keyOf(w.UserID, w.UserName)
			rows[key] = newRow(key, w.Type, w.Content, w.UserName, w.UserType)
		}
		switch whole := len(seen) >= int(p.TotalCount); {
		case whole && (added == 0 || len(p.Auth) < pageSize):
			return rows, nil
		case added == 0:
			return nil, incomplete(len(seen), p.TotalCount)
		}
		byRow = byRow || added < len(p.Auth)
		offset++
		if byRow {
			offset = len(seen)
		}
	}
	return nil, incomplete(len(seen), maxPages*pageSize)
}

func incomplete(seen int, total float64) error {
	return &step.Error{
		Class: step.Unavailable, Operation: "modelarts GetAuthorizations",
		Message: fmt.Sprintf("the service speaks of %.0f authorizations and lists %d", total, seen),
	}
}

func (k authorization) page(ctx context.Context, offset int) (page, error) {
	var p page
	err := k.c.Call(ctx, cloud.Call{
		Service: "modelarts", Operation: "GetAuthorizations", Method: http.MethodGet, Path: "/v2/{project_id}/authorizations",
		Query: url.Values{"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}}, Out: &p,
	})
	return p, err
}

type postBody struct {
	UserID    string       `json:"user_id,omitempty"`
	Type      string       `json:"type"`
	Content   string       `json:"content"`
	SecretKey cloud.Secret `json:"-"`
	UserName  string       `json:"user_name,omitempty"`
	UserType  string       `json:"user_type,omitempty"`
}

// MarshalJSON is the body as it is sent, the one place where the secret shows.
func (b postBody) MarshalJSON() ([]byte, error) {
	type plain postBody
	return json.Marshal(struct {
		plain
		SecretKey string `json:"secret_key,omitempty"`
	}{plain(b), b.SecretKey.Reveal()})
}

// verdict is how ModelArts says whether a write worked; a missing one is taken for a success, since a read tells.
type verdict struct {
	Result *cloud.Bool `json:"result"`
}

// Check reads the verdict.
func (v *verdict) Check() (step.Class, string) {
	if v.Result != nil && !bool(*v.Result) {
		return step.Invalid, "the service says that it did not do it"
	}
	return "", ""
}

func (k authorization) post(ctx context.Context, body postBody) error {
	return k.c.Call(ctx, cloud.Call{
		Service: "modelarts", Operation: "CreateAuthorization", Method: http.MethodPost, Path: "/v2/{project_id}/authorizations",
		Body: body, Out: new(verdict), Secrets: []cloud.Secret{body.SecretKey},
	})
}

func isRefusedAsExisting(err error) bool {
	return step.IsClass(err, step.Conflict) && step.ErrorOf(err).Code == "ModelArts.0424"
}

// deleteUser deletes one user's row, if it is there. It refuses an id that the service could take for more than one
// user: without an id, and for everybody, the call deletes the rows of all.
func (k authorization) deleteUser(ctx context.Context, id string) error {
	if strings.TrimSpace(id) == "" || isEverybody(id) || strings.HasPrefix(id, namePrefix) {
		return &step.Error{
			Class: step.Invalid, Operation: "modelarts DeleteAuthorizations",
			Message: fmt.Sprintf("%q is no user's id, and deleting it could delete every user's authorization", id),
		}
	}
	return k.delete(ctx, id)
}

// deleteEverybody deletes the everybody row, and with it the rows of all users. The id is spelled as the plan does.
func (k authorization) deleteEverybody(ctx context.Context, in authorizationIn) error {
	if !in.forAll() {
		return &step.Error{Class: step.Internal, Message: "the step is not about everybody"}
	}
	return k.delete(ctx, in.UserID)
}

func (k authorization) delete(ctx context.Context, id string) error {
	err := k.c.Call(ctx, cloud.Call{
		Service: "modelarts", Operation: "DeleteAuthorizations", Method: http.MethodDelete, Path: "/v2/{project_id}/authorizations",
		Query: url.Values{"user_id": {id}}, Out: new(verdict),
		Classes: map[string]step.Class{"400 ModelArts.0429": step.NotFound, "401 ModelArts.0428": step.NotFound},
	})
	if step.IsClass(err, step.NotFound) {
		return nil
	}
	return err
}
