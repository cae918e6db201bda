package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
)

// app is one invocation of the program.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
	terminal       bool // a person can be asked
	width          int  // of stdout; 0 when unknown
	stop           chan struct{}
	careful        atomic.Bool // a first signal is a stop, not an end

	args    []string
	flags   flags
	secrets []string // values that are kept out of what is printed
	exit    engine.Exit
}

// flags are the options that several commands share.
type flags struct {
	cloud, region, project string
	endpoints              map[string]string
	sandbox, seed          string
	inputs                 []string
	inputFile              string
	runs                   string
	format                 string
	plain, verbose         bool
}

// main carries out a command line and answers how the program ends.
func (a *app) main(args []string) engine.Exit {
	a.args = args
	root := a.root()
	root.SetArgs(args)
	if err := root.ExecuteContext(context.Background()); err != nil {
		a.complain(err)
		return exitOf(err)
	}
	return a.exit
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "writ",
		Short: "Onboard cloud projects from one plan: preview, apply, resume, roll back",
		Example: "  writ preview plans/bootstrap.yaml --sandbox\n" +
			"  writ apply plans/bootstrap.yaml --sandbox --yes\n" +
			"  writ rollback last",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.PersistentFlags().BoolVar(&a.flags.plain, "no-color", false, "no colours; NO_COLOR does the same")
	root.PersistentFlags().BoolVarP(&a.flags.verbose, "verbose", "v", false, "print every call")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return wrong("%s; see: %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(
		a.validateCommand(), a.previewCommand(), a.applyCommand(), a.rollbackCommand(), a.resumeCommand(),
		a.runsCommand(), a.showCommand(), a.graphCommand(), a.explainCommand(), a.schemaCommand(), a.sandboxCommand(),
		a.versionCommand(),
	)
	return root
}

// Flags that belong together are added together.

func (a *app) targetFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.flags.cloud, "cloud", "", "`CLOUD`: huaweicloud or otc")
	f.StringVar(&a.flags.region, "region", "", "`REGION` of the project")
	f.StringVar(&a.flags.project, "project-id", "", "`ID` of the project; HUAWEICLOUD_SDK_PROJECT_ID when not given")
	f.StringToStringVar(&a.flags.endpoints, "endpoint", nil, "`SERVICE=URL` in place of the service's own address")
	a.sandboxFlags(cmd)
	a.runsFlag(cmd)
}

func (a *app) sandboxFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.flags.sandbox, "sandbox", "", "work on the embedded sandbox, or on the one at this `URL`")
	f.Lookup("sandbox").NoOptDefVal = embedded
	f.StringVar(&a.flags.seed, "sandbox-seed", "", "state document, a `FILE`, that the embedded sandbox begins with")
}

func (a *app) inputFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&a.flags.inputs, "input", nil, "`NAME=VALUE`; a sensitive one as NAME=env:VARIABLE or NAME=file:PATH")
	f.StringVar(&a.flags.inputFile, "input-file", "", "YAML `FILE` of inputs")
}

func (a *app) runsFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.flags.runs, "runs", ".writ", "`FOLDER` that keeps the runs")
}

func (a *app) formatFlag(cmd *cobra.Command, formats ...string) {
	cmd.Flags().StringVar(&a.flags.format, "format", formats[0], "`FORMAT`: "+strings.Join(formats, ", "))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	check := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		for _, f := range formats {
			if a.flags.format == f {
				if check != nil {
					return check(cmd, args)
				}
				return nil
			}
		}
		return wrong("unknown format %q: say %s", a.flags.format, strings.Join(formats, ", "))
	}
}

func (a *app) json() bool { return a.flags.format == "json" }

func (a *app) out() *view.Screen {
	return view.NewScreen(a.masked(a.stdout), a.environ, a.flags.plain, a.width)
}
func (a *app) err() *view.Screen {
	return view.NewScreen(a.masked(a.stderr), a.environ, a.flags.plain, a.width)
}

func (a *app) getenv(name string) string {
	for _, pair := range a.environ {
		if k, v, ok := strings.Cut(pair, "="); ok && k == name {
			return v
		}
	}
	return ""
}

// usage is a fault of the command line.
type usage struct{ message string }

func (u usage) Error() string { return u.message }

func wrong(format string, args ...any) error { return usage{fmt.Sprintf(format, args...)} }

// complain prints why the program could not do what was asked.
func (a *app) complain(err error) {
	var faults *faultyPlan
	if errors.As(err, &faults) {
		return // already printed, each at its place
	}
	a.err().Complaint(err.Error())
}

// exitOf is the exit that an error asks for.
func exitOf(err error) engine.Exit {
	var (
		refusal  *engine.Refusal
		faults   *faultyPlan
		held     *journal.HeldError
		newer    *journal.NewerError
		damaged  *journal.DamagedError
		poisoned *journal.PoisonedError
		disk     *journal.DiskError
		unsafe   *journal.UnsafeError
		call     *step.Error
	)
	switch {
	case errors.As(err, &refusal):
		return refusal.Exit
	case errors.As(err, &faults):
		return engine.ExitWrong
	case errors.As(err, &held):
		return engine.ExitHeld
	case errors.As(err, &newer):
		return engine.ExitStale
	case errors.As(err, &damaged), errors.As(err, &poisoned), errors.As(err, &disk), errors.As(err, &unsafe):
		return engine.ExitJournal
	case errors.As(err, &call) && (call.Class == step.Denied || call.Class == step.Unauthenticated):
		return engine.ExitDenied
	case errors.As(err, &call):
		return engine.ExitFailed
	}
	return engine.ExitWrong
}

// masked keeps secrets out of a stream.
func (a *app) masked(w io.Writer) io.Writer { return &maskedWriter{a: a, w: w} }

type maskedWriter struct {
	a *app
	w io.Writer
}

func (m *maskedWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(m.w, m.a.redact(string(p))); err != nil && !errors.Is(err, os.ErrClosed) {
		return len(p), nil // a reader that went away is no reason to stop
	}
	return len(p), nil
}

func (a *app) redact(text string) string {
	for _, s := range a.secrets {
		text = strings.ReplaceAll(text, s, "(secret)")
	}
	return text
}

// addSecrets registers values that are never printed. Very short ones would tear texts.
func (a *app) addSecrets(values ...string) {
	for _, v := range values {
		if len(v) >= 6 {
			a.secrets = append(a.secrets, v)
		}
	}
}
