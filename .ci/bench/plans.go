package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
)

// The shapes of graphs.
const (
	fanOut  = "fan-out"
	chain   = "chain"
	layered = "layered"
)

var shapes = []string{fanOut, chain, layered}

// parents is what each of n steps follows. A layer has a hundred steps, each with up to three parents in the layer before;
// they are the same each time.
func parents(shape string, n int) [][]int {
	const layer = 100
	rng := rand.New(rand.NewPCG(7, 7))
	all := make([][]int, n)
	for i := range all {
		switch {
		case shape == chain && i > 0:
			all[i] = []int{i - 1}
		case shape == layered && i >= layer:
			all[i] = three(rng, (i/layer-1)*layer, layer)
		}
	}
	return all
}

// three are different numbers out of some that begin with from.
func three(rng *rand.Rand, from, some int) []int {
	out := rng.Perm(some)[:3]
	for i := range out {
		out[i] += from
	}
	return out
}

// The forms of a step: a call that no call reads, one of the longer sort with an if, a retry and four arguments, and those of the
// toy cloud.
const (
	grants  = "grant"
	long    = "long"
	nothing = "nothing"
	cells   = "cell"
)

// plan answers the file of a plan for writ, which is made when it is first asked for.
func (b *bench) plan(form, shape string, n int) (string, error) {
	return b.made(fmt.Sprintf("%s-%s-%d.yaml", form, shape, n), func(w io.Writer) {
		fmt.Fprintf(w, "version: 1\nname: bench\n")
		if form == long {
			fmt.Fprintf(w, "inputs:\n  on: {type: boolean, default: true}\n")
		}
		fmt.Fprintf(w, "steps:\n")
		for i, above := range parents(shape, n) {
			writeStep(w, form, i)
			writeList(w, "    needs: [", "s", above, ", ", "]\n")
		}
	})
}

func writeStep(w io.Writer, form string, i int) {
	switch form {
	case grants:
		fmt.Fprintf(w, "  - id: s%d\n    uses: dli.obs_authorization\n    irreversible: accept\n    with: {obs_buckets: [bucket-%d]}\n", i, i)
	case nothing:
		fmt.Fprintf(w, "  - id: s%d\n    uses: toy.nothing\n    irreversible: accept\n", i)
	case cells:
		fmt.Fprintf(w, "  - id: s%d\n    uses: toy.cell\n    with: {name: c%d, value: v%d}\n", i, i, i)
	case long:
		fmt.Fprintf(w, `  - id: s%d
    name: step number %d
    uses: iam.agency
    if: ${{ inputs.on && target.region == 'cn-north-7' }}
    retry: {max: 3, backoff: 2s}
    with:
      name: agency-%d
      trust_domain_name: somebody
      description: text number %d
      duration: FOREVER
`, i, i, i, i)
	}
}

func writeList(w io.Writer, before, each string, numbers []int, between, after string) {
	for i, n := range numbers {
		if i > 0 {
			before = between
		}
		fmt.Fprintf(w, "%s%s%d", before, each, n)
	}
	if len(numbers) > 0 {
		fmt.Fprint(w, after)
	}
}

// seed answers the file of a cloud with buckets for n calls.
func (b *bench) seed(n int) (string, error) {
	return b.made(fmt.Sprintf("seed-%d.json", n), func(w io.Writer) {
		fmt.Fprint(w, `{"projects":{"5a9db0c5000000000000000000000001":{"region":"cn-north-7","dbss":{"obs_buckets":[`)
		for i := range n {
			if i > 0 {
				fmt.Fprint(w, ",")
			}
			fmt.Fprintf(w, `{"bucket_name":"bucket-%d","location":"cn-north-7"}`, i)
		}
		fmt.Fprint(w, "]}}}}\n")
	})
}

// made answers a file in the working folder, which write fills unless it is there.
func (b *bench) made(name string, write func(io.Writer)) (string, error) {
	file := b.at(name)
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	write(w)
	return file, w.Flush()
}
