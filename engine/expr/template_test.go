package expr

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSplittingMindsLiteralsBracesAndComments(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string // expressions are marked with =
	}{
		{``, nil},
		{`plain $ {{ }}`, []string{`plain $ {{ }}`}},
		{`${{ a }}`, []string{`=a`}},
		{`x${{a}}y${{ b }}`, []string{`x`, `=a`, `y`, `=b`}},
		{`${{ "}}" }}`, []string{`="}}"`}},
		{`${{ '}}' + '${{' }}`, []string{`='}}' + '${{'`}},
		{`${{ "a\"}}" }}`, []string{`="a\"}}"`}},
		{`${{ r"a\" }}"`, []string{`=r"a\"`, `"`}},
		{"${{ '''a\n'}}''' }}", []string{"='''a\n'}}'''"}},
		{`${{ """a"}}""" }}`, []string{`="""a"}}"""`}},
		{`${{ {"a": {"b": 1}} }}`, []string{`={"a": {"b": 1}}`}},
		{`${{{"a": {"b": 1}}}}!`, []string{`={"a": {"b": 1}}`, `!`}},
		{"${{ a.`}}` }}", []string{"=a.`}}`"}},
		{"${{ a // it's }} b", []string{"=a // it's", " b"}},
		{"${{ a // it's\n + b }}", []string{"=a // it's\n + b"}},
		{`${{ 'a }} b ${{ c }}`, []string{`='a`, ` b `, `=c`}},
		{`${{ { }} b`, []string{`={`, ` b`}},
		{`${{}}`, []string{`=`}},
	} {
		parts, faults := split(c.text)
		require.Empty(t, faults, c.text)
		var got []string
		for _, p := range parts {
			mark := ""
			if p.isExpr {
				mark = "="
			}
			got = append(got, mark+p.text)
			require.Equal(t, p.text, c.text[p.offset:p.offset+len(p.text)])
		}
		require.Equal(t, c.want, got, c.text)
	}
}

func TestHasSeesOpeners(t *testing.T) {
	require.True(t, Has("a ${{"))
	require.False(t, Has("a ${ {{ }}"))
}

func TestSplittingTakesTimeInProportion(t *testing.T) {
	for _, piece := range []string{"${{ { }} ", "${{ ' }} ", "${{ ''' }} ", `${{ \'\' }} `, "${{ // }} "} {
		start := time.Now()
		split(strings.Repeat(piece, 20_000))
		require.Less(t, time.Since(start), 5*time.Second, piece)
	}
}
