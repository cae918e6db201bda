package sandbox

import (
	"cmp"
	"slices"
)

// hiddenSecret stands wherever a secret key was given: the sandbox has no use for the key itself, and keeps none.
const hiddenSecret = "(secret)"

// canonicalize brings a document into the one form that equal clouds share: lists sorted and never null, names and ids that
// follow from others filled in, secrets gone. The rows that calls make are of this form.
func (d *document) canonicalize(region string) {
	if d.Projects == nil {
		d.Projects = map[string]*projectDocument{defaultProjectID: defaultProject(region)}
	}
	d.IAM.canonicalize()
	if d.OBS != nil {
		for i := range d.OBS.Buckets {
			d.OBS.Buckets[i].fillIn(region)
		}
		d.OBS.Buckets = sorted(d.OBS.Buckets, accountBucket.key)
	}
	users := d.IAM.names()
	for id, p := range d.Projects {
		if p == nil {
			p = new(projectDocument)
			d.Projects[id] = p
		}
		if p.Region == "" {
			p.Region = region
		}
		p.canonicalize(users)
	}
}

func (a *account) canonicalize() {
	for i := range a.Roles {
		a.Roles[i].fillIn()
	}
	for i := range a.Agencies {
		a.Agencies[i].fillIn(func(idOrName string) (roleAnswer, bool) { return roleBy(a.Roles, idOrName) })
	}
	a.Users = sorted(a.Users, user.key)
	a.Agencies = sorted(a.Agencies, agency.key)
	a.Roles = sorted(a.Roles, role.key)
}

func (a *agency) fillIn(roleBy func(idOrName string) (roleAnswer, bool)) {
	a.ID = cmp.Or(a.ID, derivedID("agency", a.Name))
	a.DomainID = cmp.Or(a.DomainID, domainID)
	a.TrustDomainID = cmp.Or(a.TrustDomainID, trustDomainID(a.TrustDomainName))
	a.Duration = cmp.Or(a.Duration, durationForever)
	a.CreateTime = cmp.Or(a.CreateTime, exampleCreateTime)
	for i := range a.Grants {
		a.Grants[i].fillIn(roleBy)
	}
	if len(a.Grants) > 0 {
		a.Grants = sorted(a.Grants, grant.key)
	}
}

func (p *projectDocument) canonicalize(users userNames) {
	for i := range p.DBSS.Buckets {
		b := &p.DBSS.Buckets[i]
		b.Location = cmp.Or(b.Location, p.Region)
	}
	p.DBSS.Buckets = sorted(p.DBSS.Buckets, obsBucket.key)
	p.DLI.Authorized = sorted(p.DLI.Authorized, itself)
	if p.DLI.Agency != nil {
		p.DLI.Agency.Roles = sorted(p.DLI.Agency.Roles, itself)
		p.DLI.Agency.Version = cmp.Or(p.DLI.Agency.Version, dliAgencyVersion)
	}
	for i := range p.MPC.Buckets {
		b := &p.MPC.Buckets[i]
		b.CreationDate = cmp.Or(b.CreationDate, exampleCreationDate)
	}
	p.MPC.Buckets = sorted(p.MPC.Buckets, mpcBucket.key)
	for i := range p.ModelArts.Authorizations {
		p.ModelArts.Authorizations[i].fillIn(users)
	}
	p.ModelArts.Authorizations = sorted(p.ModelArts.Authorizations, authorization.key)
	p.ModelArts.Agencies = sorted(p.ModelArts.Agencies, itself)
}

func (a *authorization) fillIn(users userNames) {
	if isEverybody(a.UserID) {
		a.UserID = everybody
	}
	a.UserName = users.of(a.UserID)
	a.Type = cmp.Or(a.Type, typeAgency)
	a.CreateTime = cmp.Or(a.CreateTime, exampleCreateTime)
	a.SecretKey = ""
	if a.Type == typeCredential {
		a.SecretKey = hiddenSecret
	}
}

// userNames are those of the users, by their ids.
type userNames map[string]*string

func (a account) names() userNames {
	all := userNames{}
	for _, u := range a.Users {
		if all[u.ID] == nil {
			all[u.ID] = &u.Name
		}
	}
	return all
}

// of is the name that IAM holds for an id, nil if it knows none; everybody is called like its id.
func (n userNames) of(id string) *string {
	if id == everybody {
		return &id
	}
	return n[id]
}

func sorted[T any](list []T, key func(T) string) []T {
	if list == nil {
		return []T{}
	}
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return list
}

func itself(s string) string { return s }
