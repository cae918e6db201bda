package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// dliAgencyVersion is what the documents' example of the read shows.
const dliAgencyVersion = "v2"

// dliTrustDomain is the domain behind DLI's agencies, by a consultant note.
const dliTrustDomain = "op_svc_uquery"

// dliRoles may be posted: the six of the API page, and two that only the example of the read and the provider show.
var dliRoles = []string{
	"obs_adm", "dis_adm", "ctable_adm", "vpc_netadm", "smn_adm", "te_admin", "ief_adm", "iam_readOnlyAccess",
}

// registerBucket authorises buckets for good: nothing reads or revokes it. One bucket that does not exist fails the
// whole call, which the documents leave open.
func registerBucket(c *call) answer {
	body, ok := readObject(c.body)
	if !ok {
		return dliRefusal(http.StatusBadRequest, "DLI.0001")
	}
	names, ok := body.texts("obs_buckets")
	if !ok || len(names) == 0 {
		return dliRefusal(http.StatusBadRequest, "DLI.0001")
	}
	for _, name := range names {
		if !c.hasBucket(name) {
			return refusal(http.StatusBadRequest, "DLI.0002", "There is no bucket named "+name)
		}
	}
	c.project.authorize(names)
	return reply(http.StatusOK, map[string]any{
		"is_success": typedTrue(c.cloud.variants.DLIIsSuccess),
		"message":    "The following OBS bucket is authorized successfully, " + strings.Join(names, ",") + ".",
	})
}

func (c *call) hasBucket(name string) bool {
	return c.project.dbss.has(name) || c.project.mpcBuckets.has(name) || c.cloud.buckets != nil && c.cloud.buckets.has(name)
}

func (p *project) authorize(names []string) {
	for _, name := range names {
		p.dliAuthorized.put(name)
	}
}

type dliAgencyAnswer struct {
	IsSuccess    bool     `json:"is_success"`
	Message      string   `json:"message"`
	Version      string   `json:"version"`
	CurrentRoles []string `json:"current_roles"`
}

func showDliAgency(c *call) answer {
	a := c.project.dliAgency.value
	if a == nil && c.cloud.variants.DLIFresh != "empty" {
		return dliRefusal(http.StatusNotFound, "DLI.0002")
	}
	if a == nil {
		a = &dliAgency{Roles: []string{}, Version: dliAgencyVersion}
	}
	return reply(http.StatusOK, dliAgencyAnswer{IsSuccess: true, Version: a.Version, CurrentRoles: a.Roles})
}

// createDliAgency replaces the whole list of roles. A role that the agency already holds is accepted, whatever its name.
// The IAM agency dli_admin_agency that the real service makes at the first call is not imitated: nothing of ours reads it.
func createDliAgency(c *call) answer {
	body, _ := readObject(c.body)
	roles, ok := body.texts("roles")
	if !ok {
		return dliRefusal(http.StatusBadRequest, "DLI.0001")
	}
	held := c.project.dliAgency.value
	for _, role := range roles {
		if !slices.Contains(dliRoles, role) && (held == nil || !slices.Contains(held.Roles, role)) {
			return refusal(http.StatusBadRequest, "DLI.0001", "The role "+role+" is not supported.")
		}
	}
	slices.Sort(roles)
	next := dliAgency{Roles: slices.Compact(roles), Version: dliAgencyVersion}
	if held != nil {
		next.Version = held.Version
	}
	c.project.dliAgency.set(&next)
	return reply(http.StatusOK, map[string]any{"is_success": true, "message": ""})
}

func dliRefusal(status int, code string) answer {
	return refusal(status, code, texts[code])
}
