package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// The peers are measured where they are on PATH; nothing is installed for them.

// tool is a contender that needs a program which may not be here.
func tool(program, name string, measure func(context.Context, *cloud) (reading, error)) contender {
	c := contender{name: name, measure: measure}
	if _, err := exec.LookPath(program); err != nil {
		c.absent = "no " + program + " here"
	}
	return c
}

// The forms of what Terraform is given: a block for each step, one block with a count, and blocks that send a call.
const (
	blocks    = "N blocks"
	counted   = "count"
	localExec = "local-exec"
)

// terraform measures Terraform, or OpenTofu, on as many resources that do nothing as a plan has steps.
func (b *bench) terraform(program, verb, form, shape string, n int) contender {
	return tool(program, program+" "+verb, func(ctx context.Context, c *cloud) (reading, error) {
		dir, err := b.configuration(program, form, shape, n)
		if err != nil {
			return nil, err
		}
		env := append(c.env(), "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE="+os.DevNull)
		r, _, err := b.run(ctx, process{argv: append([]string{program}, options(verb)...), dir: dir, env: env})
		return r, err
	})
}

func options(verb string) []string {
	switch verb {
	case "plan":
		return []string{"plan", "-input=false", "-no-color"}
	case "apply":
		return []string{"apply", "-input=false", "-no-color", "-auto-approve"}
	}
	return []string{verb, "-no-color"}
}

// configuration answers a folder that the program can work in, without the state that an earlier run left.
func (b *bench) configuration(program, form, shape string, n int) (string, error) {
	dir := b.at(fmt.Sprintf("%s-%s-%s-%d", program, form, shape, n))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, state := range []string{"terraform.tfstate", "terraform.tfstate.backup"} {
		_ = os.Remove(filepath.Join(dir, state))
	}
	_, err := b.made(filepath.Join(filepath.Base(dir), "main.tf"), func(w io.Writer) {
		if form == counted {
			fmt.Fprintf(w, "resource \"terraform_data\" \"s\" {\n  count = %d\n}\n", n)
			return
		}
		for i, above := range parents(shape, n) {
			fmt.Fprintf(w, "resource \"terraform_data\" \"s%d\" {\n", i)
			writeList(w, "  depends_on = [", "terraform_data.s", above, ", ", "]\n")
			if form == localExec {
				fmt.Fprintf(w, "  provisioner \"local-exec\" {\n    command = %s\n  }\n", strconv.Quote(fmt.Sprintf(curl, strconv.Itoa(i))))
			}
			fmt.Fprintln(w, "}")
		}
	})
	return dir, err
}

// gnuMake and ninja run `true` for each step, at most sixteen at a time.
func (b *bench) gnuMake(shape string, n int) contender {
	return b.builder("make", "Makefile", shape, n, func(w io.Writer, i int, above []int) {
		fmt.Fprintf(w, ".PHONY: s%d\ns%d:", i, i)
		writeList(w, " ", "s", above, " ", "")
		fmt.Fprint(w, "\n\t@true\n")
	}, "all:")
}

func (b *bench) ninja(shape string, n int) contender {
	return b.builder("ninja", "build.ninja", shape, n, func(w io.Writer, i int, above []int) {
		if i == 0 {
			fmt.Fprint(w, "rule t\n  command = true\n")
		}
		fmt.Fprintf(w, "build s%d: t", i)
		writeList(w, " ", "s", above, " ", "")
		fmt.Fprintln(w)
	}, "build all: phony")
}

func (b *bench) builder(program, file, shape string, n int, write func(io.Writer, int, []int), all string) contender {
	return tool(program, program+" -j16", func(ctx context.Context, _ *cloud) (reading, error) {
		dir := b.at(fmt.Sprintf("%s-%s-%d", program, shape, n))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		_, err := b.made(filepath.Join(filepath.Base(dir), file), func(w io.Writer) {
			for i, above := range parents(shape, n) {
				write(w, i, above)
			}
			fmt.Fprint(w, all)
			for i := range n {
				fmt.Fprintf(w, " s%d", i)
			}
			fmt.Fprintln(w)
		})
		if err != nil {
			return nil, err
		}
		r, _, err := b.run(ctx, process{argv: []string{program, "-j16", "all"}, dir: dir})
		return r, err
	})
}

// curl is one call as a script makes it; %s is the bucket's number.
const curl = `curl -sf -o /dev/null -X POST -H "X-Auth-Token: $BENCH_TOKEN" -H 'Content-Type: application/json' -d '{"obs_buckets":["bucket-%s"]}' "$BENCH_URL"`

// env is what scripts need to make calls.
func (c *cloud) env() []string {
	if c == nil {
		return nil
	}
	return []string{"BENCH_TOKEN=" + c.token, "BENCH_URL=" + c.dli + "/v1.0/" + c.project + "/dli/obs-authorize"}
}

// loop is a shell that calls curl, one call after the other.
func (b *bench) loop(n int) contender {
	return b.script("bash loop of curl", n, fmt.Sprintf(`set -e; for i in $(seq 0 %d); do %s; done`, n-1, fmt.Sprintf(curl, `'$i'`)))
}

// xargs calls curl ten at a time.
func (b *bench) xargs(n int) contender {
	return b.script("xargs -P10 curl", n, fmt.Sprintf(`seq 0 %d | xargs -P10 -I@ `, n-1)+fmt.Sprintf(curl, "@"))
}

func (b *bench) script(name string, n int, text string) contender {
	return each(n, tool("curl", name, func(ctx context.Context, c *cloud) (reading, error) {
		r, _, err := b.run(ctx, process{argv: []string{"bash", "-c", text}, env: c.env()})
		return r, err
	}))
}

// What each of several calls or steps took.
const (
	wallEach = "wall each"
	cpuEach  = "cpu each"
	execEach = "exec each"
)

// each adds what one of n calls took.
func each(n int, c contender) contender {
	whole := c.measure
	c.measure = func(ctx context.Context, at *cloud) (reading, error) {
		r, err := whole(ctx, at)
		if err == nil {
			r[wallEach], r[cpuEach], r[execEach] = r[wall]/float64(n), r[cpu]/float64(n), r[execution]/float64(n)
		}
		return r, err
	}
	return c
}
