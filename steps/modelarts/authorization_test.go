package modelarts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
	"writ/steps/steptest"
)

const (
	forAll     = `{"user_id":"all-users","content":"new"}`
	forAlice   = `{"user_id":"u01","content":"new"}`
	aliceRow   = `{"user_id":"u01","type":"agency","content":"a1"}`
	bobRow     = `{"user_id":"u02","type":"agency","content":"b1"}`
	aliceKey   = `{"user_id":"u01","type":"credential","content":"AK1","secret_key":"(secret)"}`
	allRow     = `{"user_id":"all-users","type":"agency","content":"old"}`
	refuse     = `"modelarts_repost":"refuse"`
	overwrite  = `"modelarts_everybody":"overwrite"`
	secretText = "abcdefghijabcdefghijabcdefghijabcdefghij"
)

// Whatever the project holds and however the service behaves, undo leaves it as it was, or says what it leaves.
func TestUndoPutsBackWhatWasThere(t *testing.T) {
	for _, variants := range []string{"", overwrite, `"modelarts_result":"boolean"`, refuse} {
		for _, in := range []string{forAll, `{"user_id":"all","content":"new"}`, forAlice} {
			for _, rows := range []string{"", aliceRow, bobRow, aliceRow + "," + bobRow, allRow, allRow + "," + aliceRow} {
				t.Run(strings.Join([]string{variants, in, rows}, " on "), func(t *testing.T) {
					r := authorizing(t, rows, variants, in)
					state := r.State()
					err := r.apply()
					if variants == refuse && step.IsClass(err, step.Conflict) {
						assert.Equal(t, state, r.State())
						return
					}
					require.NoError(t, err)
					will, err := r.kind.Assess(r.in, r.before)
					require.NoError(t, err)
					found := r.read()
					if variants == overwrite {
						ok, err := r.kind.Accepts(r.in, r.before, found)
						require.NoError(t, err)
						assert.True(t, ok, "%s", found)
					} else {
						r.same(will.Goal, found)
					}
					rev := r.undo()
					assert.True(t, rev.Exact())
					assert.Equal(t, state, r.State())
				})
			}
		}
	}
}

func TestUndoOfEverybodyNeverLosesAnAccessKey(t *testing.T) {
	r := authorizing(t, aliceKey+","+bobRow, "", forAll)
	will, err := r.kind.Assess(r.in, r.before)
	require.NoError(t, err)
	said := r.reverse(will.Goal)
	assert.Equal(t, "undo leaves the everybody row: deleting it would lose the access key of user alice", said.Says)
	assert.Equal(t, []step.Residue{{Field: "rows.all-users", Why: "deleting it would lose the access key of user alice"}}, said.Left)
	require.NoError(t, r.apply())
	done := r.undo()
	assert.Equal(t, said.Says, done.Says)
	assert.NotContains(t, r.writes(), "DeleteAuthorizations")
	assert.Contains(t, r.State(), `"AK1"`)
}

func TestUndoOfEverybodyKeepsAnEverybodyRowAndKeys(t *testing.T) {
	r := authorizing(t, allRow+","+aliceKey, "", forAll)
	state := r.State()
	require.NoError(t, r.apply())
	assert.Equal(t, "undo posts the everybody row as it was (agency old)", r.undo().Says)
	assert.Equal(t, state, r.State())
}

func TestAKeyThatTheServiceOverwroteIsNamed(t *testing.T) {
	r := authorizing(t, aliceKey, overwrite, forAll)
	require.NoError(t, r.apply())
	rev := r.undo()
	assert.Equal(t, "rows.u01", rev.Left[0].Field)
	assert.Contains(t, rev.Left[0].Why, "alice")
}

// Between the deletion and the last row the undo may break off anywhere; called again with the same aim, it ends well.
func TestAnUndoThatBrokeOffGoesOn(t *testing.T) {
	r := authorizing(t, aliceRow+","+bobRow, "", forAll)
	state := r.State()
	require.NoError(t, r.apply())
	now := r.read()
	rev := r.reverse(now)
	assert.Equal(t, "undo deletes the everybody row and re-creates 2 users' rows", rev.Says)
	k := authorization{r.Client}
	require.NoError(t, k.delete(t.Context(), everybody))
	for _, seen := range []json.RawMessage{now, r.read()} {
		require.NoError(t, r.kind.Undo(t.Context(), r.in, seen, rev.Want))
		assert.Equal(t, state, r.State())
	}
}

