package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"writ/engine"
	"writ/engine/plan"
)

// formatting is what fmt is asked for.
type formatting struct{ check, diff bool }

func (a *app) fmtCommand() *cobra.Command {
	var how formatting
	cmd := &cobra.Command{
		Use: "fmt PLAN…", Args: plans, Short: "Bring plans into their canonical form; comments stay",
		Long: "Bring plans into their canonical form: keys of the plan and its steps in the\n" +
			"order of the language, two spaces a level. Comments, empty lines and the way\n" +
			"scalars are written stay, and so does what the plan means. The plans that\n" +
			"changed are listed. - formats standard input to standard output.",
		Example: "  writ fmt plans/*.yaml\n  writ fmt --check plans/*.yaml\n  writ fmt --diff plans/bootstrap.yaml",
		RunE:    func(_ *cobra.Command, args []string) error { return a.format(args, how) },
	}
	cmd.Flags().BoolVar(&how.check, "check", false, "write nothing; list plans that are not canonical, exit 1")
	cmd.Flags().BoolVar(&how.diff, "diff", false, "write nothing; show what would change")
	return cmd
}

// format goes on behind a plan with faults: each is told.
func (a *app) format(files []string, how formatting) error {
	for _, file := range files {
		err := a.formatOne(file, how)
		if err != nil {
			a.exit = engine.ExitWrong
		}
		if told := new(faultyPlan); err != nil && !errors.As(err, &told) {
			a.err().Complaint(err.Error())
		}
	}
	return nil
}

func (a *app) formatOne(file string, how formatting) error {
	src, err := a.readPlan(file)
	if err != nil {
		return noPlan(file, err)
	}
	out, faults, err := plan.Format(file, src)
	if err != nil {
		return wrong("%s: %s", file, err)
	}
	if err := a.report(faults); err != nil {
		return err
	}
	same := bytes.Equal(src, out)
	if how.check && !same && a.exit == engine.ExitDone {
		a.exit = engine.ExitFailed
	}
	switch {
	case how.diff:
		a.out().Text(string(diff.Diff(file, src, file+" (canonical)", out)))
	case file == stdinName && !how.check:
		a.out().Text(string(out))
	case same:
	case how.check:
		a.out().Line("%s", file)
	default:
		if err := rewrite(file, out); err != nil {
			return wrong("%s", err)
		}
		a.out().Line("%s", file)
	}
	return nil
}

// rewrite puts something else into a file, whole or not at all, and leaves who may read it. A link stays one.
func rewrite(file string, raw []byte) error {
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		return err
	}
	info, err := os.Stat(real)
	if err != nil {
		return err
	}
	if err := place(real, raw); err != nil {
		return err
	}
	return os.Chmod(real, info.Mode().Perm())
}
