package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// large is a cloud that is not written whole with every change.
const largeBuckets = 1000

// calls are one of each that changes a cloud, by turns with some that are refused or change nothing.
func (b *box) changeEverything() {
	b.t.Helper()
	for _, c := range []struct {
		status                      int
		service, method, path, body string
	}{
		{200, "dli", "POST", "/v1.0/{p}/dli/obs-authorize", `{"obs_buckets":["bucket-7","bucket-3"]}`},
		{400, "dli", "POST", "/v1.0/{p}/dli/obs-authorize", `{"obs_buckets":["bucket-9","none"]}`},
		{200, "dli", "POST", "/v2/{p}/agency", `{"roles":["vpc_netadm","obs_adm"]}`},
		{204, "mpc", "POST", mpcPath, mpcCreate},
		{403, "mpc", "POST", mpcPath, mpcCreate},
		{200, "modelarts", "POST", authorizations, `{"user_id":"user-1","content":"a"}`},
		{200, "modelarts", "POST", authorizations, `{"user_id":"user-2","content":"a"}`},
		{200, "modelarts", "POST", authorizations, `{"user_id":"user-1","content":"b"}`},
		{200, "modelarts", "DELETE", authorizations + "?user_id=user-2", ""},
		{200, "modelarts", "POST", "/v2/{p}/agency", `{}`},
		{200, "modelarts", "POST", "/v2/{p}/agency", `{"agency_name_suffix":"gone"}`},
		{201, "iam", "POST", agencies, newAgency("courier")},
	} {
		got := b.call(c.service, c.method, c.path, c.body)
		require.Equal(b.t, c.status, got.status, "%s: %s", c.path, got.body)
	}
	ids := map[string]string{}
	require.NoError(b.t, b.s.store.view(func(c *cloud) {
		for _, a := range c.agencies.list() {
			ids[a.Name] = a.ID
		}
	}))
	b.expect(204, "", "iam", "PUT", fill(scopes[scopeDomain].one, ids["courier"], "system_all_72"), "")
	b.expect(204, "", "iam", "PUT", fill(scopes[scopeInherited].one, ids["courier"], "system_all_64"), "")
	b.expect(204, "", "iam", "DELETE", fill(scopes[scopeDomain].one, ids["courier"], "system_all_72"), "")
	b.expect(204, "", "iam", "DELETE", agencies+"/"+ids["ma_agency_gone"], "")
	b.fault(`{"service":"mpc","do":"status","status":500,"times":2,"body":{"a":1}}`)
	require.Equal(b.t, 500, b.call("mpc", "POST", mpcPath, mpcCreate).status)
	token := b.token(projectScope)
	require.Equal(b.t, 204, b.with("iam", "DELETE", tokensPath, "", "X-Auth-Token", b.token(domainScope), "X-Subject-Token", token).status)
}

// everything is what a store holds, also what is not shown.
func everything(t *testing.T, s *Server) string {
	t.Helper()
	var all []byte
	require.NoError(t, s.store.view(func(c *cloud) { all = c.document().encode() }))
	return string(all)
}

func TestAKilledProcessLosesNothing(t *testing.T) {
	for _, buckets := range []int{10, largeBuckets} {
		t.Run(fmt.Sprint(buckets), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "sandbox.json")
			b := open(t, Options{StateFile: file, Seed: largeCloud(buckets)})
			b.changeEverything()
			again, err := New(Options{StateFile: file}) // the first was not closed
			require.NoError(t, err)
			require.Equal(t, everything(t, b.s), everything(t, again))
			require.NoError(t, again.Close())
			require.Equal(t, everything(t, b.s), everything(t, again))
			require.NoFileExists(t, file+".log")
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, everything(t, b.s), string(data), "a process that ends leaves the whole cloud in the file")
		})
	}
}

func TestAChangeOfALargeCloudIsALine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.json")
	b := open(t, Options{StateFile: file, Seed: largeCloud(largeBuckets)})
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	for i := range 3 {
		b.call("dli", "POST", "/v1.0/{p}/dli/obs-authorize", fmt.Sprintf(`{"obs_buckets":["bucket-%d"]}`, i))
		b.call("dli", "POST", "/v1.0/{p}/dli/obs-authorize", `{"obs_buckets":["bucket-0"]}`)
	}
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)
	log, err := os.ReadFile(file + ".log")
	require.NoError(t, err)
	require.Equal(t, string(headOf(after))+
		`[{"at":"projects.p1.dli.authorized_buckets","key":"bucket-0","now":"bucket-0"}]`+"\n"+
		`[{"at":"projects.p1.dli.authorized_buckets","key":"bucket-1","now":"bucket-1"}]`+"\n"+
		`[{"at":"projects.p1.dli.authorized_buckets","key":"bucket-2","now":"bucket-2"}]`+"\n", string(log))
}