func TestRowsThatOthersAddedSurviveTheUndo(t *testing.T) {
	r := authorizing(t, aliceRow, "", forAll)
	require.NoError(t, r.apply())
	now := r.read()
	rev := r.reverse(now)
	k := authorization{r.Client}
	require.NoError(t, k.post(t.Context(), postBody{UserID: "u02", Type: typeAgency, Content: "theirs"}))
	require.NoError(t, r.kind.Undo(t.Context(), r.in, now, rev.Want))
	rows, err := k.list(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "a1", rows["u01"].Content)
	assert.Equal(t, "theirs", rows["u02"].Content)
	assert.NotContains(t, rows, everybody)
}

func TestAKeyThatTurnedUpStopsTheUndo(t *testing.T) {
	r := authorizing(t, "", "", forAll)
	require.NoError(t, r.apply())
	now := r.read()
	k := authorization{r.Client}
	require.NoError(t, k.post(t.Context(), postBody{UserID: "u01", Type: typeCredential, Content: "AK9", SecretKey: cloud.Hide(secretText)}))
	err := r.kind.Undo(t.Context(), r.in, now, r.before)
	assert.True(t, step.IsClass(err, step.Conflict), "%v", err)
	assert.Contains(t, r.State(), `"AK9"`)
}

func TestAReplacedAccessKeyIsGone(t *testing.T) {
	r := authorizing(t, aliceKey, "", forAlice)
	rev := r.reverse(json.RawMessage(`{"rows":{"u01":{"type":"agency","content":"new"}}}`))
	assert.True(t, rev.Gone)
	assert.Equal(t, "undo cannot restore the access key of user alice", rev.Says)
	will, err := r.kind.Assess(r.in, r.before)
	require.NoError(t, err)
	assert.Equal(t, step.OneWay, will.Doubt.Class)
}

func TestAUserWhoHasARowIsAConflictOrMet(t *testing.T) {
	r := authorizing(t, aliceRow, refuse, forAlice)
	assert.True(t, step.IsClass(r.apply(), step.Conflict))
	r = authorizing(t, aliceRow, refuse, `{"user_id":"u01","content":"a1"}`)
	assert.True(t, step.IsClass(r.apply(), step.AlreadySo))
}

func TestUndoDeletesARowThatTheServiceWillNotReplace(t *testing.T) {
	r := authorizing(t, aliceRow, refuse, forAlice)
	want := json.RawMessage(`{"rows":{"u01":{"type":"agency","content":"other"}}}`)
	require.NoError(t, r.kind.Undo(t.Context(), r.in, r.before, want))
	r.same(want, r.read())
	assert.Equal(t, []string{"CreateAuthorization", "DeleteAuthorizations", "CreateAuthorization"}, r.writes())
}

func TestTheSingleUsersPathNeverDeletesEverybody(t *testing.T) {
	w := begin(t, aliceRow+","+allRow, "")
	state := w.State()
	k := authorization{w.Client}
	for _, id := range []string{"", " ", "\t", "all", "all-users", "ALL", "All-Users", "name:x"} {
		assert.True(t, step.IsClass(k.deleteUser(t.Context(), id), step.Invalid), "%q", id)
	}
	for _, id := range []string{"ALL", "All-Users", " "} {
		in := authorizationIn{UserID: id, Content: "x"}
		_, err := k.read(t.Context(), in)
		assert.True(t, step.IsClass(err, step.Invalid), "%q", id)
		assert.Error(t, k.apply(t.Context(), in, authorizationState{}))
		assert.Error(t, k.undo(t.Context(), in, authorizationState{}, authorizationState{}))
	}
	assert.Empty(t, w.writes())
	assert.Equal(t, state, w.State())
}

