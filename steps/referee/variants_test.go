package referee_test

import (
	"fmt"
	"go/ast"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unseen are the variants that change nothing that the SDK shows.
var unseen = map[string]string{"throttle_retry_after": "a header, which the SDK does not hand on"}

// TestEveryVariantIsTried holds the rows to the sandbox's list of what the documents leave open: each variant is in one,
// and of those that are words each word but the first, which is what holds without it.
func TestEveryVariantIsTried(t *testing.T) {
	var tried strings.Builder
	for _, r := range allRows(t, operations(t)) {
		fmt.Fprintln(&tried, r.variants, r.limits)
	}
	files := parse(t, "../sandbox")
	names := constants(files)
	count := 0
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			for _, want := range variantsIn(t, n, names) {
				count++
				name, _, _ := strings.Cut(strings.TrimPrefix(want, `"`), `"`)
				assert.True(t, unseen[name] != "" || strings.Contains(tried.String(), want), "no row tries %s", want)
			}
			return true
		})
	}
	require.Greater(t, count, 20)
}

// variantsIn reads a field of the sandbox's type variants, and a line of its choices.
func variantsIn(t *testing.T, n ast.Node, names map[string]ast.Expr) []string {
	t.Helper()
	switch n := n.(type) {
	case *ast.TypeSpec:
		if n.Name.Name == "variants" {
			return variantFields(t, n)
		}
	case *ast.CompositeLit:
		if isListOf(n.Type, "choice") {
			return variantWords(t, n, names)
		}
	}
	return nil
}

func variantFields(t *testing.T, spec *ast.TypeSpec) []string {
	t.Helper()
	var list []string
	fields, isStruct := spec.Type.(*ast.StructType)
	require.True(t, isStruct)
	for _, field := range fields.Fields.List {
		tag, err := strconv.Unquote(field.Tag.Value)
		require.NoError(t, err)
		name, _, _ := strings.Cut(strings.TrimPrefix(tag, `json:"`), ",")
		list = append(list, `"`+name+`":`)
	}
	return list
}

func variantWords(t *testing.T, choices *ast.CompositeLit, names map[string]ast.Expr) []string {
	t.Helper()
	var list []string
	for _, e := range choices.Elts {
		choice, isChoice := e.(*ast.CompositeLit)
		require.True(t, isChoice)
		name, written := textOf(choice.Elts[0], names)
		require.True(t, written)
		words, isList := choice.Elts[2].(*ast.CompositeLit)
		require.True(t, isList)
		for _, word := range words.Elts[1:] {
			text, written := textOf(word, names)
			require.True(t, written)
			list = append(list, fmt.Sprintf(`"%s": "%s"`, name, text))
		}
	}
	return list
}
