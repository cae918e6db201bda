package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Facts of IAM's agencies, from the API reference.
const (
	durationForever    = "FOREVER"
	durationOneDay     = "ONEDAY"
	agencyNameMax      = 64
	descriptionMax     = 255
	descriptionRefused = `@#$%^&*<>\`
	iamTimeFormat      = "2006-01-02T15:04:05.000000" // UTC, no zone
)

// agencyAnswer is an agency as IAM shows it; the answer to its creation leaves out the name of the trusted domain.
type agencyAnswer struct {
	ID              string  `json:"id"`
	Name            string  `json:"name"`
	DomainID        string  `json:"domain_id"`
	TrustDomainID   string  `json:"trust_domain_id"`
	TrustDomainName string  `json:"trust_domain_name,omitempty"`
	Description     string  `json:"description"`
	Duration        *string `json:"duration"`
	CreateTime      string  `json:"create_time"`
	ExpireTime      *string `json:"expire_time"`
}

func (a agency) answer(v variants) agencyAnswer {
	made := time.UnixMilli(a.CreateTime).UTC()
	out := agencyAnswer{
		ID: a.ID, Name: a.Name, DomainID: a.DomainID, TrustDomainID: a.TrustDomainID,
		TrustDomainName: a.TrustDomainName, Description: a.Description, Duration: &a.Duration,
		CreateTime: made.Format(iamTimeFormat),
	}
	if hours, err := strconv.Atoi(a.Duration); err == nil {
		expires := made.AddDate(0, 0, hours/24).Add(time.Duration(hours%24) * time.Hour).Format(iamTimeFormat)
		out.ExpireTime = &expires
	} else if v.IAMForever == "null" {
		out.Duration = nil
	}
	return out
}

func listAgencies(c *call) answer {
	if !c.query.Has("domain_id") {
		return keystoneRefusal(http.StatusBadRequest, "'domain_id' is a required property")
	}
	if c.query.Get("domain_id") != domainID {
		return notAuthorized()
	}
	list := []agencyAnswer{}
	for _, a := range c.cloud.agencies.list() {
		if c.sees(a) && matches(c.query, "name", a.Name) && matches(c.query, "trust_domain_id", a.TrustDomainID) {
			list = append(list, a.answer(c.cloud.variants))
		}
	}
	list, ok := pageOf(c.query, list, 500)
	if !ok {
		return keystoneRefusal(http.StatusBadRequest, "Invalid page or per_page.")
	}
	return reply(http.StatusOK, map[string]any{"agencies": list})
}

func showAgency(c *call) answer {
	a, ok := c.findAgency()
	if !ok {
		return c.noAgency()
	}
	return reply(http.StatusOK, map[string]any{"agency": a.answer(c.cloud.variants)})
}

// findAgency is the agency of the path, once IAM finds it.
func (c *call) findAgency() (agency, bool) {
	a, ok := c.cloud.agencies.withID(c.params["agency_id"])
	return a, ok && c.sees(a)
}

// sees tells whether IAM finds an agency already.
func (c *call) sees(a agency) bool {
	return isOlder(a.CreateTime, c.cloud.variants.IAMVisibilitySeconds, c.now)
}

func (c *call) noAgency() answer {
	return keystoneRefusal(http.StatusNotFound, "Could not find agency: "+c.params["agency_id"])
}

func createAgency(c *call) answer {
	body, bad := readAgency(c.body)
	if bad != nil {
		return *bad
	}
	a := agency{Duration: durationForever, CreateTime: c.now.UnixMilli()}
	if a.Name, _ = body.text("name"); a.Name == "" {
		return keystoneRefusal(http.StatusBadRequest, "'name' is a required property")
	}
	if len(a.Name) > agencyNameMax {
		return keystoneRefusal(http.StatusBadRequest, "Invalid input for field 'name'.")
	}
	if domain, _ := body.text("domain_id"); domain == "" {
		return keystoneRefusal(http.StatusBadRequest, "'domain_id' is a required property")
	} else if domain != domainID {
		return notAuthorized()
	}
	if bad := a.set(body); bad != nil {
		return *bad
	}
	if a.TrustDomainName == "" {
		return keystoneRefusal(http.StatusBadRequest, "'trust_domain_name' is a required property")
	}
	if c.cloud.agencies.has(a.Name) {
		return keystoneRefusal(http.StatusConflict, "Conflict occurred attempting to store agency - Duplicate Entry.")
	}
	made := c.cloud.addAgency(a).answer(c.cloud.variants)
	made.TrustDomainName = ""
	return reply(http.StatusCreated, map[string]any{"agency": made})
}

// updateAgency changes what the body names; the name of an agency cannot change.
func updateAgency(c *call) answer {
	a, ok := c.findAgency()
	if !ok {
		return c.noAgency()
	}
	body, bad := readAgency(c.body)
	if bad != nil {
		return *bad
	}
	if name, _ := body.text("name"); name != "" && name != a.Name {
		return keystoneRefusal(http.StatusBadRequest, "The name of an agency cannot be changed.")
	}
	if bad := a.set(body); bad != nil {
		return *bad
	}
	return reply(http.StatusOK, map[string]any{"agency": c.cloud.putAgency(a).answer(c.cloud.variants)})
}

// deleteAgency takes the agency's grants along, and makes ModelArts forget it.
func deleteAgency(c *call) answer {
	a, ok := c.findAgency()
	if !ok {
		return c.noAgency()
	}
	c.cloud.agencies.drop(a.Name)
	c.cloud.forgetAgency(a.Name)
	return noContent()
}

// readAgency unwraps the body's "agency" and holds its text fields to their type.
func readAgency(data []byte) (object, *answer) {
	outer, ok := readObject(data)
	body, isObject := readObject(outer["agency"])
	if !ok || !isObject {
		bad := keystoneRefusal(http.StatusBadRequest, "'agency' is a required property")
		return nil, &bad
	}
	for _, name := range []string{"name", "domain_id", "trust_domain_id", "trust_domain_name", "description"} {
		if _, ok := body.text(name); !ok {
			bad := keystoneRefusal(http.StatusBadRequest, "Invalid input for field '"+name+"'.")
			return nil, &bad
		}
	}
	return body, nil
}

// set takes trusted domain, description and duration over from a body, as far as it names them.
func (a *agency) set(body object) *answer {
	if text, _ := body.text("description"); body["description"] != nil {
		if utf8.RuneCountInString(text) > descriptionMax || strings.ContainsAny(text, descriptionRefused) {
			bad := keystoneRefusal(http.StatusBadRequest, "Invalid input for field 'description'.")
			return &bad
		}
		a.Description = text
	}
	if raw := body["duration"]; raw != nil {
		hours, ok := readDuration(raw)
		if !ok {
			bad := keystoneRefusal(http.StatusBadRequest, "Invalid input for field 'duration'.")
			return &bad
		}
		a.Duration = hours
	}
	return a.setTrust(body)
}

// setTrust: of a name and an id the name wins. Names of other accounts cannot be checked and are believed; an id must be
// one that the sandbox can put a name to.
func (a *agency) setTrust(body object) *answer {
	name, _ := body.text("trust_domain_name")
	id, _ := body.text("trust_domain_id")
	if name == "" && id == "" {
		return nil
	}
	if name == "" {
		if name = trustDomainName(id); name == "" {
			bad := keystoneRefusal(http.StatusNotFound, "TrustDomainNotFound")
			return &bad
		}
	}
	a.TrustDomainName, a.TrustDomainID = name, trustDomainID(name)
	return nil
}

// readDuration turns FOREVER, ONEDAY or days into what IAM shows: FOREVER, or hours.
func readDuration(raw json.RawMessage) (string, bool) {
	text := asText(raw)
	switch text {
	case durationForever, "null":
		return durationForever, true
	case durationOneDay:
		return "24", true
	}
	days, err := strconv.Atoi(text)
	if err != nil || days < 1 || days > 36500 {
		return "", false
	}
	return strconv.Itoa(days * 24), true
}
