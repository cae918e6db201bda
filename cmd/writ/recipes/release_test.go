package recipes

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAReleaseIsTheSameTwiceAndLeavesWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	again := t.TempDir()
	for _, name := range []string{"mine.txt", "writ_old_arm.tar.gz"} {
		require.NoError(t, os.WriteFile(filepath.Join(again, name), nil, 0o600))
	}
	require.NoError(t, release(again))
	require.NoError(t, os.Remove(filepath.Join(again, "mine.txt")), "somebody else's file is gone")
	require.Equal(t, sums(t, released), sums(t, again))
	require.Len(t, sums(t, released), 3, "an archive, its SBOM, and their checksums")
	listed, err := os.ReadFile(filepath.Join(released, "checksums.txt"))
	require.NoError(t, err)
	for name, sum := range sums(t, released) {
		if name != "checksums.txt" {
			require.Contains(t, string(listed), sum+"  "+name+"\n")
		}
	}
}

func sums(t *testing.T, dir string) map[string]string {
	out := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(filepath.Join(dir, path))
		out[path] = fmt.Sprintf("%x", sha256.Sum256(raw))
		return err
	}))
	return out
}

func TestTheBinaryIsStaticAndNamesNoFolderOfTheBuilder(t *testing.T) {
	t.Parallel()
	writ := unpack(t, t.TempDir())
	raw, err := os.ReadFile(writ)
	require.NoError(t, err)
	here, err := filepath.Abs(root)
	require.NoError(t, err)
	require.False(t, bytes.Contains(raw, []byte(here+"/")), "the binary names %s", here)
	if runtime.GOOS == "linux" {
		f, err := elf.NewFile(bytes.NewReader(raw))
		require.NoError(t, err)
		libraries, err := f.ImportedLibraries()
		require.NoError(t, err)
		require.Empty(t, libraries)
	}
	out, err := exec.Command(writ, "version").Output()
	require.NoError(t, err)
	require.Regexp(t, `^writ (v\d+\.\d+\.\d+\S*|[0-9a-f]{12}|devel)\n$`, string(out))
}

// TestTheSBOMNamesEveryModuleOfTheBinary compares it with what go version -m reads.
func TestTheSBOMNamesEveryModuleOfTheBinary(t *testing.T) {
	t.Parallel()
	writ := unpack(t, t.TempDir())
	raw, err := os.ReadFile(filepath.Join(released, "writ_"+runtime.GOOS+"_"+runtime.GOARCH+".spdx.json"))
	require.NoError(t, err)
	var doc struct {
		SPDXVersion, DataLicense, SPDXID, Name, DocumentNamespace string
		CreationInfo                                              struct {
			Created  string
			Creators []string
		}
		Packages []struct {
			SPDXID, Name, VersionInfo, DownloadLocation string
			Checksums                                   []struct{ Algorithm, ChecksumValue string }
			ExternalRefs                                []struct{ ReferenceLocator string }
		}
		Relationships []struct{ SPDXElementID, RelationshipType, RelatedSPDXElement string }
	}
	require.NoError(t, json.Unmarshal(raw, &doc))
	require.Equal(t, "SPDX-2.3 CC0-1.0 SPDXRef-DOCUMENT", strings.Join([]string{doc.SPDXVersion, doc.DataLicense, doc.SPDXID}, " "))
	require.NotEmpty(t, doc.CreationInfo.Created)
	require.NotEmpty(t, doc.CreationInfo.Creators)

	info, err := buildinfo.ReadFile(writ)
	require.NoError(t, err)
	binary, err := os.ReadFile(writ)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(binary)), doc.Packages[0].Checksums[0].ChecksumValue)
	want := []string{"writ@" + info.Main.Version, "stdlib@" + strings.TrimPrefix(info.GoVersion, "go")}
	for _, dep := range info.Deps {
		require.Nil(t, dep.Replace)
		want = append(want, dep.Path+"@"+dep.Version)
	}
	var got []string
	ids := map[string]bool{doc.SPDXID: true}
	for i, p := range doc.Packages {
		got = append(got, p.Name+"@"+p.VersionInfo)
		require.False(t, ids[p.SPDXID], "two parts are %s", p.SPDXID)
		ids[p.SPDXID] = true
		require.NotEmpty(t, p.DownloadLocation)
		require.True(t, i == 0 || p.ExternalRefs[0].ReferenceLocator == "pkg:golang/"+p.Name+"@"+p.VersionInfo)
	}
	require.ElementsMatch(t, want, got)
	require.Len(t, doc.Relationships, len(doc.Packages))
	for _, r := range doc.Relationships {
		require.True(t, ids[r.SPDXElementID] && ids[r.RelatedSPDXElement])
	}
}
