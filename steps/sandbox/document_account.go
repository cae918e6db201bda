package sandbox

import (
	"fmt"
	"slices"
	"time"
)

func (a account) check(d *document) error {
	return firstOf(
		unique("iam.users: id", a.Users, user.key),
		unique("iam.roles: name", a.allRoles(), role.key),
		unique("iam.roles: id", a.allRoles(), func(r role) string { return r.ID }),
		each("iam.roles", a.Roles, role.key, role.check),
		unique("iam.agencies: name", a.Agencies, agency.key),
		unique("iam.agencies: id", a.Agencies, func(a agency) string { return a.ID }),
		each("iam.agencies", a.Agencies, agency.key, func(a agency) error { return a.check(d) }),
	)
}

func (r role) check() error {
	if !slices.Contains([]string{"AX", "XA", "AA", "XX"}, r.Type) {
		return fmt.Errorf("type: %q is not one of AX, XA, AA, XX", r.Type)
	}
	return nil
}

func (a agency) check(d *document) error {
	if a.DomainID != domainID {
		return fmt.Errorf("domain_id: %q is not the sandbox's, %s", a.DomainID, domainID)
	}
	if a.Duration != durationForever && !hoursPattern.MatchString(a.Duration) {
		return fmt.Errorf("duration: %q is neither %s nor a number of hours", a.Duration, durationForever)
	}
	return firstOf(
		unique("grants:", a.Grants, grant.key),
		each("grants", a.Grants, grant.key, d.checkGrant),
	)
}

func (o *obsState) check() error {
	if o == nil {
		return nil
	}
	return firstOf(
		unique("obs.buckets: name", o.Buckets, accountBucket.key),
		each("obs.buckets", o.Buckets, accountBucket.key, accountBucket.check),
	)
}

func (b accountBucket) check() error {
	if b.Type != bucketObject && b.Type != bucketPosix {
		return fmt.Errorf("bucket_type: %q is neither %s nor %s", b.Type, bucketObject, bucketPosix)
	}
	if _, err := time.Parse(bucketTimeFormat, b.CreationDate); err != nil {
		return fmt.Errorf("creation_date: %q is not like %s", b.CreationDate, exampleBucketDate)
	}
	return nil
}
