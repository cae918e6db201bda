package referee_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// operation is a line of the sandbox's table of operations.
type operation struct{ access, service, name, method, path string }

func (o operation) String() string { return o.service + " " + o.name }

// operations reads the sandbox's table out of its source: the table is nobody's business at run time.
func operations(t *testing.T) []operation {
	t.Helper()
	var list []operation
	files := parse(t, "../sandbox")
	names := constants(files)
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			table, isList := n.(*ast.CompositeLit)
			if !isList || !isListOf(table.Type, "operation") {
				return true
			}
			for _, line := range table.Elts {
				list = append(list, operationOf(t, line, names))
			}
			return false
		})
	}
	require.NotEmpty(t, list)
	return list
}

// parse reads the Go files of a folder, tests apart.
func parse(t *testing.T, folder string) []*ast.File {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, e.Name()), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, f)
	}
	return files
}

func isListOf(expr ast.Expr, name string) bool {
	array, ok := expr.(*ast.ArrayType)
	if !ok {
		return false
	}
	element, ok := array.Elt.(*ast.Ident)
	return ok && element.Name == name
}

// operationOf finds in a line of the table what it asks of its caller, and four texts: service, name, method and path.
func operationOf(t *testing.T, expr ast.Expr, names map[string]ast.Expr) operation {
	t.Helper()
	line, isLine := expr.(*ast.CompositeLit)
	require.True(t, isLine)
	var texts []string
	for _, e := range line.Elts {
		if s, ok := textOf(e, names); ok {
			texts = append(texts, s)
		}
	}
	require.Len(t, texts, 4, "a line of the table of operations")
	access, isIdent := line.Elts[0].(*ast.Ident)
	require.True(t, isIdent)
	return operation{access.Name, texts[0], texts[1], texts[2], texts[3]}
}

// textOf is the value of a text, of a constant that names one, or of two in a row.
func textOf(expr ast.Expr, names map[string]ast.Expr) (string, bool) {
	switch e := expr.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.Ident:
		value, known := names[e.Name]
		if !known {
			return "", false
		}
		return textOf(value, names)
	case *ast.BinaryExpr:
		left, ok1 := textOf(e.X, names)
		right, ok2 := textOf(e.Y, names)
		return left + right, ok1 && ok2
	}
	return "", false
}

// constants are the named values of files, as they are written.
func constants(files []*ast.File) map[string]ast.Expr {
	names := map[string]ast.Expr{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Names) == len(spec.Values) {
				for i, name := range spec.Names {
					names[name.Name] = spec.Values[i]
				}
			}
			return true
		})
	}
	return names
}
