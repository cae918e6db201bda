// Package recipes runs what plans/ci and .ci give to others: the CI recipes, the release, the image, the editor's schema.
// It has nothing but tests.
package recipes

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../../.."

// released is a folder as make release fills it, for this machine alone.
var released string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "writ-recipes-")
	if err == nil {
		released = filepath.Join(dir, "dist")
		err = release(released)
	}
	exit := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		exit = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(exit)
}

func release(out string) error {
	cmd := exec.Command("go", "run", "./.ci/release", "-out", out, "-targets", runtime.GOOS+"/"+runtime.GOARCH)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1767225600") // there may be no repository here
	return cmd.Run()
}

// archive is the archive of this machine's writ, under the name by which the recipes fetch theirs.
func archive(t *testing.T) (folder, sum string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(released, "writ_"+runtime.GOOS+"_"+runtime.GOARCH+".tar.gz"))
	require.NoError(t, err)
	folder = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "writ_linux_amd64.tar.gz"), raw, 0o644))
	return folder, fmt.Sprintf("%x", sha256.Sum256(raw))
}

// need answers where a program is. A test that lacks one is skipped, but not in CI.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", program)
	}
	if err != nil {
		t.Skipf("SKIPPED, NOTHING IS TESTED: %s is missing", program)
	}
	return path
}

// unpack takes the program out of its archive.
func unpack(t *testing.T, dir string) string {
	t.Helper()
	from, _ := archive(t)
	require.NoError(t, exec.Command("tar", "-xzf", filepath.Join(from, "writ_linux_amd64.tar.gz"), "-C", dir, "writ").Run())
	return filepath.Join(dir, "writ")
}
