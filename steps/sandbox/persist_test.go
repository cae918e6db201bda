package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAStateFileOutlivesItsServer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "runs", "sandbox.json")
	seed := []byte(`{"projects":{"p1":{}},"faults":[{"service":"mpc","do":"status","status":500,"times":2}]}`)
	b := open(t, Options{StateFile: file, Seed: seed})
	require.Equal(t, 500, b.call("mpc", "POST", mpcPath, mpcCreate).status)
	require.NotContains(t, b.state(), "faults")
	b.call("modelarts", "POST", authorizations, `{"user_id":"user-1","content":"a"}`)
	rows := b.call("modelarts", "GET", authorizations, "").body
	before := b.state()
	require.NoError(t, b.s.Close())

	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := filepath.Glob(file + ".*.tmp")
	require.NoError(t, err)
	require.Empty(t, left)

	b = open(t, Options{StateFile: file, Seed: seed})
	require.Equal(t, before, b.state(), "the file goes before the seed")
	require.Equal(t, rows, b.call("modelarts", "GET", authorizations, "").body, "creation times are kept")
	require.Equal(t, 500, b.call("mpc", "POST", mpcPath, mpcCreate).status, "one of two faults was left")
	require.Equal(t, 204, b.call("mpc", "POST", mpcPath, mpcCreate).status)
}

func TestAnAnswerMeansThatTheFileHoldsTheChange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.json")
	b := open(t, Options{StateFile: file})
	b.fault(`{"operation":"CreateAgenciesTask","when":"after","do":"reset"}`)
	_, err := b.try(b.request("mpc", "POST", mpcPath, mpcCreate))
	require.Error(t, err)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	d, err := decodeDocument(data, defaultRegion)
	require.NoError(t, err)
	require.Equal(t, agencyCreated, *d.Projects[b.p].MPC.Agency)
}

func TestTwoServersShareAStateFile(t *testing.T) {
	for _, buckets := range []int{1, largeBuckets} {
		t.Run(fmt.Sprint(buckets), func(t *testing.T) { shareAStateFile(t, largeCloud(buckets)) })
	}
}

func shareAStateFile(t *testing.T, seed []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sandbox.json")
	boxes := []*box{open(t, Options{StateFile: file, Seed: seed}), open(t, Options{StateFile: file})}
	boxes[0].call("mpc", "POST", mpcPath, mpcCreate)
	boxes[1].refused(403, "MPC.10223", "mpc", "POST", mpcPath, mpcCreate)

	const each = 20
	var all sync.WaitGroup
	for i, b := range boxes {
		all.Go(func() {
			for n := range each {
				b.call("iam", "POST", agencies, newAgency(string(rune('a'+i))+string(rune('a'+n))))
			}
		})
	}
	all.Wait()
	require.Equal(t, boxes[0].state(), boxes[1].state())
	ids := map[string]bool{}
	require.NoError(t, boxes[0].s.store.view(func(c *cloud) {
		for _, a := range c.agencies.list() {
			ids[a.ID] = true
		}
	}))
	require.Len(t, ids, 2*each, "no change is lost and no id is given twice")
}

func TestAHandWrittenStateFileIsBroughtIntoForm(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"projects":{"p1":{"dli":{"agency":{"roles":["b","a"]}}}}}`), 0o600))
	b := open(t, Options{StateFile: file})
	require.Equal(t, 200, b.call("dli", "POST", "/v2/{p}/agency", `{"roles":["a","b"]}`).status)
	require.False(t, b.requests()[0].Changed)
}

func TestABrokenStateFileIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"projects":`), 0o600))
	_, err := New(Options{StateFile: file})
	require.ErrorContains(t, err, file)
	_, err = New(Options{Seed: []byte(`{"x":1}`)})
	require.ErrorContains(t, err, `"x"`)
}

func TestWhatCannotBeStoredDidNotHappen(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Options{StateFile: filepath.Join(dir, "sandbox.json")})
	require.NoError(t, os.RemoveAll(dir))
	require.Equal(t, 500, b.call("mpc", "POST", mpcPath, mpcCreate).status)
	require.False(t, b.s.store.cloud.projects[b.p].isGranted())
}

func TestAStateFileIsOursWhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0o000, 0o277, 0o777} {
		dir := t.TempDir()
		file := filepath.Join(dir, "a", "b", "sandbox.json")
		old := syscall.Umask(umask)
		b, err := New(Options{StateFile: file})
		if err == nil {
			_, err = b.store.change(func(c *cloud) bool { c.agenciesMade.set(7); return true })
		}
		var again *Server
		if err == nil {
			again, err = New(Options{StateFile: file}) // as another process: without rights it could not read
		}
		syscall.Umask(old)
		require.NoError(t, err)
		require.Equal(t, 7, again.store.cloud.agenciesMade.value)
		for name, want := range map[string]os.FileMode{"a": 0o700, "a/b": 0o700, "a/b/sandbox.json": 0o600, "a/b/sandbox.json.lock": 0o600} {
			info, err := os.Stat(filepath.Join(dir, name))
			require.NoError(t, err)
			require.Equal(t, want, info.Mode().Perm(), "%s under %03o", name, umask)
		}
	}
}

func TestALockThatAUmaskClosedIsOpened(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.json")
	require.NoError(t, os.WriteFile(file+".lock", nil, 0))
	open(t, Options{StateFile: file})
	info, err := os.Stat(file + ".lock")
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
