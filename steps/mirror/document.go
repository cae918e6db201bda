package mirror

// document is the part of the sandbox's state document that a copy fills in.
type document struct {
	Projects map[string]*project `json:"projects"`
	IAM      account             `json:"iam"`
	OBS      *buckets            `json:"obs,omitempty"`
}

type project struct {
	Region string `json:"region,omitempty"`
	DBSS   struct {
		Buckets []dbssBucket `json:"obs_buckets"`
	} `json:"dbss"`
	DLI struct {
		Agency     roles    `json:"agency"`
		Authorized []string `json:"authorized_buckets"`
	} `json:"dli"`
	MPC struct {
		Agency  string      `json:"agency"`
		Buckets []mpcBucket `json:"buckets"`
	} `json:"mpc"`
	ModelArts struct {
		Authorizations []authorization `json:"authorizations"`
		Agencies       []string        `json:"agencies"`
	} `json:"modelarts"`
}

// newProject has everything off. That is not the same as never touched, but no call tells the two apart, and what undo
// leaves is off.
func newProject(region string) *project {
	p := &project{Region: region}
	p.MPC.Agency = "CANCELED"
	p.DLI.Agency.Roles = []string{}
	return p
}

type dbssBucket struct {
	Name     string `json:"bucket_name"`
	Location string `json:"location"`
}

type roles struct {
	Roles []string `json:"roles"`
}

type mpcBucket struct {
	Name         string `json:"bucket"`
	IsAuthorized int    `json:"is_authorized"`
}

type authorization struct {
	UserID  string `json:"user_id"`
	Type    string `json:"type"`
	Content string `json:"content"`
}

type buckets struct {
	Buckets []bucket `json:"buckets"`
}

type bucket struct {
	Name         string `json:"name"`
	Location     string `json:"location"`
	CreationDate string `json:"creation_date,omitempty"`
	BucketType   string `json:"bucket_type,omitempty"`
}

type account struct {
	Users    []user    `json:"users"`
	Agencies []*agency `json:"agencies"`
	Roles    []role    `json:"roles"`
}

type user struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// agency leaves the account's own id to the sandbox, whose account is another.
type agency struct {
	ID              string  `json:"id,omitempty"`
	Name            string  `json:"name"`
	TrustDomainID   string  `json:"trust_domain_id,omitempty"`
	TrustDomainName string  `json:"trust_domain_name,omitempty"`
	Description     string  `json:"description,omitempty"`
	Duration        string  `json:"duration,omitempty"` // FOREVER, or hours
	Grants          []grant `json:"grants,omitempty"`
}

type grant struct {
	Scope   string `json:"scope"`
	ScopeID string `json:"scope_id,omitempty"` // of a project; the sandbox fills its account in
	RoleID  string `json:"role_id"`
}

type role struct {
	ID          string `json:"id,omitempty"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name,omitempty"`
}
