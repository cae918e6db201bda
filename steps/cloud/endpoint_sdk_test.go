package cloud_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/steps/cloud"
)

// differences are where the table says something else than the official SDK, on purpose.
var differences = map[string]string{
	"modelarts ap-southeast-1": "https://modelarts.ap-southeast-1.myhuaweicloud.com", // the SDK says .cn, for this one alone
	"mpc cn-southwest-2":       "https://mpc.cn-southwest-2.myhuaweicloud.com",       // in MPC's "Regions and Endpoints" only
	"dbss eu-west-101":         "https://dbss.eu-west-101.myhuaweicloud.eu",          // in DBSS's European pages only
	"modelarts eu-west-101":    "https://modelarts.eu-west-101.myhuaweicloud.eu",     // in ModelArts's European pages only
}

func TestTheTableIsTheOfficialSDKs(t *testing.T) {
	want := sdkEndpoints(t)
	require.Greater(t, len(want), 100)
	for key, base := range differences {
		assert.NotEqual(t, base, want[key], "%s is no difference any more", key)
		want[key] = base
	}
	got := map[string]string{}
	for key := range want {
		service, region, _ := strings.Cut(key, " ")
		got[key], _ = cloud.Endpoint(cloud.HuaweiCloud, region, service)
	}
	assert.Equal(t, want, got)
	for service, regions := range cloud.TableRegions(cloud.HuaweiCloud) {
		for _, region := range regions {
			assert.Contains(t, want, service+" "+region, "only the table knows it")
		}
	}
}

// sdkEndpoints reads the SDK's region files: "service region" → base URL.
func sdkEndpoints(t *testing.T) map[string]string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/huaweicloud/huaweicloud-sdk-go-v3").Output()
	require.NoError(t, err)
	all := map[string]string{}
	for _, service := range []string{"dbss", "dli", "iam", "modelarts", "mpc"} {
		files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "services", service, "v*", "region", "region.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files, service)
		for _, file := range files {
			maps.Copy(all, regionsIn(t, service, file))
		}
	}
	return all
}

// regionsIn finds the calls region.NewRegion("id", "https://host") in a file.
func regionsIn(t *testing.T, service, file string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	found := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "NewRegion" {
			return true
		}
		require.Len(t, call.Args, 2, file)
		var texts [2]string
		for i, arg := range call.Args {
			texts[i], err = strconv.Unquote(arg.(*ast.BasicLit).Value)
			require.NoError(t, err)
		}
		found[fmt.Sprint(service, " ", texts[0])] = texts[1]
		return true
	})
	return found
}