func TestTheSecretReachesTheServiceAndNoState(t *testing.T) {
	r := authorizing(t, "", "", `{"user_id":"u01","type":"credential","content":"AK1","secret_key":"`+secretText+`"}`)
	require.NoError(t, r.apply())
	assert.NotContains(t, string(r.read()), "secret")
	assert.Equal(t, "undo deletes this row", r.undo().Says)
	var w wireRow
	require.NoError(t, json.Unmarshal([]byte(`{"user_id":"u","secret_key":"`+secretText+`"}`), &w))
	assert.NotContains(t, fmt.Sprintf("%+v", w), secretText)
}

func TestARowThatIsGoneAlreadyIsDeleted(t *testing.T) {
	for _, answer := range []struct {
		status int
		code   string
	}{{400, "ModelArts.0429"}, {401, "ModelArts.0428"}} {
		k := authorization{against(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(answer.status)
			fmt.Fprintf(w, `{"error_code":%q,"error_msg":"x"}`, answer.code)
		})}
		assert.NoError(t, k.deleteUser(t.Context(), "u01"))
	}
}

func TestARefusalUnder200IsOne(t *testing.T) {
	for _, result := range []string{`false`, `"false"`} {
		k := authorization{against(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"result":%s}`, result) })}
		assert.True(t, step.IsClass(k.post(t.Context(), postBody{}), step.Invalid))
	}
}

func TestAUserTypeThatTheServiceHidesIsMet(t *testing.T) {
	in := authorizationIn{UserID: "g1", Content: "a", UserType: "grant"}
	hidden := authorizationState{Rows: map[string]row{"g1": {Type: "agency", Content: "a"}}}
	assert.Equal(t, hidden, goal(in, hidden))
	assert.True(t, accepts(in, authorizationState{}, hidden))
	assert.False(t, accepts(in, authorizationState{}, authorizationState{Rows: map[string]row{"g1": {Type: "agency", Content: "b"}}}))
}

func TestEverybodyTouchesEachUser(t *testing.T) {
	objects := func(id string) []string {
		names, err := Authorization(nil).Objects(json.RawMessage(fmt.Sprintf(`{"user_id":%q,"content":"a"}`, id)))
		require.NoError(t, err)
		return names
	}
	assert.True(t, steptest.Overlap(objects("all"), objects("u01")))
	assert.True(t, steptest.Overlap(objects("all"), objects("all-users")))
	assert.False(t, steptest.Overlap(objects("u01"), objects("u02")))
}

func TestReverseSaysWhomItTouches(t *testing.T) {
	agency := func(content string) row { return row{Type: typeAgency, Content: content} }
	key := func(name string) row { return row{Type: typeCredential, Content: "AK", UserName: name} }
	for _, tc := range []struct {
		now, want map[string]row
		says      string
		left      int
	}{
		{map[string]row{everybody: agency("n")}, nil, "undo deletes the everybody row", 0},
		{map[string]row{everybody: agency("n"), "u1": agency("a")}, map[string]row{"u1": agency("a")}, "undo deletes the everybody row and re-creates 1 user's row", 0},
		{map[string]row{everybody: agency("n"), "u1": key("alice"), "u2": key("")}, map[string]row{"u1": key("alice"), "u2": key("")}, "undo leaves the everybody row: deleting it would lose the access key of user alice, u2", 1},
		{map[string]row{everybody: agency("n"), "u1": agency("n")}, map[string]row{everybody: agency("o"), "u1": agency("a")}, "undo posts the everybody row as it was (agency o) and puts back 1 user's row", 0},
		{map[string]row{"u1": agency("n"), "u2": agency("n")}, map[string]row{"u1": agency("a")}, "undo puts back 2 users' rows", 0},
		{map[string]row{"u1": agency("n")}, map[string]row{"u1": agency("n")}, "undo changes nothing", 0},
		{nil, nil, "undo changes nothing", 0},
	} {
		r := reverseAll(tc.now, tc.want)
		assert.Equal(t, tc.says, r.Says)
		assert.Len(t, r.Left, tc.left)
		assert.NotNil(t, r.Want.Rows)
	}
}

func authorizing(t *testing.T, rows, variants, in string) run {
	t.Helper()
	w := begin(t, rows, variants)
	return w.run(Authorization(w.Client), in)
}
