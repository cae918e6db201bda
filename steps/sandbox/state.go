package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
)

// document is everything an emulated cloud holds: what /-/state shows, and what that does not (creation times, faults,
// revoked tokens, and how many agencies were ever made).
type document struct {
	Projects     map[string]*projectDocument `json:"projects"`
	IAM          account                     `json:"iam"`
	OBS          *obsState                   `json:"obs,omitempty"`
	Variants     variants                    `json:"variants"`
	Faults       []*fault                    `json:"faults,omitempty"`
	Revoked      []revocation                `json:"revoked,omitempty"`
	AgenciesMade int                         `json:"agencies_made,omitempty"`
	ID           string                      `json:"id,omitempty"` // tells one sandbox from another; kept for good
}

type projectDocument struct {
	Region    string         `json:"region"`
	DBSS      dbssState      `json:"dbss"`
	DLI       dliState       `json:"dli"`
	MPC       mpcState       `json:"mpc"`
	ModelArts modelartsState `json:"modelarts"`
}

type dbssState struct {
	Buckets []obsBucket `json:"obs_buckets"`
}

type obsBucket struct {
	Name     string `json:"bucket_name"`
	Location string `json:"location"`
}

type dliState struct {
	Agency     *dliAgency `json:"agency"` // nil: never configured
	Authorized []string   `json:"authorized_buckets"`
}

type dliAgency struct {
	Roles   []string `json:"roles"`
	Version string   `json:"version"`
}

type mpcState struct {
	Agency  *string     `json:"agency"` // nil: never configured
	Buckets []mpcBucket `json:"buckets"`
}

type mpcBucket struct {
	Name         string `json:"bucket"`
	IsAuthorized int    `json:"is_authorized"`
	KMS          bool   `json:"kms"`
	CreationDate string `json:"creation_date,omitempty"` // yyyymmddhhmmss
}

type modelartsState struct {
	Authorizations []authorization `json:"authorizations"`
	Agencies       []string        `json:"agencies"` // names that ModelArts knows
}

type authorization struct {
	UserID     string  `json:"user_id"`
	UserName   *string `json:"user_name"`
	Type       string  `json:"type"`
	Content    string  `json:"content"`
	SecretKey  string  `json:"secret_key,omitempty"`  // never the key itself
	CreateTime int64   `json:"create_time,omitempty"` // milliseconds
}

type account struct {
	Users    []user   `json:"users"`
	Agencies []agency `json:"agencies"`
	Roles    []role   `json:"roles"` // the account's own; the system's are not part of the document
}

type role struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	Type        string `json:"type"` // AX, XA, AA or XX
	Catalog     string `json:"catalog"`
	Description string `json:"description"`
}

type user struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type agency struct {
	ID              string  `json:"id"`
	Name            string  `json:"name"`
	DomainID        string  `json:"domain_id"`
	TrustDomainID   string  `json:"trust_domain_id"`
	TrustDomainName string  `json:"trust_domain_name"`
	Description     string  `json:"description"`
	Duration        string  `json:"duration"` // FOREVER, or hours
	Grants          []grant `json:"grants,omitempty"`
	CreateTime      int64   `json:"create_time,omitempty"` // milliseconds
}

// obsState is buckets beside those that DBSS lists.
type obsState struct {
	Buckets []accountBucket `json:"buckets"`
}

type accountBucket struct {
	Name         string `json:"name" xml:"Name"`
	CreationDate string `json:"creation_date" xml:"CreationDate"`
	Location     string `json:"location" xml:"Location"`
	Type         string `json:"bucket_type" xml:"BucketType"`
}

// A row's key is what it is sorted by, and must not stand twice.
func (b obsBucket) key() string     { return b.Name }
func (b mpcBucket) key() string     { return b.Name }
func (a authorization) key() string { return a.UserID }
func (u user) key() string          { return u.ID }
func (a agency) key() string        { return a.Name }
func (r role) key() string          { return r.Name }
func (b accountBucket) key() string { return b.Name }
func (r revocation) key() string    { return r.ID }

// projectIDs are the ids of the projects, sorted.
func (d *document) projectIDs() []string {
	return slices.Sorted(maps.Keys(d.Projects))
}

func (a *agency) hideTimes() {
	a.CreateTime, a.Grants = 0, slices.Clone(a.Grants)
	for i := range a.Grants {
		a.Grants[i].GrantedAt = 0
	}
}

func (p *projectDocument) hideTimes() {
	for i := range p.MPC.Buckets {
		p.MPC.Buckets[i].CreationDate = ""
	}
	for i := range p.ModelArts.Authorizations {
		p.ModelArts.Authorizations[i].CreateTime = 0
	}
}

// encode is the form of the state file: everything, indented, with a last newline.
func (d *document) encode() []byte {
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		panic(err) // plain data
	}
	return append(data, '\n')
}
