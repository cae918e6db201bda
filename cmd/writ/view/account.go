package view

import (
	"maps"
	"slices"
	"time"
)

// Account is who the calls are made as, and how that was found. What is empty is not known.
type Account struct {
	Source    string            `json:"source"`
	Where     string            `json:"where,omitempty"`
	Method    string            `json:"method,omitempty"`
	AccessKey string            `json:"access_key,omitempty"`
	Cloud     string            `json:"cloud"`
	Region    string            `json:"region"`
	Domain    string            `json:"domain"`
	Project   string            `json:"project"`
	User      string            `json:"user"`
	Until     time.Time         `json:"until,omitzero"`
	Endpoints map[string]string `json:"endpoints,omitempty"`
	Proxy     string            `json:"proxy,omitempty"`
	Looked    []Looked          `json:"looked,omitempty"`
}

// Looked is a place where credentials could have been.
type Looked struct {
	Source  string `json:"source"`
	Where   string `json:"where,omitempty"`
	Outcome string `json:"outcome"`
}

// Account prints who the calls are made as.
func (s *Screen) Account(a Account) {
	if a.Source != "" {
		s.who(a)
	}
	if len(a.Looked) == 0 {
		return
	}
	if a.Source != "" {
		s.Line("")
	}
	s.Line("looked at")
	for _, l := range a.Looked {
		text := l.Outcome
		if l.Where != "" {
			text = l.Where + ": " + text
		}
		s.Wrapped("  "+pad(l.Source, 13), Clean(text))
	}
}

func (s *Screen) who(a Account) {
	for _, line := range []struct{ head, text string }{
		{"source", join(a.Source, a.Where)},
		{"method", join(a.Method, a.AccessKey)},
		{"cloud", a.Cloud},
		{"region", a.Region},
		{"domain", a.Domain},
		{"project", a.Project},
		{"user", a.User},
		{"until", until(a.Until)},
	} {
		text := Clean(line.text)
		if text == "" {
			text = styleFaint.Render("unknown")
		}
		s.Wrapped(pad(line.head, 10), text)
	}
	if a.Proxy != "" {
		s.Wrapped(pad("proxy", 10), Clean(a.Proxy))
	}
	for _, service := range slices.Sorted(maps.Keys(a.Endpoints)) {
		s.Wrapped(pad("endpoint", 10), Clean(service+" "+a.Endpoints[service]))
	}
}

func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}
