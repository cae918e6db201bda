package referee_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// callsOfWrit reads out of the source which calls writ can make: every operation of the sandbox's table whose name is
// written somewhere in the client or a kind, and every call written there whose operation the table does not know.
func callsOfWrit(t *testing.T) []string {
	t.Helper()
	known := map[string]string{}
	for _, o := range operations(t) {
		known[o.name], known[o.String()] = o.String(), o.String()
	}
	rooms, err := os.ReadDir("..")
	require.NoError(t, err)
	var names []string
	for _, room := range rooms {
		if !room.IsDir() || room.Name() == "sandbox" {
			continue
		}
		for _, f := range parse(t, filepath.Join("..", room.Name())) {
			names = append(names, callsIn(f, known)...)
		}
	}
	require.NotEmpty(t, names)
	slices.Sort(names)
	return slices.Compact(names)
}

func callsIn(f *ast.File, known map[string]string) []string {
	var list []string
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			s, err := strconv.Unquote(n.Value)
			if name, is := known[s]; is && err == nil && n.Kind == token.STRING {
				list = append(list, name)
			}
		case *ast.CompositeLit:
			if name, is := unknownCall(n, known); is {
				list = append(list, name)
			}
		}
		return true
	})
	return list
}

// unknownCall is a Call, as steps/cloud has it and others say cloud.Call, to an operation that is written out and that
// the sandbox does not have.
func unknownCall(literal *ast.CompositeLit, known map[string]string) (name string, is bool) {
	selector, isSelector := literal.Type.(*ast.SelectorExpr)
	ident, isIdent := literal.Type.(*ast.Ident)
	if isSelector && selector.Sel.Name != "Call" || isIdent && ident.Name != "Call" || !isSelector && !isIdent {
		return "", false
	}
	written := map[string]ast.Expr{}
	for _, e := range literal.Elts {
		if field, isField := e.(*ast.KeyValueExpr); isField {
			written[fmt.Sprint(field.Key)] = field.Value
		}
	}
	if written["Method"] == nil { // it only names something
		return "", false
	}
	name, is = textOf(written["Operation"], nil)
	return name, is && known[name] == ""
}
