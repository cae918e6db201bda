//go:build linux

package recipes

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// image is what the last stage of a Containerfile says of its image.
type image struct {
	user, dir  string
	env        []string
	entrypoint []string
}

// TestTheImageRunsWithNothingButItsFiles replays the Containerfile without an engine: what it runs in the building stage
// is run here with other paths, the second stage's files become a root folder, and writ is run in there as the user that
// the image names. That the base image has Go and certificates where they are taken from is not tested.
func TestTheImageRunsWithNothingButItsFiles(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED, THE IMAGE IS NOT TESTED: only root may change the root folder")
	}
	scratch := t.TempDir()
	require.NoError(t, os.Chmod(scratch, 0o755))
	certificates := filepath.Join(scratch, "ca-certificates.crt")
	require.NoError(t, os.WriteFile(certificates, []byte("certificates"), 0o644))
	rootfs, img := filepath.Join(scratch, "rootfs"), image{dir: "/"}
	elsewhere := strings.NewReplacer("/out", filepath.Join(scratch, "out"), "/etc/ssl/certs/ca-certificates.crt", certificates)
	stage := 0
	for _, line := range instructions(t) {
		word, rest, _ := strings.Cut(line, " ")
		switch word + map[bool]string{true: " of the image"}[stage == 2] {
		case "FROM", "FROM of the image":
			stage++
			if stage == 2 {
				require.Equal(t, "scratch", rest)
			}
		case "WORKDIR", "COPY": // this checkout is /src
		case "RUN":
			cmd := exec.Command("sh", "-ec", elsewhere.Replace(rest))
			cmd.Dir = root
			cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s\n%s", rest, out)
		case "COPY of the image":
			require.Equal(t, "--from=build /out/ /", rest)
			require.NoError(t, os.Rename(filepath.Join(scratch, "out"), rootfs))
		case "ENV of the image":
			img.env = append(img.env, rest)
		case "WORKDIR of the image":
			img.dir = rest
		case "USER of the image":
			img.user = rest
		case "ENTRYPOINT of the image":
			require.NoError(t, json.Unmarshal([]byte(rest), &img.entrypoint))
		default:
			t.Fatalf("nobody knows %s here", line)
		}
	}
	require.Equal(t, "65532:65532", img.user)
	require.FileExists(t, filepath.Join(rootfs, "etc/ssl/certs/ca-certificates.crt"))
	plan, err := os.ReadFile(filepath.Join(root, "plans", "bootstrap.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(rootfs, img.dir, "plan.yaml"), plan, 0o644))

	require.Contains(t, img.run(t, rootfs, "version"), "writ ")
	require.Contains(t, img.run(t, rootfs, "apply", "plan.yaml", "--sandbox", "--yes"), "done: run")
	require.Contains(t, img.run(t, rootfs, "runs"), "done")
}

// instructions are the lines of the Containerfile, continued ones joined.
func instructions(t *testing.T) []string {
	raw, err := os.ReadFile(filepath.Join(root, ".ci", "image", "Containerfile"))
	require.NoError(t, err)
	var out []string
	for line := range strings.SplitSeq(strings.ReplaceAll(string(raw), "\\\n", ""), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

func (img image) run(t *testing.T, rootfs string, args ...string) string {
	cmd := &exec.Cmd{
		Path: img.entrypoint[0], Args: append(img.entrypoint, args...), Dir: img.dir, Env: img.env,
		SysProcAttr: &syscall.SysProcAttr{Chroot: rootfs, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}},
	}
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	require.NoError(t, cmd.Run(), "%s\n%s", args, &complaints)
	return out.String()
}
