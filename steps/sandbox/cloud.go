package sandbox

import (
	"slices"
	"strconv"
)

// cloud is a document at work: what calls look up is found by its key, and what they change is noted.
type cloud struct {
	ledger   *ledger
	id       string
	variants variants
	ids      []string // of the projects, sorted
	projects map[string]*project

	users        []user
	userNames    userNames
	roles        []role // the account's own
	agencies     *table[agency]
	buckets      *table[accountBucket] // nil: the document has no list of them
	faults       *cell[[]*fault]
	revoked      *table[revocation]
	agenciesMade *cell[int]
}

type project struct {
	region string
	dbss   *table[obsBucket]

	dliAgency     *cell[*dliAgency]
	dliAuthorized *table[string]

	mpcAgency  *cell[*string]
	mpcBuckets *table[mpcBucket]

	authorizations *table[authorization]
	modelarts      *table[string] // agencies that ModelArts knows
}

// newCloud puts a document to work, which has been checked.
func newCloud(d *document) *cloud {
	l := newLedger()
	c := &cloud{
		ledger: l, id: d.ID, variants: d.Variants, ids: d.projectIDs(), projects: map[string]*project{},
		users: d.IAM.Users, userNames: d.IAM.names(), roles: d.IAM.Roles,
		agencies:     newTable(l, "iam.agencies", agency.key, d.IAM.Agencies).with(func(a agency) string { return a.ID }),
		faults:       newCell(l, "faults", d.Faults),
		revoked:      newTable(l, "revoked", revocation.key, d.Revoked),
		agenciesMade: newCell(l, "agencies_made", d.AgenciesMade),
	}
	if d.OBS != nil {
		c.buckets = newTable(l, "obs.buckets", accountBucket.key, d.OBS.Buckets)
	}
	for id, p := range d.Projects {
		c.projects[id] = newProject(l, "projects."+id, p)
	}
	return c
}

func newProject(l *ledger, place string, d *projectDocument) *project {
	return &project{
		region: d.Region,
		dbss:   newTable(l, place+".dbss.obs_buckets", obsBucket.key, d.DBSS.Buckets),

		dliAgency:     newCell(l, place+".dli.agency", d.DLI.Agency),
		dliAuthorized: newTable(l, place+".dli.authorized_buckets", itself, d.DLI.Authorized),

		mpcAgency:  newCell(l, place+".mpc.agency", d.MPC.Agency),
		mpcBuckets: newTable(l, place+".mpc.buckets", mpcBucket.key, d.MPC.Buckets),

		authorizations: newTable(l, place+".modelarts.authorizations", authorization.key, d.ModelArts.Authorizations),
		modelarts:      newTable(l, place+".modelarts.agencies", itself, d.ModelArts.Agencies),
	}
}

// document is the cloud as it stands, in the form that it began with.
func (c *cloud) document() *document {
	d := &document{
		Projects: map[string]*projectDocument{}, Variants: c.variants,
		IAM:    account{Users: c.users, Roles: c.roles, Agencies: slices.Clone(c.agencies.list())},
		Faults: c.faults.value, Revoked: c.revoked.list(), AgenciesMade: c.agenciesMade.value, ID: c.id,
	}
	if c.buckets != nil {
		d.OBS = &obsState{Buckets: c.buckets.list()}
	}
	for id, p := range c.projects {
		d.Projects[id] = p.document()
	}
	return d
}

func (p *project) document() *projectDocument {
	return &projectDocument{
		Region: p.region,
		DBSS:   dbssState{Buckets: p.dbss.list()},
		DLI:    dliState{Agency: p.dliAgency.value, Authorized: p.dliAuthorized.list()},
		MPC:    mpcState{Agency: p.mpcAgency.value, Buckets: slices.Clone(p.mpcBuckets.list())},
		ModelArts: modelartsState{
			Authorizations: slices.Clone(p.authorizations.list()), Agencies: p.modelarts.list(),
		},
	}
}

// shown is the document of GET /-/state: equal clouds give equal bytes.
func (c *cloud) shown() []byte {
	d := c.document()
	d.Faults, d.Revoked, d.AgenciesMade, d.ID = nil, nil, 0, ""
	for i := range d.IAM.Agencies {
		d.IAM.Agencies[i].hideTimes()
	}
	for _, p := range d.Projects {
		p.hideTimes()
	}
	return d.encode()
}

// putAgency keeps an IAM agency, new or changed.
func (c *cloud) putAgency(a agency) agency {
	a.fillIn(c.roleBy)
	c.agencies.put(a)
	return a
}

// grant gives an IAM agency these grants, a list that nobody else holds.
func (c *cloud) grant(a agency, grants []grant) {
	a.Grants = grants
	c.putAgency(a)
}

// addAgency gives a new IAM agency its id and keeps it. Making one of the same name again gives another id, as in IAM.
func (c *cloud) addAgency(a agency) agency {
	c.agenciesMade.set(c.agenciesMade.value + 1)
	a.ID = derivedID("agency", a.Name, strconv.Itoa(c.agenciesMade.value))
	return c.putAgency(a)
}

func (c *cloud) roleBy(idOrName string) (roleAnswer, bool) { return roleBy(c.roles, idOrName) }
