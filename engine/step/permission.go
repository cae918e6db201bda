package step

// Actions is what the caller of a kind's calls has to be allowed, by what it is needed for.
type Actions struct {
	Read  Permissions `json:"read,omitempty"`
	Apply Permissions `json:"apply,omitempty"`
	Undo  Permissions `json:"undo,omitempty"`
}

// Permission is an Action that a custom policy can allow; or a Role, where no custom policy can, with the Action by
// which identity policies know it, if they do; or a Call of which no public page says what it needs.
type Permission struct {
	Action string `json:"action,omitempty"` // service:resource:operation
	Role   string `json:"role,omitempty"`   // a role of the system's or a user group
	Call   string `json:"call,omitempty"`   // service and operation
	Unsure bool   `json:"unsure,omitempty"` // the pages differ, or say it in other words
	Note   string `json:"note,omitempty"`   // what is to know, without a full stop

	If *Argument `json:"if,omitempty"` // it is needed only where this holds
}

// Argument is a value that a step may give to an argument.
type Argument struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Permissions is a list of them.
type Permissions []Permission

// Allow lists actions that custom policies can allow.
func Allow(actions ...string) Permissions {
	ps := make(Permissions, len(actions))
	for i, a := range actions {
		ps[i] = Permission{Action: a}
	}
	return ps
}

// Undocumented lists calls of which no public page says what they need.
func Undocumented(calls ...string) Permissions {
	ps := make(Permissions, len(calls))
	for i, c := range calls {
		ps[i] = Permission{Call: c}
	}
	return ps
}

// InPolicy reports whether a custom policy can allow it.
func (p Permission) InPolicy() bool { return p.Action != "" && p.Role == "" }

// String is the permission in a few words.
func (p Permission) String() string {
	words := p.Action
	switch {
	case p.Call != "":
		return "(" + p.Call + ": on no public page)"
	case p.Role != "" && p.Action != "":
		words = p.Role + " (" + p.Action + " in identity policies)"
	case p.Role != "":
		words = p.Role
	case p.If != nil:
		words += " (" + p.If.Name + " " + p.If.Value + ")"
	}
	if p.Unsure {
		return "perhaps " + words
	}
	return words
}

// Names lists them in a few words each.
func (ps Permissions) Names() []string {
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = p.String()
	}
	return names
}