func TestALogThatGrowsLargerThanTheCloudIsFolded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.json")
	b := open(t, Options{StateFile: file, Seed: largeCloud(largeBuckets)})
	var sizes []int64
	require.NoError(t, b.s.store.locked(func() error {
		for i := range 40_000 {
			b.s.store.cloud.agenciesMade.set(i + 1)
			if err := b.s.store.keep(b.s.store.cloud.ledger.changes()); err != nil {
				return err
			}
			b.s.store.cloud.ledger.settle()
			sizes = append(sizes, b.s.store.file.next)
		}
		return nil
	}))
	folded := 0
	for i := range sizes {
		require.Less(t, sizes[i], int64(logMin+100))
		if sizes[i] == 0 {
			folded++
		}
	}
	require.Equal(t, 1, folded)
	again, err := New(Options{StateFile: file})
	require.NoError(t, err)
	require.Equal(t, 40_000, again.store.cloud.agenciesMade.value)
}

func TestAHalfWrittenLineNeverWas(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.json")
	b := open(t, Options{StateFile: file, Seed: largeCloud(largeBuckets)})
	b.call("mpc", "POST", mpcPath, mpcCreate)
	before := everything(t, b.s)
	log, err := os.OpenFile(file+".log", os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = log.WriteString(`[{"at":"projects.p1.mpc.agency","now":"CANCELED"},{"at":"projects.p1.dli.authorized_buckets","key":"bucket-1`)
	require.NoError(t, err)
	require.NoError(t, log.Close())
	require.Equal(t, before, everything(t, b.s), "who was there before")
	again := open(t, Options{StateFile: file})
	require.Equal(t, before, everything(t, again.s), "who comes later")
	require.Equal(t, 200, b.call("dli", "POST", "/v2/{p}/agency", `{"roles":[]}`).status)
	require.Equal(t, everything(t, b.s), everything(t, again.s))
	data, err := os.ReadFile(file + ".log")
	require.NoError(t, err)
	for _, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		require.True(t, json.Valid(line), "%s", line)
	}
}

func TestAFileThatSomebodyWroteHoldsWithoutTheLog(t *testing.T) {
	const other = `{"projects":{"p9":{}}}`
	for name, put := range map[string]func(file string) error{
		"in place": func(file string) error { return os.WriteFile(file, []byte(other), 0o600) },
		"renamed": func(file string) error {
			if err := os.WriteFile(file+".new", []byte(other), 0o600); err != nil {
				return err
			}
			return os.Rename(file+".new", file)
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "sandbox.json")
			b := open(t, Options{StateFile: file, Seed: largeCloud(largeBuckets)})
			b.call("mpc", "POST", mpcPath, mpcCreate)
			require.FileExists(t, file+".log")
			require.NoError(t, put(file))
			require.Equal(t, "p9", b.s.Endpoints().ProjectID)
			b.p = "p9"
			require.Equal(t, 204, b.call("mpc", "POST", mpcPath, mpcCreate).status)
			require.NoFileExists(t, file+".log")
			require.Equal(t, everything(t, b.s), everything(t, open(t, Options{StateFile: file}).s))
		})
	}
}

func TestFilesThatAreGoneAreMadeAgain(t *testing.T) {
	for _, gone := range [][]string{{""}, {".log"}, {"", ".log"}} {
		file := filepath.Join(t.TempDir(), "sandbox.json")
		b := open(t, Options{StateFile: file, Seed: largeCloud(largeBuckets)})
		b.call("mpc", "POST", mpcPath, mpcCreate)
		for _, side := range gone {
			require.NoError(t, os.Remove(file+side))
		}
		b.call("dli", "POST", "/v2/{p}/agency", `{"roles":["obs_adm"]}`)
		require.Equal(t, everything(t, b.s), everything(t, open(t, Options{StateFile: file}).s), gone)
	}
}

func TestABrokenLogIsAnError(t *testing.T) {
	for _, line := range []string{`x`, `[{"at":"projects.p2.mpc.agency","now":"CREATED"}]`, `[{"at":"projects.p1.mpc.agency","now":1}]`} {
		file := filepath.Join(t.TempDir(), "sandbox.json")
		require.NoError(t, os.WriteFile(file, largeCloud(1), 0o600))
		require.NoError(t, os.WriteFile(file+".log", append(headOf(largeCloud(1)), line+"\n"...), 0o600))
		_, err := New(Options{StateFile: file})
		require.ErrorContains(t, err, file+".log", line)
	}
}

func TestALineThatCannotBeWrittenNeverWas(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.json")
	b := open(t, Options{StateFile: file, Seed: largeCloud(largeBuckets)})
	b.call("dli", "POST", "/v2/{p}/agency", `{"roles":["obs_adm"]}`)
	before := everything(t, b.s)
	f := b.s.store.file
	f.log.Close()
	readOnly, err := os.Open(f.logPath())
	require.NoError(t, err)
	f.log = readOnly
	require.Equal(t, 500, b.call("mpc", "POST", mpcPath, mpcCreate).status)
	require.Equal(t, before, everything(t, b.s))
	require.Equal(t, before, everything(t, open(t, Options{StateFile: file}).s))
}

func TestALogIsOursWhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0o000, 0o277, 0o777} {
		file := filepath.Join(t.TempDir(), "sandbox.json")
		old := syscall.Umask(umask)
		s, err := New(Options{StateFile: file, Seed: largeCloud(largeBuckets)})
		if err == nil {
			_, err = s.store.change(func(c *cloud) bool { c.agenciesMade.set(7); return true })
		}
		syscall.Umask(old)
		require.NoError(t, err)
		info, err := os.Stat(file + ".log")
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "%03o", umask)
	}
}
