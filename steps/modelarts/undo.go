package modelarts

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/engine/step"
)

// equal reports that undo need not touch a row.
func (r row) equal(other row) bool { return r.same(other) && r.UserType == other.UserType }

// stands reports that the row of that key is the same in both.
func stands(key string, a, b map[string]row) bool {
	ra, inA := a[key]
	rb, inB := b[key]
	return inA && inB && ra.equal(rb)
}

// wipes reports that the everybody row has to go, which takes every user's row with it.
func wipes(now, want map[string]row) bool {
	_, is := now[everybody]
	_, shall := want[everybody]
	return is && !shall
}

// keysLost lists the users who would lose their access key if all rows were deleted: theirs has to stay as it is.
func keysLost(now, want map[string]row) []string {
	return slices.DeleteFunc(sortedKeys(want), func(key string) bool {
		return want[key].Type != typeCredential || !stands(key, now, want)
	})
}

func reverse(in authorizationIn, now, want authorizationState) step.Reversal[authorizationState] {
	if in.forAll() {
		return reverseAll(now.Rows, want.Rows)
	}
	return reverseOne(in.key(), now, want)
}

func reverseOne(key string, now, want authorizationState) step.Reversal[authorizationState] {
	n, is := now.Rows[key]
	w, shall := want.Rows[key]
	r := step.Reversal[authorizationState]{Want: want}
	switch {
	case is == shall && n.equal(w):
		r.Says = "undo changes nothing"
	case !shall:
		r.Says = "undo deletes this row"
	case w.Type == typeCredential:
		r.Want, r.Gone = now, true
		r.Says = "undo cannot restore the access key of user " + who(key, want.Rows, now.Rows)
	default:
		r.Says = fmt.Sprintf("undo posts this row as it was (agency %s)", w.Content)
	}
	return r
}

// reverseAll aims at want, except for access keys: a row that has one cannot be posted. So the everybody row is left
// where deleting it would lose a key; and a row whose key is gone already stays as it is, or stays away when all rows
// are deleted.
func reverseAll(now, want map[string]row) step.Reversal[authorizationState] {
	target := union(want, nil)
	var left []step.Residue
	lost, wipe := keysLost(now, want), wipes(now, want)
	if wipe && len(lost) > 0 {
		wipe = false
		target[everybody] = now[everybody]
		left = append(left, step.Residue{Field: "rows." + everybody, Why: losing(lost, want, now)})
	}
	for _, key := range sortedKeys(want) {
		if want[key].Type != typeCredential || stands(key, now, want) {
			continue
		}
		why := "the secret of the access key of user " + who(key, want, now) + " is not known"
		left = append(left, step.Residue{Field: "rows." + key, Why: why})
		delete(target, key)
		if n, is := now[key]; is && !wipe {
			target[key] = n
		}
	}
	return step.Reversal[authorizationState]{Want: authorizationState{Rows: target}, Left: left, Says: says(now, target, wipe, left)}
}

func losing(keys []string, rows ...map[string]row) string {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = who(key, rows...)
	}
	return "deleting it would lose the access key of user " + strings.Join(names, ", ")
}

// who is the user's name where one of the rows knows it, else the id.
func who(key string, rows ...map[string]row) string {
	for _, r := range rows {
		if name := r[key].UserName; name != "" {
			return name
		}
	}
	return strings.TrimPrefix(key, namePrefix)
}

func says(now, target map[string]row, wipe bool, left []step.Residue) string {
	users := 0
	for key := range union(now, target) {
		_, shall := target[key]
		if key != everybody && (wipe && shall || !wipe && !stands(key, now, target)) {
			users++
		}
	}
	var parts []string
	switch {
	case wipe:
		parts = append(parts, "deletes the everybody row")
	case len(left) > 0 && left[0].Field == "rows."+everybody:
		parts = append(parts, "leaves the everybody row: "+left[0].Why)
	case target[everybody] != row{} && !stands(everybody, now, target):
		parts = append(parts, fmt.Sprintf("posts the everybody row as it was (agency %s)", target[everybody].Content))
	}
	if users > 0 {
		verb := map[bool]string{true: "re-creates", false: "puts back"}[wipe]
		parts = append(parts, fmt.Sprintf("%s %d %s", verb, users, map[bool]string{true: "user's row", false: "users' rows"}[users == 1]))
	}
	if len(parts) == 0 {
		return "undo changes nothing"
	}
	return "undo " + strings.Join(parts, " and ")
}

