package main

import (
	"errors"
	"slices"
	"strings"

	"writ/engine"
	"writ/engine/journal"
)

// neverBegan is the error for a run without a record: its process ended before anything was done.
type neverBegan struct{ run string }

func (n *neverBegan) Error() string {
	return "run " + n.run + " ended before it began: nothing was done, there is nothing to undo"
}

// findRun reads the run of that id, of an id that begins so, or the last one.
func (a *app) findRun(name string) (*journal.Run, error) {
	folder, err := a.openFolder()
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	id, err := resolveRun(folder, name)
	if err != nil {
		return nil, err
	}
	return loadRun(folder, id)
}

// minPrefix is how much of an id has to be said: less is too easily a slip, and a slip rolls back.
const minPrefix = 6

func resolveRun(folder *journal.Folder, name string) (string, error) {
	ids, err := folder.Runs()
	switch {
	case err != nil:
		return "", err
	case name == "":
		return "", wrong("no run is named; see: writ runs")
	case name == "last":
		return lastRun(folder, ids)
	case len(name) < minPrefix:
		return "", wrong("%s is too short: say at least %d characters of a run's id, or last", name, minPrefix)
	}
	known := slices.Clone(ids)
	ids = slices.DeleteFunc(ids, func(id string) bool { return !strings.HasPrefix(id, strings.ToLower(name)) })
	switch len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		if near := nearRun(name, known); near != "" {
			return "", wrong("no run %s in %s; did you mean %s?", name, folder.Path(), near)
		}
		return "", wrong("no run %s in %s; see: writ runs", name, folder.Path())
	}
	return "", wrong("%s is the beginning of %d runs: %s", name, len(ids), strings.Join(ids, ", "))
}

// lastRun is the newest run that began. One that cannot be read is not passed over.
func lastRun(folder *journal.Folder, ids []string) (string, error) {
	for _, id := range slices.Backward(ids) {
		var never *neverBegan
		if _, err := loadRun(folder, id); !errors.As(err, &never) {
			return id, nil
		}
	}
	return "", wrong("no runs yet in %s", folder.Path())
}

// loadRun folds a run's journal.
func loadRun(folder *journal.Folder, id string) (*journal.Run, error) {
	run, err := (&engine.Engine{Folder: folder}).Load(id)
	return begun(id, run, err)
}

// begun tells a run that never began from one that did.
func begun(id string, run *journal.Run, err error) (*journal.Run, error) {
	if err == nil && run.Open == nil {
		return nil, &neverBegan{id}
	}
	return run, err
}

// sayNeverBegan ends a command on a run that never began; any other error stays one.
func (a *app) sayNeverBegan(err error) error {
	var never *neverBegan
	if !errors.As(err, &never) {
		return err
	}
	a.reports.told.Error = never.Error()
	a.stream(recordStream).Line(map[string]any{"result": "never_began", "run": never.run})
	if !a.json() {
		a.out().Paragraph(never.Error())
	}
	return nil
}
