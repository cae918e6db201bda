package mirror

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

func (p *picture) dbssBuckets(r Read) error {
	var s struct {
		ObsList []dbssBucket `json:"obs_list"`
	}
	err := r.decode(nil, &s)
	for _, b := range s.ObsList {
		if slices.ContainsFunc(p.here.DBSS.Buckets, func(other dbssBucket) bool { return other.Name == b.Name }) {
			continue
		}
		p.here.DBSS.Buckets = append(p.here.DBSS.Buckets, b)
	}
	return err
}

// bucketTime is how the sandbox wants the time at which a bucket was made.
const bucketTime = "2006-01-02T15:04:05.000Z"

func (p *picture) obsBuckets(r Read) error {
	var s buckets
	if err := r.decode(nil, &s); err != nil {
		return err
	}
	if p.doc.OBS == nil {
		p.doc.OBS = &buckets{}
	}
	for _, b := range s.Buckets {
		if slices.ContainsFunc(p.doc.OBS.Buckets, func(other bucket) bool { return other.Name == b.Name }) {
			continue
		}
		if made, err := time.Parse(time.RFC3339, b.CreationDate); err != nil || made.Format(bucketTime) != b.CreationDate {
			p.imitated(r, "the bucket %s was made on another day: the sandbox takes no %q", b.Name, b.CreationDate)
			b.CreationDate = ""
		}
		p.doc.OBS.Buckets = append(p.doc.OBS.Buckets, b)
	}
	return nil
}

func (p *picture) dliAgency(r Read) error {
	var s struct {
		CurrentRoles []string `json:"current_roles"`
	}
	err := r.decode(nil, &s)
	p.here.DLI.Agency.Roles = append([]string{}, s.CurrentRoles...)
	return err
}

// dliBuckets copies what is known to be authorised. A bucket that the plan names and no read showed is made up, where
// no list shows it: DLI refuses one that is not there.
func (p *picture) dliBuckets(r Read) error {
	var in, s struct {
		ObsBuckets []string `json:"obs_buckets"`
	}
	if err := r.decode(&in, &s); err != nil {
		return err
	}
	p.here.DLI.Authorized = set(p.here.DLI.Authorized, s.ObsBuckets)
	for _, name := range set(in.ObsBuckets, s.ObsBuckets) {
		if !p.hasBucket(name) {
			p.here.MPC.Buckets = append(p.here.MPC.Buckets, mpcBucket{Name: name})
			p.imitated(r, "the bucket %s is made up: no step looked at it", name)
		}
	}
	return nil
}

func (p *picture) hasBucket(name string) bool {
	return slices.ContainsFunc(p.here.DBSS.Buckets, func(b dbssBucket) bool { return b.Name == name }) ||
		slices.ContainsFunc(p.here.MPC.Buckets, func(b mpcBucket) bool { return b.Name == name }) ||
		p.doc.OBS != nil && slices.ContainsFunc(p.doc.OBS.Buckets, func(b bucket) bool { return b.Name == name })
}

func set(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}

func (p *picture) mpcAgency(r Read) error {
	var s struct {
		OperateType string `json:"operate_type"`
	}
	err := r.decode(nil, &s)
	p.here.MPC.Agency = cmp.Or(s.OperateType, p.here.MPC.Agency)
	return err
}

func (p *picture) mpcBucket(r Read) error {
	var in struct {
		Bucket string `json:"bucket"`
	}
	var s struct {
		IsAuthorized int `json:"is_authorized"`
	}
	err := r.decode(&in, &s)
	is := func(b mpcBucket) bool { return b.Name == in.Bucket }
	if err == nil && !slices.ContainsFunc(p.here.MPC.Buckets, is) {
		p.here.MPC.Buckets = append(p.here.MPC.Buckets, mpcBucket{in.Bucket, s.IsAuthorized})
	}
	return err
}

// row is an authorization as the kind reads it.
type row struct {
	Type     string `json:"type"`
	Content  string `json:"content"`
	UserName string `json:"user_name"`
	UserType string `json:"user_type"`
}

const everybody = "all-users"

// authorizations copies rows with their users. The secret of an access key is not known here, and the sandbox keeps
// none.
func (p *picture) authorizations(r Read) error {
	var s struct {
		Rows map[string]row `json:"rows"`
	}
	if err := r.decode(nil, &s); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(s.Rows)) {
		p.authorization(r, id, s.Rows[id])
	}
	return nil
}

var (
	userID      = regexp.MustCompile(`^[0-9A-Za-z-]{3,32}$`)
	contentSize = 64
)

func (p *picture) authorization(r Read, id string, w row) {
	switch {
	case p.authorized(id):
	case strings.Contains(id, ":") || w.UserType != "":
		p.missing(r, "the authorization of %s: the sandbox knows IAM users only", cmp.Or(w.UserName, id))
	case !userID.MatchString(id) || w.Content == "" || len(w.Content) > contentSize || w.Type != "agency" && w.Type != "credential":
		p.missing(r, "the authorization of %s: the sandbox takes no such row", cmp.Or(w.UserName, id))
	default:
		p.here.ModelArts.Authorizations = append(p.here.ModelArts.Authorizations, authorization{id, w.Type, w.Content})
		p.user(id, w.UserName)
	}
}

func (p *picture) authorized(id string) bool {
	return slices.ContainsFunc(p.here.ModelArts.Authorizations, func(a authorization) bool { return a.UserID == id })
}

func (p *picture) user(id, name string) {
	known := slices.ContainsFunc(p.doc.IAM.Users, func(u user) bool { return u.ID == id })
	if id == everybody || name == "" || known {
		return
	}
	p.doc.IAM.Users = append(p.doc.IAM.Users, user{id, name})
}