// union is a new map of both; never nil.
func union(a, b map[string]row) map[string]row {
	all := map[string]row{}
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}

// undo may be called again after it broke off anywhere, with the same want: it posts only what is missing.
func (k authorization) undo(ctx context.Context, in authorizationIn, now, want authorizationState) error {
	if err := in.check(); err != nil {
		return err
	}
	if !in.forAll() {
		return k.restore(ctx, now.Rows, now.Rows, want.Rows)
	}
	target, found := want.Rows, now.Rows
	var err error
	switch {
	case wipes(now.Rows, target):
		target, found, err = k.wipe(ctx, in, now.Rows, target)
	case target[everybody] != row{} && !stands(everybody, now.Rows, target):
		found, err = k.postEverybody(ctx, in, target[everybody])
	}
	if err != nil {
		return err
	}
	return k.restore(ctx, now.Rows, found, target)
}

// wipe deletes the everybody row, and answers what has to stand then and what does. Rows that turned up since now are
// others' and have to stand too; when one of them has an access key, nothing is deleted.
func (k authorization) wipe(ctx context.Context, in authorizationIn, now, want map[string]row) (target, found map[string]row, err error) {
	fresh, err := k.list(ctx)
	if err != nil || !wipes(fresh, want) {
		return want, fresh, err
	}
	target = union(want, nil)
	for key, r := range fresh {
		if _, known := now[key]; !known {
			target[key] = r
		}
	}
	if lost := keysLost(fresh, target); len(lost) > 0 {
		return nil, nil, &step.Error{Class: step.Conflict, Operation: "modelarts DeleteAuthorizations", Message: losing(lost, fresh)}
	}
	if err := k.deleteEverybody(ctx, in); err != nil {
		return nil, nil, err
	}
	found, err = k.list(ctx)
	return target, found, err
}

// postEverybody posts the everybody row as it was, and answers what stands then: the service may have overwritten the
// rows of users.
func (k authorization) postEverybody(ctx context.Context, in authorizationIn, r row) (map[string]row, error) {
	if err := k.post(ctx, postBody{UserID: in.UserID, Type: r.Type, Content: r.Content}); err != nil {
		return nil, err
	}
	return k.list(ctx)
}

// restore leads the rows of users from found to want, one by one. Rows that are not wanted are deleted only when now
// had them: what turned up since is others'.
func (k authorization) restore(ctx context.Context, now, found, want map[string]row) error {
	for _, key := range sortedKeys(want) {
		if key == everybody || want[key].Type == typeCredential || stands(key, found, want) {
			continue
		}
		if err := k.put(ctx, key, want[key], who(key, want, now)); err != nil {
			return err
		}
	}
	for _, key := range sortedKeys(now) {
		_, is := found[key]
		if _, wanted := want[key]; wanted || !is || key == everybody {
			continue
		}
		if err := k.deleteUser(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// put posts a user's row. Where the service will not replace the one that stands, that is deleted first.
func (k authorization) put(ctx context.Context, key string, r row, name string) error {
	body := postBody{UserID: key, Type: r.Type, Content: r.Content, UserType: r.UserType}
	if strings.HasPrefix(key, namePrefix) {
		body.UserID = ""
	}
	if r.UserType != "" || body.UserID == "" {
		body.UserName = name
	}
	err := k.post(ctx, body)
	if !isRefusedAsExisting(err) {
		return err
	}
	if err := k.deleteUser(ctx, key); err != nil {
		return err
	}
	return k.post(ctx, body)
}
