package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
	"writ/steps/cloud"
	"writ/steps/signin"
)

// app is one invocation of the program.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
	terminal       bool                       // a person can be asked
	outSize        func() (width, height int) // of stdout; nil when that is no terminal
	errSize        func() (width, height int) // of stderr
	block          *view.Block                // of the terminal that stderr is; nil when it is none
	stop           chan struct{}
	careful        atomic.Bool  // a first signal is a stop, not an end
	asking         atomic.Bool  // a question is open, and no call is under way
	running        atomic.Value // the id of the run that is under way

	args     []string
	flags    flags
	redactor redactor
	lines    *view.JSONLines // once something is said as JSON
	reports  reports
	exit     engine.Exit
}

// flags are the options that several commands share.
type flags struct {
	cloud, region, project string
	auth, profile          string
	endpoints              endpoints
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
	out := &outlet{w: a.stdout}
	a.stdout = out
	defer a.redactor.flush()
	root := a.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(context.Background())
	if err != nil {
		a.complain(cmd, err)
		a.exit = exitOf(err)
	}
	a.writeReports(cmd, err)
	a.checkOutput(cmd, out)
	return a.exit
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use: "writ", Args: aCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
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
	root.SetFlagErrorFunc(wrongFlag)
	root.AddCommand(
		a.validateCommand(), a.previewCommand(), a.applyCommand(), a.rollbackCommand(), a.resumeCommand(),
		a.runsCommand(), a.showCommand(), a.graphCommand(), a.explainCommand(), a.schemaCommand(), a.authCommand(),
		a.testCommand(),
		a.driftCommand(),
		a.rehearseCommand(),
		a.sandboxCommand(), a.versionCommand(),
		a.permissionsCommand(),
		a.initCommand(), a.fmtCommand(), a.completionCommand(),
	)
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	completes(root)
	return root
}

// Flags that belong together are added together.

func (a *app) targetFlags(cmd *cobra.Command) {
	a.placeFlags(cmd)
	cmd.Flags().StringVar(&a.flags.project, "project-id", "", "`ID` of the project")
	a.signInFlags(cmd)
	a.endpointFlag(cmd)
	a.sandboxFlags(cmd)
	a.runsFlag(cmd)
}

func (a *app) placeFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.flags.cloud, "cloud", "", "`CLOUD`: huaweicloud or otc")
	f.StringVar(&a.flags.region, "region", "", "`REGION` of the project")
	_ = cmd.RegisterFlagCompletionFunc("cloud", cobra.FixedCompletions([]string{cloud.HuaweiCloud, cloud.OTC}, cobra.ShellCompDirectiveNoFileComp))
}

// signInFlags choose among credentials. None takes a secret: what stands in a command line, others can read.
func (a *app) signInFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.flags.auth, "auth", "", "`SOURCE` of credentials; see writ auth -h")
	f.StringVar(&a.flags.profile, "profile", "", "`NAME` of the profile within the source")
	_ = cmd.RegisterFlagCompletionFunc("auth", cobra.FixedCompletions(signin.Sources(), cobra.ShellCompDirectiveNoFileComp))
}

func (a *app) sandboxFlag(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.flags.sandbox, "sandbox", "", "the embedded sandbox, or that at `URL`")
	f.Lookup("sandbox").NoOptDefVal = embedded
}

func (a *app) sandboxFlags(cmd *cobra.Command) {
	a.sandboxFlag(cmd)
	cmd.Flags().StringVar(&a.flags.seed, "sandbox-seed", "", "state `FILE` that the sandbox begins with")
}

func (a *app) inputFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&a.flags.inputs, "input", nil, "`NAME=VALUE`; secrets: env:NAME, file:PATH")
	f.StringVar(&a.flags.inputFile, "input-file", "", "YAML `FILE` of inputs")
}

func (a *app) runsFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.flags.runs, "runs", defaultRuns, "`FOLDER` that keeps the runs")
}

// formatFlag lets a command speak other formats than text. Stream is what its JSON is called.
func (a *app) formatFlag(cmd *cobra.Command, stream string, formats ...string) {
	cmd.Annotations = map[string]string{streamOf: stream}
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
		return wrongFormat(a.flags.format, formats)
	}
}

func (a *app) out() *view.Screen {
	if a.reports.takeStdout() {
		return a.err()
	}
	return a.screen(a.stdout, a.outSize)
}
func (a *app) err() *view.Screen {
	return a.screen(a.stderr, a.errSize)
}

// screen is a stream as a person sees it. Only a terminal shows colours, unless they are asked for.
func (a *app) screen(w io.Writer, size func() (int, int)) *view.Screen {
	width, plain := 0, a.flags.plain || a.getenv("CLICOLOR_FORCE") == ""
	if size != nil {
		width, _ = size()
		plain = a.flags.plain
	}
	return view.NewScreen(a.redactor.writer(w), a.environ, plain, width, a.repeated())
}

// repeated are the flags that a command which is proposed has to repeat.
func (a *app) repeated() string {
	if a.flags.runs == "" || a.flags.runs == defaultRuns {
		return ""
	}
	return " --runs " + typed(a.flags.runs)
}

const defaultRuns = ".writ"

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
