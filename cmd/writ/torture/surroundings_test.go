//go:build linux

package torture

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHostileSurroundings runs there and back in environments that nobody means well with.
func TestHostileSurroundings(t *testing.T) {
	t.Parallel()
	c := newTally(t)
	junk := filepath.Join(t.TempDir(), "junk")
	require.NoError(t, os.WriteFile(junk, []byte("no certificate\x00\xff"), 0o600))
	all := [][]string{
		{"HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1", "ALL_PROXY=socks5://127.0.0.1:1", "http_proxy=http://127.0.0.1:1"},
		{"HTTP_PROXY=::no url::", "NO_PROXY=\x01"},
		{"SSL_CERT_FILE=" + junk, "SSL_CERT_DIR=/nowhere"},
		{"GODEBUG=http2debug=2,netdns=go+9,x509sha1=1,gctrace=1,nonsense=7", "GOGC=1", "GOMAXPROCS=1", "GOTRACEBACK=crash"},
		{"GOMEMLIMIT=1", "GOMAXPROCS=64"},
		{"HOME=", "TMPDIR=/nowhere", "XDG_CONFIG_HOME=/nowhere", "TZ=Nowhere/Nothing", "LANG=zz_ZZ.x", "LC_ALL=\xff", "TERM=\x1b[31m", "COLUMNS=-1"},
		{"PATH=", "HUAWEICLOUD_SDK_AK=x", "HUAWEICLOUD_SDK_SK=y", "OS_AUTH_URL=http://127.0.0.1:1", "CI=true", "GITHUB_ACTIONS=true"},
	}
	two(len(all), func(i int) {
		w := newWorld(t, strings.Join(all[i], " "), onboarding, clouds()[i%3])
		defer w.close()
		w.environ = all[i]
		exit, _ := w.writ(w.apply()...)
		var wrong []string
		if exit != 0 {
			wrong = append(wrong, fmt.Sprintf("wrong: apply ends with %d", exit))
		}
		ref := learn(t, onboarding, clouds()[i%3])
		wrong = append(wrong, w.judge(ref, exit)...)
		exit, faults := w.settle("rollback")
		c.add(w, append(append(wrong, faults...), w.judge(ref, exit)...)...)
	})
}

// TestUnplugged takes the cloud away in the middle, and brings it back at the same address.
func TestUnplugged(t *testing.T) {
	t.Parallel()
	c, refs := newTally(t), &references{}
	two(4, func(i int) {
		plan, cloud := []string{onboarding, granting}[i%2], clouds()[i%3]
		ref := refs.of(t, plan, cloud)
		w := newWorld(t, fmt.Sprintf("unplugged %d", i), plan, cloud)
		defer w.close()
		gone, at := make(chan struct{}), ref.requests/2+3*i
		w.observe(func(n int, now phase) fate {
			if n == at && now == arrived {
				go func() { w.unplug(); close(gone) }()
			}
			return fate{}
		})
		p := w.start(w.apply()...)
		<-gone
		exit := w.end(p)
		w.observe(nil)
		w.plug()
		var wrong []string
		if !strings.Contains("0 1 4 5 9", fmt.Sprint(exit)) {
			wrong = append(wrong, fmt.Sprintf("wrong: exit %d while nothing answers", exit))
		}
		state, _ := w.last()
		if state == "paused" || state == "unknown" || state == "residue" {
			way := []string{"resume", "rollback"}[i/2%2]
			if state == "residue" {
				way = "rollback"
			}
			exit, faults := w.settle(way)
			c.add(w, append(append(wrong, faults...), w.judge(ref, exit)...)...)
			return
		}
		c.add(w, append(wrong, w.judge(ref, exit)...)...)
	})
}

// inNamespace is a script that runs as if it were root, on a file system of its own at ./disk; it is nil, and the test is
// skipped, where that is not permitted.
func (w *world) inNamespace(script string) *exec.Cmd {
	w.t.Helper()
	if out, err := exec.Command("unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt").CombinedOutput(); err != nil {
		w.t.Skipf("SKIPPED: no file system can be mounted here: %v: %s", err, out)
	}
	require.NoError(w.t, os.MkdirAll(filepath.Join(w.dir, "disk"), 0o700))
	cmd := exec.Command("unshare", "-rm", "sh", "-c", script, "sh", binary(w.t), "--sandbox="+w.control)
	cmd.Dir, cmd.Env = w.dir, append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "NO_COLOR=1"}, w.environ...)
	return cmd
}

// TestFolderThatCannotBeWritten: no call is sent, exit 10.
func TestFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	c := newTally(t)
	for name, script := range map[string]string{
		"read only": `mount -t tmpfs -o size=4m none disk && mkdir -m 700 disk/w && mount -o remount,ro disk && "$1" apply plan.yaml --yes "$2" --runs disk/w`,
		"full":      `mount -t tmpfs -o size=256k none disk && mkdir -m 700 disk/w && { cat /dev/zero >disk/fill; "$1" apply plan.yaml --yes "$2" --runs disk/w; }`,
		"too small": `mount -t tmpfs -o size=24k none disk && mkdir -m 700 disk/w && "$1" apply plan.yaml --yes "$2" --runs disk/w`,
		"no inodes": `mount -t tmpfs -o size=4m,nr_inodes=3 none disk && mkdir -m 700 disk/w && "$1" apply plan.yaml --yes "$2" --runs disk/w`,
	} {
		w := newWorld(t, name, onboarding, clouds()[0])
		exit := w.end(w.run(w.inNamespace(script)))
		var wrong []string
		if exit != 10 {
			wrong = append(wrong, fmt.Sprintf("wrong: exit %d", exit))
		}
		if sent := w.effects(); len(sent) > 0 {
			wrong = append(wrong, fmt.Sprintf("wrong: something was sent: %v", sent))
		}
		c.add(w, wrong...)
		w.close()
	}
}

// TestFolderThatFillsUpMidway: what the run needs was set aside, there and back.
func TestFolderThatFillsUpMidway(t *testing.T) {
	t.Parallel()
	c := newTally(t)
	for _, back := range []bool{false, true} {
		w := newWorld(t, fmt.Sprintf("fills up, rollback %v", back), onboarding, clouds()[0])
		script := `mount -t tmpfs -o size=4m none disk && mkdir -m 700 disk/w || exit 99
			"$1" apply plan.yaml --yes "$2" --runs disk/w & while ! test -e go; do sleep 0.05; done
			cat /dev/zero >disk/fill 2>/dev/null; touch full; wait $! || exit $?; `
		if back {
			script += `"$1" rollback last --runs disk/w || exit $?; `
		}
		cmd := w.inNamespace(script + `cp -r disk/w .writ`)
		w.fault(`{"service": "dli", "operation": "CreateDliAgency", "when": "after", "do": "delay", "seconds": 0.5}`)
		p := w.run(cmd)
		w.held("CreateDliAgency")
		require.NoError(t, os.WriteFile(filepath.Join(w.dir, "go"), nil, 0o600))
		w.await("it is full", func() bool { _, err := os.Stat(filepath.Join(w.dir, "full")); return err == nil })
		exit := w.end(p)
		c.add(w, w.judge(learn(t, onboarding, clouds()[0]), exit)...)
		w.close()
	}
}
