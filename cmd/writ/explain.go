package main

import (
	"strings"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine/step"
	"writ/schemas"
	"writ/steps"
)

func (a *app) explainCommand() *cobra.Command {
	recursive := false
	cmd := &cobra.Command{
		Use: "explain [KIND[.FIELD…]|plan[.FIELD…]]", Args: maybeOne, Short: "Explain a kind, the plan language, or a field of either",
		Example: "  writ explain\n  writ explain modelarts.authorization\n  writ explain modelarts.authorization.with.user_id\n" +
			"  writ explain plan.steps.retry\n  writ explain plan --recursive",
		RunE: func(_ *cobra.Command, args []string) error {
			kinds := steps.Kinds(nil)
			if len(args) == 0 {
				a.explainAll(kinds)
				return nil
			}
			if of := kindsOf(kinds, args[0]); len(of) > 0 {
				a.explainAll(of)
				return nil
			}
			return a.explain(kinds, args[0], recursive)
		},
		ValidArgsFunction: completeFields,
	}
	cmd.Flags().BoolVar(&recursive, "recursive", false, "show the names and types of all fields below")
	a.formatFlag(cmd, kindStream, "text", "json")
	return cmd
}

func (a *app) explainAll(kinds step.Kinds) {
	if !a.json() {
		a.out().Kinds(kinds)
		a.out().Line("\nwrit explain KIND says more of one, writ explain plan of the language of plans")
		return
	}
	lines := a.stream(kindStream)
	for _, k := range kinds {
		lines.Line(k)
	}
}

// kindsOf are the kinds of a service.
func kindsOf(kinds step.Kinds, service string) (of step.Kinds) {
	for _, k := range kinds {
		if strings.HasPrefix(k.Name, strings.TrimSuffix(service, ".")+".") {
			of = append(of, k)
		}
	}
	return of
}

func (a *app) explain(kinds step.Kinds, path string, recursive bool) error {
	kind, isKind := kinds.Find(path)
	switch {
	case isKind && a.json():
		a.stream(kindStream).Line(kind)
		return nil
	case isKind && !recursive:
		a.out().Kind(kind)
		a.out().Line("\nwrit explain %s.with.FIELD says more of one argument", kind.Name)
		return nil
	}
	f, err := findField(kinds, path)
	switch {
	case err != nil:
		return err
	case a.json():
		return wrong("only kinds are explained as JSON; writ schema prints the JSON Schema of everything")
	case recursive:
		a.out().Fields(f.path, f.schema, f.required)
	default:
		a.out().Field(f.path, f.schema, f.required)
	}
	return nil
}

// field is where a path leads.
type field struct {
	path     string
	schema   *view.Schema
	required bool
}

// findField follows a path from a kind, or from the plan. With may be left out before an argument.
func findField(kinds step.Kinds, path string) (field, error) {
	at, rest, err := beginPath(kinds, path)
	if err != nil {
		return at, err
	}
	for _, name := range rest {
		part, required, found := at.schema.Part(name)
		if !found {
			return at, noField(at, name)
		}
		at = field{at.path + "." + name, part, required}
	}
	return at, nil
}

func noField(at field, name string) error {
	names := at.schema.Names()
	if with, _, found := at.schema.Part("with"); found && at.path != "plan.steps" {
		names = append(names, with.Names()...)
	}
	if len(names) == 0 {
		return wrong("%s has no fields", at.path)
	}
	return unknown("field", at.path+"."+name, prefixed(at.path+".", names), "writ explain "+at.path)
}

func prefixed(prefix string, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = prefix + name
	}
	return out
}

// beginPath finds the kind, or the plan, with which a path begins.
func beginPath(kinds step.Kinds, path string) (field, []string, error) {
	words := strings.Split(path, ".")
	if words[0] == "plan" {
		language := view.ReadSchema(schemas.Language())
		return field{path: "plan", schema: language.Within(language)}, words[1:], nil
	}
	name := strings.Join(words[:min(2, len(words))], ".")
	kind, err := findKind(kinds, name)
	if err != nil {
		return field{}, nil, unknown("kind", name, append(kinds.Names(), "plan"), "writ explain")
	}
	parts := sidesOf(kind)
	rest := words[2:]
	if len(rest) > 0 {
		if _, _, isArgument := parts["with"].Part(rest[0]); isArgument && parts[rest[0]] == nil {
			rest = append([]string{"with"}, rest...)
		}
	}
	return field{path: kind.Name, schema: wholeKind(kind, parts)}, rest, nil
}

func sidesOf(kind step.Kind) map[string]*view.Schema {
	doc := view.ReadSchema(kind.Schema)
	return map[string]*view.Schema{"with": doc.Definition("input"), "outputs": doc.Definition("output").Output()}
}

// wholeKind is a kind as an object of its arguments and outputs.
func wholeKind(kind step.Kind, parts map[string]*view.Schema) *view.Schema {
	return view.NewSchema(kind.Summary, []string{"with", "outputs"}, parts)
}

// completeFields offers the kinds, and after a dot what is in them.
func completeFields(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	kinds := steps.Kinds(nil)
	const quiet = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	if end := strings.LastIndex(begun, "."); end > 0 {
		if f, err := findField(kinds, begun[:end]); err == nil {
			return prefixed(f.path+".", f.schema.Names()), quiet
		}
	}
	return append(kinds.Names(), "plan"), quiet
}
