package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
)

var (
	projectIDPattern = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
	userIDPattern    = regexp.MustCompile(`^[0-9A-Za-z-]{3,32}$`)
	hoursPattern     = regexp.MustCompile(`^[1-9][0-9]{0,7}$`)
	datePattern      = regexp.MustCompile(`^[0-9]{14}$`)
)

// decodeDocument reads a state document strictly: unknown and repeated fields, wrong types and rows that contradict each
// other are errors that name the field. Without "projects" it is the default cloud's project; an absent part of a
// project was never configured.
func decodeDocument(data []byte, region string) (*document, error) {
	d := new(document)
	if err := decodeStrictly(data, d); err != nil {
		return nil, err
	}
	if d.Projects != nil && len(d.Projects) == 0 {
		return nil, errors.New("projects: a cloud needs at least one")
	}
	d.canonicalize(region)
	return d, d.check()
}

// decodeStrictly is json.Unmarshal without its leniency.
func decodeStrictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return plainer(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one JSON value")
	}
	return checkRepeats(json.NewDecoder(bytes.NewReader(data)), "")
}

func plainer(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return fmt.Errorf("%s: a JSON %s does not fit here", wrong.Field, wrong.Value)
	}
	if errors.Is(err, io.EOF) {
		return errors.New("no JSON value")
	}
	return err
}

// checkRepeats walks one JSON value and refuses an object that names a field twice.
func checkRepeats(d *json.Decoder, place string) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return checkObject(d, place)
	case json.Delim('['):
		for d.More() {
			if err := checkRepeats(d, place); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	return err
}

func checkObject(d *json.Decoder, place string) error {
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name := token.(string)
		if seen[name] {
			return fmt.Errorf("%s%s: given twice", place, name)
		}
		seen[name] = true
		if err := checkRepeats(d, place+name+"."); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func (d *document) check() error {
	for _, id := range d.projectIDs() {
		if !projectIDPattern.MatchString(id) {
			return fmt.Errorf("projects: %q is no project id", id)
		}
		if err := d.Projects[id].check(); err != nil {
			return fmt.Errorf("projects.%s.%w", id, err)
		}
	}
	for i, f := range d.Faults {
		if f == nil {
			return fmt.Errorf("faults[%d]: null", i)
		}
		if err := f.check(); err != nil {
			return fmt.Errorf("faults[%d].%w", i, err)
		}
	}
	return errors.Join(d.IAM.check(d), d.OBS.check(), d.Variants.check())
}

func (p *projectDocument) check() error {
	return firstOf(
		unique("dbss.obs_buckets: bucket_name", p.DBSS.Buckets, obsBucket.key),
		unique("dli.authorized_buckets:", p.DLI.Authorized, itself),
		p.DLI.Agency.check(),
		p.MPC.check(),
		unique("modelarts.authorizations: user_id", p.ModelArts.Authorizations, authorization.key),
		each("modelarts.authorizations", p.ModelArts.Authorizations, authorization.key, authorization.check),
		unique("modelarts.agencies:", p.ModelArts.Agencies, itself),
	)
}

func (a *dliAgency) check() error {
	if a == nil {
		return nil
	}
	return unique("dli.agency.roles:", a.Roles, itself)
}

func (m mpcState) check() error {
	if m.Agency != nil && *m.Agency != agencyCreated && *m.Agency != agencyCanceled {
		return fmt.Errorf("mpc.agency: %q is neither null nor %s nor %s", *m.Agency, agencyCreated, agencyCanceled)
	}
	return firstOf(
		unique("mpc.buckets: bucket", m.Buckets, mpcBucket.key),
		each("mpc.buckets", m.Buckets, mpcBucket.key, mpcBucket.check),
	)
}

func (b mpcBucket) check() error {
	if b.IsAuthorized != 0 && b.IsAuthorized != 1 {
		return fmt.Errorf("is_authorized: %d is neither 0 nor 1", b.IsAuthorized)
	}
	if !datePattern.MatchString(b.CreationDate) {
		return fmt.Errorf("creation_date: %q is not yyyymmddhhmmss", b.CreationDate)
	}
	return nil
}

func (a authorization) check() error {
	switch {
	case !userIDPattern.MatchString(a.UserID):
		return fmt.Errorf("user_id: %q is not 3 to 32 letters, digits or -", a.UserID)
	case !slices.Contains([]string{typeAgency, typeCredential}, a.Type):
		return fmt.Errorf("type: %q is neither %s nor %s", a.Type, typeAgency, typeCredential)
	case a.Content == "" || len(a.Content) > contentMax:
		return fmt.Errorf("content: %q has not 1 to %d characters", a.Content, contentMax)
	}
	return nil
}

// unique refuses a key that is empty or stands twice.
func unique[T any](what string, list []T, key func(T) string) error {
	seen := map[string]bool{}
	for _, item := range list {
		switch k := key(item); {
		case k == "":
			return fmt.Errorf("%s is empty", what)
		case seen[k]:
			return fmt.Errorf("%s %q stands twice", what, k)
		default:
			seen[k] = true
		}
	}
	return nil
}

func each[T any](what string, list []T, key func(T) string, check func(T) error) error {
	for _, item := range list {
		if err := check(item); err != nil {
			return fmt.Errorf("%s[%s].%w", what, key(item), err)
		}
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
