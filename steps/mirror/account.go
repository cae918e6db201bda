package mirror

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// modelartsDomain is the account behind the agencies that ModelArts makes.
const modelartsDomain = "op_svc_eiwizard"

// agencyFound is an IAM agency as its kind reads it. Of the trusted domain the row has what the plan gives; the facts
// have all.
type agencyFound struct {
	Agency *struct {
		ID              string `json:"id"`
		Name            string `json:"name"`
		TrustDomainID   string `json:"trust_domain_id"`
		TrustDomainName string `json:"trust_domain_name"`
		Description     string `json:"description"`
		Duration        string `json:"duration"`
	} `json:"agency"`
	Facts struct {
		TrustDomainID   string `json:"trust_domain_id"`
		TrustDomainName string `json:"trust_domain_name"`
	} `json:"facts"`
}

func (p *picture) agency(r Read) error {
	var s agencyFound
	if err := r.decode(nil, &s); err != nil || s.Agency == nil {
		return err
	}
	p.keep(&agency{
		ID: s.Agency.ID, Name: s.Agency.Name, Description: s.Agency.Description,
		TrustDomainID:   cmp.Or(s.Agency.TrustDomainID, s.Facts.TrustDomainID),
		TrustDomainName: cmp.Or(s.Agency.TrustDomainName, s.Facts.TrustDomainName),
		Duration:        p.hours(r, s.Agency.Duration),
	})
	return nil
}

// hours turns the kind's days into the hours that IAM shows. What is no whole days the kind reads as "30 hours".
func (p *picture) hours(r Read, duration string) string {
	if n, err := strconv.Atoi(duration); err == nil && n > 0 {
		return strconv.Itoa(24 * n)
	}
	plain := strings.TrimSuffix(duration, " hours")
	if n, err := strconv.Atoi(plain); err == nil && n > 0 || duration == "" || duration == "FOREVER" {
		return plain
	}
	p.missing(r, "the duration %q: the sandbox takes none like it, and has FOREVER", duration)
	return ""
}

// keep adds an agency unless it is there.
func (p *picture) keep(a *agency) {
	if !slices.ContainsFunc(p.doc.IAM.Agencies, func(other *agency) bool { return other.Name == a.Name }) {
		p.doc.IAM.Agencies = append(p.doc.IAM.Agencies, a)
	}
}

// modelartsAgency copies the agency, and the rows of users that name it.
func (p *picture) modelartsAgency(r Read) error {
	var in struct {
		Suffix string `json:"agency_name_suffix"`
	}
	var s struct {
		AgencyName string   `json:"agency_name"`
		ID         string   `json:"id"`
		UsedBy     []string `json:"used_by"`
	}
	if err := r.decode(&in, &s); err != nil {
		return err
	}
	name := "modelarts_agency"
	if in.Suffix != "" {
		name = "ma_agency_" + in.Suffix
	}
	if s.AgencyName != "" {
		p.keep(&agency{ID: s.ID, Name: name, TrustDomainName: modelartsDomain})
	}
	for _, id := range s.UsedBy {
		p.authorization(r, id, row{Type: "agency", Content: name})
	}
	return nil
}

// builtin are the roles that every sandbox has; a document must not hold another of such an id or name.
var builtin = []role{
	{"71358c927651c57080782244bf1170f6", "obs_b_list", "OBS Buckets Viewer"},
	{"58a3af302326f3e615364ff0cfc8c79d", "secu_admin", "Security Administrator"},
	{"55f2f3fc1519f257b4e9a3f98a72b380", "system_all_159", "OBS Administrator"},
	{"9fde897237e0ae47b155e8846afecda7", "system_all_64", "OBS ReadOnlyAccess"},
	{"77df8fe9f7dabdd3cb20b18dba8b67cb", "system_all_72", "OBS OperateAccess"},
	{"5ed1abf4ca4ed7927e610eaef19f4601", "te_admin", "Tenant Administrator"},
}

type agencyRoleIn struct {
	AgencyID    string `json:"agency_id"`
	RoleID      string `json:"role_id"`
	DisplayName string `json:"display_name"`
	Scope       string `json:"scope"`
	ProjectID   string `json:"project_id"`
}

// agencyRole copies a grant, or that there is none. Agency, role and project have to be there either way: when no step
// reads the first, or the plan has only the id of the second, something is made up that has the id.
func (p *picture) agencyRole(r Read) error {
	var in agencyRoleIn
	var s struct {
		Granted bool `json:"granted"`
		Role    role `json:"role"`
	}
	if err := r.decode(&in, &s); err != nil {
		return err
	}
	a, g := p.agencyBy(r, in.AgencyID), grant{Scope: cmp.Or(in.Scope, "domain"), RoleID: p.role(r, s.Role)}
	if g.Scope == "project" {
		g.ScopeID = p.project(in.ProjectID)
	}
	if s.Granted && !slices.Contains(a.Grants, g) {
		a.Grants = append(a.Grants, g)
	}
	return nil
}

func (p *picture) agencyBy(r Read, id string) *agency {
	for _, a := range p.doc.IAM.Agencies {
		if a.ID == id {
			return a
		}
	}
	a := &agency{ID: id, Name: "agency-" + id, TrustDomainName: "op_svc_obs"}
	p.doc.IAM.Agencies = append(p.doc.IAM.Agencies, a)
	p.imitated(r, "the agency %s is made up: no step looked at it", id)
	return a
}

// role makes sure that a role is there, and answers its id. One that the sandbox has of itself is taken by the name that
// people know: its id is another in every cloud.
func (p *picture) role(r Read, w role) string {
	for _, known := range slices.Concat(builtin, p.doc.IAM.Roles) {
		if known.ID == w.ID || known.DisplayName == w.DisplayName && w.DisplayName != "" {
			return known.ID
		}
	}
	if w.Name == "" {
		p.imitated(r, "the role %s is made up: the plan has its id, and nothing asked IAM for it", w.ID)
	}
	if w.Name == "" || slices.ContainsFunc(builtin, func(known role) bool { return known.Name == w.Name }) {
		w.Name = "role-" + w.ID
	}
	p.doc.IAM.Roles = append(p.doc.IAM.Roles, w)
	return w.ID
}

// project answers a project's id, after it has made sure that the project is there. Empty is the one that was read.
func (p *picture) project(id string) string {
	for known, project := range p.doc.Projects {
		if id == "" && project == p.here {
			return known
		}
	}
	if p.doc.Projects[id] == nil {
		p.doc.Projects[id] = newProject(p.here.Region)
	}
	return id
}
