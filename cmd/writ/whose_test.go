package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"writ/engine"
	"writ/engine/journal"
)

func TestARunIsGoneOnWithInItsOwnAccountOnly(t *testing.T) {
	target := func(project, domain string) journal.Target {
		return journal.Target{Cloud: "huaweicloud", Region: "r", ProjectID: project, DomainID: domain}
	}
	for _, c := range []struct {
		name        string
		there, here journal.Target
		says        string
	}{
		{"the same", target("p", "d"), target("p", "d"), ""},
		{"not known then", target("p", ""), target("p", "d"), ""},
		{"another project", target("p", "d"), target("q", "d"), "stands on huaweicloud/r/p"},
		{"another account", target("p", "d"), target("p", "e"), "stands in account d, these credentials are of e"},
		{"not known now", target("p", "d"), target("p", ""), "does not tell whose"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := (&session{job: engine.Job{Target: c.here}}).sameAccount(&journal.Run{Open: &journal.Opening{Run: "x", Target: c.there}})
			if c.says == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, c.says)
			assert.Equal(t, engine.ExitDenied, exitOf(err))
		})
	}
}
