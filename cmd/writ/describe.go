package main

import (
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/diag"
	"writ/engine/graph"
	"writ/engine/plan"
	"writ/engine/step"
	"writ/schemas"
	"writ/steps"
)

func (a *app) validateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "validate PLAN…", Args: plans, Short: "Find all faults of plans at once, offline",
		Example: "  writ validate plans/*.yaml\n  writ validate - <plan.yaml",
		RunE:    func(_ *cobra.Command, args []string) error { return a.validate(args) },
	}
	a.placeFlags(cmd)
	a.endpointFlag(cmd)
	a.sandboxFlag(cmd)
	a.formatFlag(cmd, diagnosticStream, "text", "json")
	a.reportFlag(cmd)
	return cmd
}

func (a *app) validate(files []string) error {
	var all []diag.Diagnostic
	for _, file := range files {
		faults, err := a.faultsIn(file)
		if err != nil {
			return err
		}
		all = append(all, faults...)
	}
	if diag.HasErrors(all) {
		a.exit = engine.ExitWrong
	}
	a.reports.told.Files = files
	a.reports.faulty(all)
	for _, d := range all {
		a.stream(diagnosticStream).Line(d)
	}
	if a.json() {
		a.stream(diagnosticStream) // a header says that there are none
		return nil
	}
	a.out().Diagnostics(all)
	switch tally := view.Tally(all); {
	case tally != "":
		a.out().Line("%s", tally)
	case len(files) == 1:
		a.out().Valid(files[0])
	default:
		a.out().Line("%d plans are valid", len(files))
	}
	return nil
}

// faultsIn finds what is wrong with a plan. The error is about the command line.
func (a *app) faultsIn(file string) ([]diag.Diagnostic, error) {
	src, err := a.readPlan(file)
	if err != nil {
		return []diag.Diagnostic{{Severity: diag.Error, Rule: "unreadable", Message: err.Error()}}, nil
	}
	p, faults := plan.Load(file, src, steps.Kinds(nil))
	if p == nil {
		return faults, nil
	}
	r, err := a.requestFor(p)
	if err != nil {
		return nil, err
	}
	if err := a.addressesOf(&r, ""); err != nil {
		return nil, wrong("%s", err)
	}
	return append(faults, misplaced(p, r)...), nil
}

func (a *app) graphCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "graph PLAN", Args: onePlan, Short: "Show which steps follow which",
		Example: "  writ graph plans/bootstrap.yaml\n  writ graph plans/bootstrap.yaml --format svg >plan.svg",
		RunE:    func(_ *cobra.Command, args []string) error { return a.graph(args[0]) },
	}
	a.formatFlag(cmd, graphStream, "text", "dot", "mermaid", "svg", "json")
	return cmd
}

func (a *app) graph(file string) error {
	p, err := a.loadPlan(file, steps.Kinds(nil))
	if err != nil {
		return err
	}
	opened := (&engine.Engine{}).Steps(engine.Job{Plan: p})
	parents := make([][]int, len(opened))
	for i, s := range opened {
		parents[i] = s.Parents
	}
	g := graph.New(parents)
	v := view.Graph{Steps: opened, Parents: g.Reduced(), Waves: g.Waves()}
	switch a.flags.format {
	case "dot":
		a.out().GraphDot(v)
	case "mermaid":
		a.out().GraphMermaid(v)
	case "svg":
		if v.IsTooLarge() {
			a.err().Line("%d steps are too many for a picture of each; its boxes are waves", len(opened))
		}
		a.out().GraphSVG(v)
	case "json":
		lines := a.stream(graphStream)
		for _, s := range opened {
			lines.Line(s)
		}
	default:
		a.out().GraphText(v)
	}
	return nil
}

func findKind(kinds step.Kinds, name string) (step.Kind, error) {
	if k, ok := kinds.Find(name); ok {
		return k, nil
	}
	return step.Kind{}, unknown("kind", name, kinds.Names(), "writ explain")
}

func completeKinds(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return steps.Kinds(nil).Names(), cobra.ShellCompDirectiveNoFileComp
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema [KIND|output]", Args: maybeOne, Short: "Print the JSON Schema of plans, of a kind, or of JSON output",
		Example: "  writ schema >plan.schema.json\n  writ schema output >output.schema.json",
		RunE: func(_ *cobra.Command, args []string) error {
			kinds := steps.Kinds(nil)
			switch {
			case len(args) == 0:
				a.out().Text(string(plan.Schema(kinds)))
				return nil
			case args[0] == "output":
				a.out().Text(string(schemas.Output()))
				return nil
			}
			kind, err := findKind(kinds, args[0])
			if err != nil {
				return err
			}
			a.out().Text(string(kind.Schema))
			return nil
		},
		ValidArgsFunction: completeKinds,
	}
}

func (a *app) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "version", Args: noArgs, Short: "Print the version", Example: "  writ version",
		RunE: func(*cobra.Command, []string) error {
			if a.json() {
				a.stream(versionStream).Line(map[string]string{"version": version()})
			} else {
				a.out().Line("writ %s", version())
			}
			return nil
		},
	}
	a.formatFlag(cmd, versionStream, "text", "json")
	return cmd
}

// version is what the build recorded: the module's version, or the revision it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	i := slices.IndexFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "vcs.revision" })
	if i < 0 {
		return "devel"
	}
	return info.Settings[i].Value[:12]
}
