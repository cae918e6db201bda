package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers says which rooms a room may import. A room that is not listed fails, and so does an import. Three arrows
// differ from the first drawing: steps/cloud and engine/journal know engine/step, because the error classes and the
// rules of undo are a contract that calls, records and decisions share; and engine/plan knows engine/graph, because a
// circle is found where the order is known.
var layers = map[string][]string{
	"cmd/writ":        {"*"},
	"cmd/writ/view":   {"engine/graph", "engine/journal", "engine/step", "engine/diag"},
	"cmd/writ/trial":  {"steps", "steps/cloud", "steps/sandbox", "engine", "engine/journal", "engine/plan", "engine/step", "engine/diag", "schemas"},
	"steps":           {"steps/dbss", "steps/dli", "steps/mpc", "steps/modelarts", "steps/iam", "steps/obs", "steps/cloud", "engine/step"},
	"steps/steptest":  {"steps/cloud", "steps/sandbox", "engine/step", "schemas"}, // for tests
	"steps/dbss":      {"steps/cloud", "engine/step", "schemas"},
	"steps/dli":       {"steps/cloud", "engine/step", "schemas"},
	"steps/mpc":       {"steps/cloud", "engine/step", "schemas"},
	"steps/modelarts": {"steps/cloud", "engine/step", "schemas"},
	"steps/iam":       {"steps/cloud", "engine/step", "schemas"},
	"steps/obs":       {"steps/cloud", "engine/step", "schemas"},
	"steps/signin":    {"steps/cloud", "engine/step"}, // finds credentials; the client only uses them
	"engine":          {"engine/plan", "engine/expr", "engine/graph", "engine/step", "engine/schedule", "engine/journal", "engine/diag"},
	// The next two are for tests.
	"engine/toy":      {"engine/step"},
	"engine/sim":      {"engine", "engine/journal", "engine/journal/simdisk", "engine/plan", "engine/step", "engine/diag", "engine/toy"},
	"engine/plan":     {"engine/expr", "engine/step", "engine/diag", "engine/graph", "schemas"},
	"engine/schedule": {"engine/graph", "engine/journal", "engine/step"},
	"engine/expr":     {"engine/diag"},
	"engine/journal":  {"engine/step"},
	"engine/graph":    {},
	"engine/step":     {},
	"engine/diag":     {},
	"steps/cloud":     {"engine/step"},
	"steps/sandbox":   {},
	"steps/mirror":    {}, // the sandbox's document by its JSON alone
	"schemas":         {},
	"plans":           {},
	".ci/release":     {},

	// What writ is measured with, and against: floors know nothing of writ.
	".ci/bench":         {},
	".ci/bench/hello":   {},
	".ci/bench/nodes":   {},
	".ci/bench/durable": {},
	".ci/bench/calls":   {".ci/bench/durable"},
	".ci/bench/disk":    {".ci/bench/durable", "engine/journal"},
	".ci/bench/toy":     {"engine", "engine/journal", "engine/plan", "engine/step", "engine/diag", "engine/toy"},

	"engine/journal/simdisk": {"engine/journal"}, // for tests

	"cmd/writ/torture": {}, // nothing but tests
}

// doors says which room alone may import an outside library.
var doors = map[string][]string{
	"gopkg.in/yaml.v3":                              {"engine/plan", "steps/signin", ".ci/bench/nodes"}, // the second: users' own files; the third: a floor
	"github.com/santhosh-tekuri/jsonschema/v5":      {"engine/plan"},
	"cel.dev/cel-go":                                {"engine/expr"},
	"github.com/huaweicloud/huaweicloud-sdk-go-v3":  {"steps/cloud", ".ci/bench/calls"}, // the second: a floor
	"github.com/huaweicloud/huaweicloud-sdk-go-obs": {"steps/cloud"},
	"github.com/gophercloud/gophercloud/v2":         {"steps/signin"},
	"gopkg.in/ini.v1":                               {"steps/signin"},
	"charm.land/lipgloss/v2":                        {"cmd/writ/view"},
	"github.com/spf13/cobra":                        {"cmd/writ"},
}

func TestEveryRoomImportsOnlyWhatItsLayerAllows(t *testing.T) {
	for _, file := range sources(t, "../..") {
		room := filepath.ToSlash(filepath.Dir(file))
		room = strings.TrimPrefix(room, "../../")
		allowed, known := layers[room]
		if !known {
			t.Errorf("%s: the room %s is not in the table", file, room)
			continue
		}
		for _, path := range importsOf(t, file) {
			if ours, ok := strings.CutPrefix(path, "writ/"); ok && !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*") {
				t.Errorf("%s: %s may not import %s", file, room, ours)
			}
			for library, rooms := range doors {
				if (path == library || strings.HasPrefix(path, library+"/")) && !slices.Contains(rooms, room) {
					t.Errorf("%s: %s may not import %s", file, room, path)
				}
			}
		}
	}
}

func TestNothingHappensAtImport(t *testing.T) {
	for _, file := range sources(t, "../..") {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(f.Decls, isInit) {
			t.Errorf("%s has an init function", file)
		}
	}
}

func isInit(d ast.Decl) bool {
	f, ok := d.(*ast.FuncDecl)
	return ok && f.Recv == nil && f.Name.Name == "init"
}

// sources lists the Go files below a folder, tests apart.
func sources(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, spec := range f.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		paths = append(paths, path)
	}
	return paths
}
