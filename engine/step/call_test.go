package step

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyTheLastCallsAreRemembered(t *testing.T) {
	Called(context.Background(), Call{}) // nobody asked
	ctx, calls := WithCalls(context.Background())
	require.Empty(t, calls.Last())
	for i := range maxCalls + 3 {
		Called(ctx, Call{Status: i})
	}
	last := calls.Last()
	require.Len(t, last, maxCalls)
	require.Equal(t, 3, last[0].Status)
	require.Equal(t, maxCalls+2, last[maxCalls-1].Status)
}
