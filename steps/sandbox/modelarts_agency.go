package sandbox

import (
	"bytes"
	"net/http"
)

// Facts of the agencies that ModelArts makes; the limit is its guide's.
const (
	modelartsTrustDomain = "op_svc_eiwizard"
	suffixMax            = 50
	agenciesMax          = 50
)

// createModelArtsAgency makes an IAM agency in the account and remembers its name in the project. Nothing in ModelArts
// reads or deletes it.
func createModelArtsAgency(c *call) answer {
	name, ok := readAgencyName(c.body)
	switch {
	case !ok:
		return modelartsRefusal(http.StatusBadRequest, "ModelArts.0104")
	case c.project.modelarts.has(name):
		return refusal(http.StatusBadRequest, "ModelArts.3818", "The agency of service "+name+" has been defined.")
	case c.cloud.agencies.has(name):
		return modelartsRefusal(http.StatusBadRequest, "ModelArts.4502")
	case len(c.cloud.agencies.rows) >= agenciesMax:
		return modelartsRefusal(http.StatusForbidden, "ModelArts.4500")
	}
	c.cloud.addAgency(agency{
		Name: name, TrustDomainName: modelartsTrustDomain, Description: "Created by ModelArts",
		Duration: durationForever, CreateTime: c.now.UnixMilli(),
	})
	c.project.modelarts.put(name)
	return reply(http.StatusOK, map[string]any{"agency_name": name})
}

// readAgencyName takes an absent body for an empty one: every field of it is optional.
func readAgencyName(body []byte) (string, bool) {
	if len(bytes.TrimSpace(body)) == 0 {
		return "modelarts_agency", true
	}
	fields, ok := readObject(body)
	suffix, isText := fields.text("agency_name_suffix")
	if suffix == "" {
		return "modelarts_agency", ok && isText
	}
	return "ma_agency_" + suffix, ok && isText && len(suffix) <= suffixMax
}

// forgetAgency follows the deletion of an IAM agency in every project.
func (c *cloud) forgetAgency(name string) {
	for _, p := range c.projects {
		if p.modelarts.has(name) {
			p.modelarts.drop(name)
		}
	}
}
