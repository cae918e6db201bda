package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine/plan"
	"writ/engine/step"
	"writ/steps"
)

func (a *app) permissionsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "permissions PLAN", Args: onePlan, Short: "List what apply and rollback of a plan have to be allowed",
		Long: "List the IAM actions and roles that apply and rollback of a plan need, offline.\n\n" +
			"--format policy prints the custom policies that allow the actions, one document\n" +
			"for each scope, and says on stderr what no custom policy can hold. Where nobody\n" +
			"names the project, finding it takes iam:projects:listProjects as well.",
		Example: "  writ permissions plans/bootstrap.yaml\n  writ permissions plans/bootstrap.yaml --format policy >policy.json",
		RunE:    func(_ *cobra.Command, args []string) error { return a.permissions(args[0]) },
	}
	a.formatFlag(cmd, permissionStream, "text", "json", "policy")
	return cmd
}

func (a *app) permissions(file string) error {
	p, err := a.loadPlan(file, steps.Kinds(nil))
	if err != nil {
		return err
	}
	needs := needsOf(p)
	switch a.flags.format {
	case "json":
		lines := a.stream(permissionStream)
		for _, n := range needs {
			lines.Line(n)
		}
		for _, p := range policiesFor(needs) {
			lines.Line(p)
		}
	case "policy":
		a.printPolicies(policiesFor(needs), needs)
	default:
		a.out().Needs(p.Name.Value, needs)
	}
	return nil
}

// printPolicies leaves nothing but documents on stdout.
func (a *app) printPolicies(policies []view.Policy, needs []view.Need) {
	out, talk := a.out(), a.err()
	if len(policies) == 0 {
		talk.Paragraph("no custom policy allows anything that this plan needs")
	}
	for _, p := range policies {
		talk.PolicyHead(p)
		out.Policy(p)
	}
	talk.NotInPolicy(needs)
}

// needsOf joins what the steps of a plan need. A step counts once, however often it runs and whether it runs at all.
func needsOf(p *plan.Plan) []view.Need {
	var all needs
	for _, s := range p.Steps {
		for _, part := range []struct {
			why string
			ps  step.Permissions
		}{{view.ForRead, s.Kind.Actions.Read}, {view.ForApply, s.Kind.Actions.Apply}, {view.ForUndo, s.Kind.Actions.Undo}} {
			if part.why == view.ForUndo && s.Rollback == "none" {
				continue
			}
			for _, perm := range part.ps {
				if mayNeed(s, perm) {
					all.add(perm, part.why, s)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b view.Need) int { return strings.Compare(a.Name(), b.Name()) })
	return all
}

// mayNeed is false where the plan writes out the argument that a permission hangs on, or leaves it to its default, and
// that is another.
func mayNeed(s *plan.Step, p step.Permission) bool {
	if p.If == nil {
		return true
	}
	value, known := argument(s, p.If.Name)
	return !known || value == p.If.Value
}

func argument(s *plan.Step, name string) (value any, known bool) {
	if v := s.With.Find(name); v != nil {
		return v.Literal()
	}
	var schema struct {
		Properties map[string]struct{ Default any }
	}
	err := json.Unmarshal(s.Kind.Input, &schema)
	value = schema.Properties[name].Default
	return value, err == nil && value != nil
}

type needs []view.Need

// add notes one permission.
func (ns *needs) add(p step.Permission, why string, s *plan.Step) {
	n := ns.find(p)
	if p.Role != "" && p.Action != "" {
		n.Identity = insert(n.Identity, p.Action)
		slices.Sort(n.Identity)
	}
	n.For = insert(n.For, why)
	n.Steps = insert(n.Steps, s.ID.Value)
	n.Uses = insert(n.Uses, s.Uses.Value)
}

// find is the entry of a permission, a new one if need be. Of an action that one kind is sure of, another need not
// doubt; roles stand apart by why they may be needed.
func (ns *needs) find(p step.Permission) *view.Need {
	fresh := view.Need{Role: p.Role, Call: p.Call, Unsure: p.Unsure, Note: p.Note, Documented: p.Call == ""}
	if p.InPolicy() {
		fresh.Action, fresh.Scope = p.Action, scopeOf(p.Action).name
	}
	for i := range *ns {
		n := &(*ns)[i]
		if n.Name() != fresh.Name() || n.Role != "" && n.Note != fresh.Note {
			continue
		}
		if n.Unsure && !fresh.Unsure {
			n.Unsure, n.Note = false, fresh.Note
		}
		return n
	}
	*ns = append(*ns, fresh)
	return &(*ns)[len(*ns)-1]
}

func insert(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}
