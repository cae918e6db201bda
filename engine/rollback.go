package engine

import (
	"context"

	"writ/engine/journal"
)

// NothingToUndo says that a rollback has nothing to do. Left is what stands all the same, because no call takes it
// back or because its step does not want to be undone.
type NothingToUndo struct{ Left []journal.Residue }

func (n *NothingToUndo) Error() string { return "nothing left to undo" }

// Rollback undoes what a run changed, whether it is over or not. It needs neither plan nor inputs. With nothing left
// to undo it writes nothing, and answers the run as it stands with a *NothingToUndo.
func (e *Engine) Rollback(ctx context.Context, id string, force bool) (*journal.Run, error) {
	o, err := e.reopen(id)
	if err != nil {
		return nil, err
	}
	defer o.close()
	if o.run.Mode == journal.Over && !undoable(o.run) {
		return o.run, &NothingToUndo{Left: standing(o.run)}
	}
	if err := o.journal.Reserve(int64(parts(o.run)) * perStep); err != nil {
		return nil, err
	}
	now := e.clock().Now().UTC()
	recs := []journal.Record{
		{K: journal.RunResume, At: now, Process: e.process()},
		{K: journal.RunRollback, At: now, Why: "asked for", Force: force},
	}
	if err := e.begin(o.journal, o.run, recs...); err != nil {
		return nil, err
	}
	return o.run, e.newDriver(o.run, o.journal, nil).drive(ctx)
}

// parts counts the instances of a run.
func parts(run *journal.Run) int {
	count := 0
	for _, n := range run.Nodes {
		count += len(n.Parts)
	}
	return count
}

// undoable reports whether something of a closed run can still be put back.
func undoable(run *journal.Run) bool {
	return anyPart(run, func(p *journal.Progress) bool {
		done := p.Undo.Phase == journal.UndoFinished && len(p.Undo.Left) == 0
		return (p.Acted || p.MayAct) && !done && run.Nodes[p.Node].NoUndo() == ""
	})
}

// standing lists the changes of a run that have no undo.
func standing(run *journal.Run) []journal.Residue {
	var left []journal.Residue
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			if why := n.NoUndo(); why != "" && (p.Acted || p.MayAct) {
				left = append(left, journal.Residue{Step: p.Address, Why: why})
			}
		}
	}
	return left
}
