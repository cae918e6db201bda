package iam

import (
	"fmt"
	"strconv"
)

const (
	forever = "FOREVER"
	oneDay  = "ONEDAY"
)

// inDays writes a duration that a plan gives in one way: FOREVER, or days.
func inDays(duration string) string {
	if duration == oneDay {
		return "1"
	}
	return duration
}

// shown turns a duration that IAM answers into one that it takes: null is FOREVER, and what it takes as days it answers
// as hours. What is no whole days stays as it came, with a unit.
func shown(duration any) string {
	if duration == nil || duration == "" {
		return forever
	}
	text := fmt.Sprint(duration)
	hours, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return text
	case hours > 0 && hours%24 == 0:
		return strconv.Itoa(hours / 24)
	}
	return text + " hours"
}

// canBeSet reports whether IAM takes a duration.
func canBeSet(duration string) bool {
	days, err := strconv.Atoi(duration)
	return duration == forever || err == nil && days > 0
}
