package sandbox

import (
	"cmp"
	"slices"
)

// hiddenSecret stands wherever a secret key was given: the sandbox has no use for the key itself, and keeps none.
const hiddenSecret = "(secret)"

// canonicalize brings a cloud into the one form that equal clouds share: lists sorted and never null, names and ids that
// follow from others filled in, secrets gone. It is called after every change.
func (c *cloud) canonicalize(region string) {
	if c.Projects == nil {
		c.Projects = map[string]*project{defaultProjectID: defaultProject(region)}
	}
	c.IAM.canonicalize(c)
	if c.OBS != nil {
		for i := range c.OBS.Buckets {
			c.OBS.Buckets[i].fillIn(region)
		}
		c.OBS.Buckets = sorted(c.OBS.Buckets, accountBucket.key)
	}
	for id, p := range c.Projects {
		if p == nil {
			p = new(project)
			c.Projects[id] = p
		}
		if p.Region == "" {
			p.Region = region
		}
		p.canonicalize(c.userName)
	}
}

func (a *account) canonicalize(c *cloud) {
	for i := range a.Roles {
		a.Roles[i].fillIn()
	}
	for i := range a.Agencies {
		a.Agencies[i].fillIn(c)
	}
	a.Users = sorted(a.Users, user.key)
	a.Agencies = sorted(a.Agencies, agency.key)
	a.Roles = sorted(a.Roles, role.key)
}

func (a *agency) fillIn(c *cloud) {
	a.ID = cmp.Or(a.ID, derivedID("agency", a.Name))
	a.DomainID = cmp.Or(a.DomainID, domainID)
	a.TrustDomainID = cmp.Or(a.TrustDomainID, trustDomainID(a.TrustDomainName))
	a.Duration = cmp.Or(a.Duration, durationForever)
	a.CreateTime = cmp.Or(a.CreateTime, exampleCreateTime)
	for i := range a.Grants {
		a.Grants[i].fillIn(c)
	}
	if len(a.Grants) > 0 {
		a.Grants = sorted(a.Grants, grant.key)
	}
}

func (p *project) canonicalize(userName func(id string) *string) {
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
		p.ModelArts.Authorizations[i].fillIn(userName)
	}
	p.ModelArts.Authorizations = sorted(p.ModelArts.Authorizations, authorization.key)
	p.ModelArts.Agencies = sorted(p.ModelArts.Agencies, itself)
}

func (a *authorization) fillIn(userName func(id string) *string) {
	if isEverybody(a.UserID) {
		a.UserID = everybody
	}
	a.UserName = userName(a.UserID)
	a.Type = cmp.Or(a.Type, typeAgency)
	a.CreateTime = cmp.Or(a.CreateTime, exampleCreateTime)
	a.SecretKey = ""
	if a.Type == typeCredential {
		a.SecretKey = hiddenSecret
	}
}

// userName is the name that IAM holds for an id, nil if it knows none; everybody is called like its id.
func (c *cloud) userName(id string) *string {
	if id == everybody {
		return &id
	}
	for _, u := range c.IAM.Users {
		if u.ID == id {
			return &u.Name
		}
	}
	return nil
}

func sorted[T any](list []T, key func(T) string) []T {
	if list == nil {
		return []T{}
	}
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return list
}

func itself(s string) string { return s }
