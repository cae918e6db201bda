package signin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// origin is a source: where it looks, and whether its entries have names that --profile can choose from.
type origin struct {
	name  string
	named bool
	look  func(Options) *set
}

func origins() []origin {
	return []origin{
		{SDKEnv, false, lookSDKEnv},
		{HWEnv, false, lookHWEnv},
		{OSEnv, false, lookOSEnv},
		{CloudsYAML, true, lookClouds},
		{SDKProfile, true, lookSDKProfile},
		{KooCLI, true, lookKooCLI},
		{ECS, false, lookECS},
	}
}

// Sources are the names of all sources, in the order in which they are looked at.
func Sources() []string {
	var names []string
	for _, from := range origins() {
		names = append(names, from.name)
	}
	return names
}

// lookECS has nothing to look at: that there is a metadata service is known only when it is asked.
func lookECS(Options) *set { return &set{source: ECS, where: "the metadata service", method: Agency} }

// Discover finds the source of credentials, without asking anybody. What it looked at it also answers beside an error.
func Discover(o Options) (*Source, []Looked, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Auth != "" {
		return o.take()
	}
	var sets []*set
	var passed []Looked
	for _, from := range origins() {
		switch {
		case from.name == ECS:
			passed = append(passed, Looked{ECS, "the metadata service", "not asked without --auth ecs"})
		case o.Profile != "" && !from.named:
			passed = append(passed, Looked{from.name, "", "passed over, since a profile is chosen"})
		default:
			sets = append(sets, from.look(o))
		}
	}
	chosen, err := choose(sets)
	looked := slices.Concat(report(sets, chosen), passed, lookIdentities(o))
	if err != nil {
		return nil, looked, err
	}
	s, err := o.source(chosen)
	return s, looked, err
}

// take takes the one source that was chosen.
func (o Options) take() (*Source, []Looked, error) {
	i := slices.IndexFunc(origins(), func(from origin) bool { return from.name == o.Auth })
	if i < 0 {
		return nil, nil, fmt.Errorf("%w as %q: say %s", ErrUnknownSource, o.Auth, strings.Join(Sources(), ", "))
	}
	from := origins()[i]
	if o.Profile != "" && !from.named {
		return nil, nil, fmt.Errorf("%s has no profiles: leave --profile away", from.name)
	}
	s := from.look(o)
	looked := report([]*set{s}, s)
	if !s.complete() {
		return nil, looked, errors.New(s.fault())
	}
	found, err := o.source(s)
	return found, looked, err
}

// choose answers the first complete set, unless another is for somebody else.
func choose(sets []*set) (*set, error) {
	var complete []*set
	var faults []string
	for _, s := range sets {
		switch {
		case s.refused != "" && s.missing == "":
			return nil, errors.New(s.fault() + "; choose another source with --auth")
		case s.complete():
			complete = append(complete, s)
		case s.missing != "":
			faults = append(faults, s.fault())
		}
	}
	switch {
	case len(complete) == 0 && len(faults) == 0:
		return nil, errors.New("no credentials found")
	case len(complete) == 0:
		return nil, errors.New("no complete credentials found: " + strings.Join(faults, "; "))
	}
	first := complete[0]
	if slices.ContainsFunc(complete, func(s *set) bool { return !s.same(first) }) {
		var who []string
		for _, s := range complete {
			who = append(who, s.source+" ("+s.who()+")")
		}
		return nil, errors.New("credentials of several identities: " + strings.Join(who, ", ") + "; choose one source with --auth")
	}
	return first, nil
}

// fault is why a set cannot be used, with its place.
func (s *set) fault() string {
	text := firstOf(s.missing, s.refused, s.absent)
	if s.where == "" {
		return s.source + ": " + text
	}
	return s.source + ": " + s.where + ": " + text
}

func report(sets []*set, chosen *set) []Looked {
	var looked []Looked
	for _, s := range sets {
		outcome := firstOf(s.missing, s.refused, s.absent)
		switch {
		case s.complete() && s == chosen:
			outcome = "used"
		case s.complete():
			outcome = "complete: " + s.who()
		}
		looked = append(looked, Looked{s.source, s.where, strings.Join(append([]string{outcome}, s.notes...), "; ")})
	}
	return looked
}
