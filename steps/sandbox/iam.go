package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
)

// links is what Keystone puts beside its objects; the sandbox serves nothing at these places.
type links struct {
	Self     string  `json:"self"`
	Previous *string `json:"previous"`
	Next     *string `json:"next"`
}

type selfLink struct {
	Self string `json:"self"`
}

func linkTo(path string) selfLink { return selfLink{"https://iam.sandbox" + path} }

func listLinks(path string) links { return links{Self: linkTo(path).Self} }

type domainAnswer struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Enabled     bool     `json:"enabled"`
	Description string   `json:"description"`
	Links       selfLink `json:"links"`
}

func keystoneListAuthDomains(*call) answer {
	d := domainAnswer{ID: domainID, Name: domainName, Enabled: true, Links: linkTo("/v3/domains/" + domainID)}
	return reply(http.StatusOK, map[string]any{
		"domains": []domainAnswer{d},
		"links":   listLinks("/v3/auth/domains"),
	})
}

type projectAnswer struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	DomainID    string   `json:"domain_id"`
	ParentID    string   `json:"parent_id"`
	IsDomain    bool     `json:"is_domain"`
	Enabled     bool     `json:"enabled"`
	Description string   `json:"description"`
	Links       selfLink `json:"links"`
}

// keystoneListProjects filters by what the call documents. A region's first project, by id, is called like the region,
// the others like sub-projects of it.
func keystoneListProjects(c *call) answer {
	list := []projectAnswer{}
	for _, p := range c.cloud.namedProjects() {
		if matches(c.query, "name", p.Name) && matches(c.query, "domain_id", p.DomainID) &&
			matches(c.query, "parent_id", p.ParentID) && matches(c.query, "enabled", "true") &&
			matches(c.query, "is_domain", "false") {
			list = append(list, p)
		}
	}
	list, ok := pageOf(c.query, list, 5000)
	if !ok {
		return keystoneRefusal(http.StatusBadRequest, "Invalid page or per_page.")
	}
	return reply(http.StatusOK, map[string]any{"projects": list, "links": listLinks("/v3/projects")})
}

// keystoneListAuthProjects lists the projects that the caller may use: all.
func keystoneListAuthProjects(c *call) answer {
	return reply(http.StatusOK, map[string]any{
		"projects": c.cloud.namedProjects(), "links": listLinks("/v3/auth/projects"),
	})
}

func (c *cloud) projectName(id string) string {
	for _, p := range c.namedProjects() {
		if p.ID == id {
			return p.Name
		}
	}
	return ""
}

func (c *cloud) namedProjects() []projectAnswer {
	var list []projectAnswer
	taken := map[string]bool{}
	for _, id := range c.ids {
		name := c.projects[id].region
		if taken[name] {
			name += "_" + id
		}
		taken[name] = true
		list = append(list, projectAnswer{
			ID: id, Name: name, DomainID: domainID, ParentID: domainID, Enabled: true,
			Links: linkTo("/v3/projects/" + id),
		})
	}
	return list
}

type userAnswer struct {
	ID                string   `json:"id"`
	Name              string   `json:"name"`
	DomainID          string   `json:"domain_id"`
	Enabled           bool     `json:"enabled"`
	Description       string   `json:"description"`
	PasswordExpiresAt string   `json:"password_expires_at"`
	Links             selfLink `json:"links"`
}

func keystoneListUsers(c *call) answer {
	list := []userAnswer{}
	for _, u := range c.cloud.users {
		if matches(c.query, "name", u.Name) && matches(c.query, "domain_id", domainID) &&
			matches(c.query, "enabled", "true") {
			list = append(list, userAnswer{
				ID: u.ID, Name: u.Name, DomainID: domainID, Enabled: true, Links: linkTo("/v3/users/" + u.ID),
			})
		}
	}
	return reply(http.StatusOK, map[string]any{"users": list, "links": listLinks("/v3/users")})
}

// matches tells whether a value passes the filter of that name, if the query has one.
func matches(query url.Values, name, value string) bool {
	return !query.Has(name) || query.Get(name) == value
}

// pageOf cuts a list by page (from 1) and per_page, which are given together or not at all.
func pageOf[T any](query url.Values, list []T, perPageMax int) ([]T, bool) {
	if !query.Has("page") && !query.Has("per_page") {
		return list, true
	}
	number, err1 := strconv.Atoi(query.Get("page"))
	size, err2 := strconv.Atoi(query.Get("per_page"))
	if err1 != nil || err2 != nil || number < 1 || size < 1 || size > perPageMax {
		return nil, false
	}
	if number-1 > len(list)/size {
		return list[:0], true
	}
	from := (number - 1) * size
	return list[from:min(from+size, len(list))], true
}
