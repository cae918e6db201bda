package sim

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine/journal/simdisk"
)

// The price of one simulated death with all that follows it.
func BenchmarkDeath(b *testing.B) {
	c := referenceCase(b, 4)
	_, _, err := c.Learn(base(1))
	require.NoError(b, err)
	moments, err := c.Moments(Apply, 1)
	require.NoError(b, err)
	n, began := 0, cpu()
	for b.Loop() {
		n++
		m := moments[n*7%len(moments)]
		_ = c.Die(m, Spot{Scene: Apply, Seed: 1, At: m.n, Fault: Death, State: simdisk.States()[n%6], Way: []Way{Onward, Back}[n%2], Again: -1})
	}
	b.ReportMetric(float64(n)/(cpu()-began).Seconds(), "runs/cpu-s") // whatever else the machine does
}

// cpu is how long this process has worked.
func cpu() time.Duration {
	var use syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
