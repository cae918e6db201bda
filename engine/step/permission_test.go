package step

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPermissionInAFewWords(t *testing.T) {
	for words, p := range map[string]Permission{
		"a:b:c":                             {Action: "a:b:c"},
		"a:b:c (scope all)":                 {Action: "a:b:c", If: &Argument{"scope", "all"}},
		"Boss":                              {Role: "Boss"},
		"perhaps a:b:c":                     {Action: "a:b:c", Unsure: true},
		"perhaps Boss":                      {Role: "Boss", Unsure: true},
		"Boss (a:b:c in identity policies)": {Role: "Boss", Action: "a:b:c"},
		"(toy Set: on no public page)":      {Call: "toy Set"},
	} {
		require.Equal(t, words, p.String())
	}
	require.Equal(t, []string{"a:b:c", "(toy Set: on no public page)"}, append(Allow("a:b:c"), Undocumented("toy Set")...).Names())
}

func TestACustomPolicyHoldsActionsThatNeedNoRole(t *testing.T) {
	require.True(t, Permission{Action: "a:b:c", Unsure: true}.InPolicy())
	require.False(t, Permission{Action: "a:b:c", Role: "Boss"}.InPolicy())
	require.False(t, Permission{Role: "Boss"}.InPolicy())
	require.False(t, Permission{Call: "toy Set"}.InPolicy())
}
