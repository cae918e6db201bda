package trial

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"writ/engine"
	"writ/engine/step"
)

// Expect is what a case says of its end. What it does not say may be anything.
type Expect struct {
	Outcome   Outcome         `json:"outcome"`
	Exit      *engine.Exit    `json:"exit"`
	State     json.RawMessage `json:"state"`
	Unchanged *bool           `json:"unchanged"`
	Calls     *map[string]int `json:"calls"`
	Residue   *[]string       `json:"residue"`
	Again     Outcome         `json:"again"`
}

// Difference is one thing that is not as expected.
type Difference struct {
	What  string `json:"what"`
	Want  string `json:"expected"`
	Found string `json:"found"`
}

// Judge lists what is not as expected.
func (x Expect) Judge(end *End) []Difference {
	var all []Difference
	differ := func(what, want, found string) {
		if want != found {
			all = append(all, Difference{what, want, found})
		}
	}
	for _, f := range end.Missed {
		differ("fault", f.String(), "its call never came")
	}
	if x.Outcome != "" && x.Outcome != end.Outcome {
		differ("outcome", string(x.Outcome), string(end.Outcome)+end.because())
	}
	if x.Exit != nil {
		differ("exit", strconv.Itoa(int(*x.Exit)), strconv.Itoa(int(end.Exit)))
	}
	if x.Unchanged != nil {
		differ("unchanged", strconv.FormatBool(*x.Unchanged), unchanged(end, *x.Unchanged))
	}
	if x.Residue != nil {
		differ("residue", listed(*x.Residue), listed(leaving(end)))
	}
	if x.Again != "" {
		differ("again", string(x.Again), string(end.Again))
	}
	if x.Calls != nil {
		all = append(all, calls(*x.Calls, end.Requests)...)
	}
	if x.State != nil {
		all = append(all, contains("state", tree(x.State), tree(end.After))...)
	}
	return all
}

// because is what a trial ended for.
func (e *End) because() string {
	switch {
	case e.Refusal != nil:
		return ": " + e.Refusal.Error()
	case e.Run == nil:
		return ""
	case e.Run.Failure != nil && e.Run.Failure.Error != nil:
		why := *e.Run.Failure.Error
		why.RequestID = "" // of a sandbox that is gone
		return ": " + e.Run.Failure.Address + ": " + why.Error()
	case e.Run.Why != "":
		return ": " + e.Run.Why
	}
	return ""
}

// unchanged says whether everything is as it was, and what is not when it should be.
func unchanged(end *End, want bool) string {
	if end.Restored() || !want {
		return strconv.FormatBool(end.Restored())
	}
	var places []string
	for _, f := range end.Moved {
		places = append(places, fmt.Sprintf("%s: %s → %s", f.Path, orNothing(f.Old), orNothing(f.New)))
	}
	return "false; " + strings.Join(places, "; ")
}

func orNothing(v json.RawMessage) string { return cmp.Or(string(v), "nothing") }

// leaving are the steps that leave something, each once.
func leaving(end *End) []string {
	var steps []string
	for _, r := range end.Residue {
		if !slices.Contains(steps, r.Step) {
			steps = append(steps, r.Step)
		}
	}
	return steps
}

func listed(words []string) string { return "[" + strings.Join(words, ", ") + "]" }

// calls compares how often something was sent that can change the cloud.
func calls(want map[string]int, requests []Request) (all []Difference) {
	found := map[string]int{}
	for _, r := range requests {
		if !r.Looks() {
			found[r.Operation]++
		}
	}
	names := maps.Clone(found)
	maps.Copy(names, want)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if want[name] != found[name] {
			all = append(all, Difference{"calls." + name, strconv.Itoa(want[name]), strconv.Itoa(found[name])})
		}
	}
	return all
}

func tree(raw []byte) (v any) {
	_ = json.Unmarshal(raw, &v) // a document of ours
	return v
}

// contains lists where found lacks a part of want. Mappings may hold more, lists may not.
func contains(at string, want, found any) (all []Difference) {
	switch want := want.(type) {
	case map[string]any:
		if found, ok := found.(map[string]any); ok {
			for _, key := range slices.Sorted(maps.Keys(want)) {
				all = append(all, contains(at+"."+key, want[key], found[key])...)
			}
			return all
		}
	case []any:
		if found, ok := found.([]any); ok && len(found) == len(want) {
			for i := range want {
				all = append(all, contains(fmt.Sprintf("%s[%d]", at, i), want[i], found[i])...)
			}
			return all
		}
	}
	if a, b := text(want), text(found); !step.Equal(a, b) {
		all = append(all, Difference{at, string(a), string(b)})
	}
	return all
}

func text(v any) []byte {
	raw, _ := json.Marshal(v) // it was JSON
	return raw
}
