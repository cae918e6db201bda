// Package dli holds the kinds of Data Lake Insight. It knows nothing of plans and of other services.
package dli

import (
	"slices"

	"writ/engine/step"
	"writ/steps/cloud"
)

// verdict is how DLI says whether a call worked: is_success, as a truth value or as text, under any 200.
type verdict struct {
	IsSuccess *cloud.Bool `json:"is_success"`
	Message   string      `json:"message"`
}

// Check takes a missing is_success for a success, since a read tells.
func (v *verdict) Check() (step.Class, string) {
	if v.IsSuccess != nil && !bool(*v.IsSuccess) {
		return step.Invalid, v.Message
	}
	return "", ""
}

// set answers the elements of all lists, sorted, each once; never nil.
func set(lists ...[]string) []string {
	all := append([]string{}, slices.Concat(lists...)...)
	slices.Sort(all)
	return slices.Compact(all)
}
