package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/steps/sandbox"
)

// before is what stands in for the reader and the machine, who are not there, in the shell that runs README.
const before = `
# make runs the tests, and this is one of them: the target has to be there. To build is to have what was built.
make() {
	for target; do
		grep -q "^$target:" Makefile || return 2
		if [ "$target" = build ]; then mkdir -p bin && ln -s "$WRIT" bin/writ; fi
	done
}
# Nobody is there to be asked.
writ() {
	case $1 in
	apply) command writ "$@" --yes ;;
	*) command writ "$@" ;;
	esac
}
`

// leftOut are what README leaves for the reader to fill in, and what they would.
func leftOut(cloud sandbox.Endpoints) *strings.Replacer {
	return strings.NewReplacer(
		"HUAWEICLOUD_SDK_AK=…", "HUAWEICLOUD_SDK_AK="+cloud.AccessKey,
		"HUAWEICLOUD_SDK_SK=…", "HUAWEICLOUD_SDK_SK="+cloud.SecretKey,
		"sha256:…", `sha256:"$(sha256sum agreed.json | cut -d ' ' -f 1)"`,
	)
}

// runREADME types all lines into one shell, in a folder with what a clone has, and answers what each printed. Where no
// --sandbox is said, a sandbox stands for the region of Huawei Cloud.
func runREADME(t *testing.T, lines []string) (said map[string]string) {
	writ, err := exec.LookPath("writ")
	require.NoError(t, err)
	cloud := realCloud(t)
	script := before
	for i, line := range lines {
		typed := leftOut(cloud).Replace(line)
		code, _, _ := strings.Cut(typed, "  #")
		require.NotContains(t, code, "…", "nobody filled this in")
		script += fmt.Sprintf("%s\nprintf '\\n<%d %%d>\\n' $? | tee /dev/stderr\n", typed, i)
	}
	dir := t.TempDir()
	for _, folder := range []string{"plans", "schemas"} {
		require.NoError(t, os.CopyFS(filepath.Join(dir, folder), os.DirFS("../../"+folder)))
	}
	makefile, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Makefile"), makefile, 0o600))
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(addressesOf(cloud), "NO_COLOR=1", "HOME="+t.TempDir(), "WRIT="+writ, "PATH="+pathWithout(filepath.Dir(writ)))
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	require.NoError(t, cmd.Run(), complaints.String())
	return heldToExits(t, lines, out.String(), complaints.String())
}

// promised is an exit that a line's comment speaks of: "# exit 4: why".
var promised = regexp.MustCompile(`# exit (\d+): `)

// heldToExits takes what was printed apart, and holds each line to its exit.
func heldToExits(t *testing.T, lines []string, out, complaints string) map[string]string {
	said := map[string]string{}
	ended := regexp.MustCompile(`\n<(\d+) (\d+)>\n`)
	from := 0
	all := ended.FindAllStringSubmatchIndex(out, -1)
	require.Len(t, all, len(lines), complaints)
	for i, line := range lines {
		want := "0"
		if m := promised.FindStringSubmatch(line); m != nil {
			want = m[1]
		}
		require.Equal(t, strconv.Itoa(i), out[all[i][2]:all[i][3]])
		require.Equal(t, want, out[all[i][4]:all[i][5]], "%s\n%s\n%s", line, out[from:all[i][0]], complaints)
		code, _, _ := strings.Cut(line, "  #")
		if code = strings.TrimSpace(code); said[code] == "" {
			said[code] = out[from:all[i][0]]
		}
		from = all[i][1]
	}
	return said
}

// realCloud is a sandbox in the region that README works in.
func realCloud(t *testing.T) sandbox.Endpoints {
	server, err := sandbox.New(sandbox.Options{Region: "cn-north-4"})
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server.Endpoints()
}

// addressesOf are the official SDK's variables by which a cloud is found.
func addressesOf(cloud sandbox.Endpoints) (environ []string) {
	for service, url := range cloud.Endpoints {
		environ = append(environ, "HUAWEICLOUD_SDK_REGION_"+strings.ToUpper(service)+"_CN_NORTH_4="+url)
	}
	return environ
}

func pathWithout(dir string) string {
	var kept []string
	for _, d := range filepath.SplitList(os.Getenv("PATH")) {
		if d != dir {
			kept = append(kept, d)
		}
	}
	return strings.Join(kept, string(filepath.ListSeparator))
}
