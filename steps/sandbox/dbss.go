package sandbox

import "net/http"

// listAuditObsBuckets names every bucket of the project. Whether the real call leaves out buckets of other regions is
// not documented; this one shows them all, with their location.
func listAuditObsBuckets(c *call) answer {
	return reply(http.StatusOK, map[string]any{"obs_list": c.project.dbss.list()})
}
