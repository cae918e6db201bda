package trial

import (
	"encoding/json"

	"writ/engine/step"
)

// Moved lists the places in which two state documents differ, as far as a service can show it: MPC's switch that was
// never touched is off, and DLI's agency that was never made has no roles.
func Moved(before, after []byte) ([]step.Field, error) {
	a, err := plain(before)
	if err != nil {
		return nil, err
	}
	b, err := plain(after)
	if err != nil {
		return nil, err
	}
	return step.Diff(a, b), nil
}

// plain is a document in which what looks the same is the same.
func plain(document []byte) ([]byte, error) {
	var d map[string]any
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, err
	}
	projects, _ := d["projects"].(map[string]any)
	for _, p := range projects {
		p, _ := p.(map[string]any)
		if mpc, _ := p["mpc"].(map[string]any); mpc != nil && mpc["agency"] == nil {
			mpc["agency"] = "CANCELED"
		}
		if dli, _ := p["dli"].(map[string]any); dli != nil && dli["agency"] == nil {
			dli["agency"] = map[string]any{"roles": []any{}, "version": "v2"}
		}
	}
	return json.Marshal(d)
}
