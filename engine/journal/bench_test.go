package journal

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// ordinary is a record of about 300 bytes.
func ordinary() Record {
	return Record{
		K: StepIntent, At: noon, Step: `grant["bucket-1"]`, Attempt: 1,
		In:     json.RawMessage(`{"bucket":"bucket-1","project":"0123456789abcdef0123456789abcdef"}`),
		Before: json.RawMessage(`{"authorized":false}`), Goal: json.RawMessage(`{"authorized":true}`),
	}
}

func BenchmarkAppend(b *testing.B) {
	j, err := newFolder(b).Create(runID(1), 0)
	require.NoError(b, err)
	rec := ordinary()
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Append(rec); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendAndSync(b *testing.B)   { benchmarkGroup(b, 1) }
func BenchmarkGroupCommitOf64(b *testing.B) { benchmarkGroup(b, 64) }

func benchmarkGroup(b *testing.B, size int) {
	j, err := newFolder(b).Create(runID(1), 64<<20)
	require.NoError(b, err)
	group := make([]Record, size)
	for i := range group {
		group[i] = ordinary()
	}
	for b.Loop() {
		if err := j.Append(group...); err != nil {
			b.Fatal(err)
		}
		if err := j.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkRead100000(b *testing.B) {
	f := newFolder(b)
	j, err := f.Create(runID(1), 0)
	require.NoError(b, err)
	for range 100_000 {
		require.NoError(b, j.Append(ordinary()))
	}
	b.ReportAllocs()
	for b.Loop() {
		recs, _, err := f.Read(runID(1))
		if err != nil || len(recs) != 100_000 {
			b.Fatal(len(recs), err)
		}
	}
}
