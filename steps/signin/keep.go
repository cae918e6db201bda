package signin

import (
	"context"
	"time"

	"writ/steps/cloud"
)

// identity is for whom credentials are, as far as whoever issued them says it.
type identity struct {
	ProjectID   string `json:"project_id,omitempty"`
	ProjectName string `json:"project_name,omitempty"`
	DomainID    string `json:"domain_id,omitempty"`
	DomainName  string `json:"domain_name,omitempty"`
	UserID      string `json:"user_id,omitempty"`
	UserName    string `json:"user_name,omitempty"`
}

// issued are credentials with what was learned beside them.
type issued struct {
	creds cloud.Credentials
	from  time.Time // when a token was got
	who   identity
	note  string // what the user should mend
}

func (i issued) is(old cloud.Credentials) bool { return i.creds.Token == old.Token }

const margin = 5 * time.Minute

// lasts tells whether a token can be handed out: until five minutes before it expires, or a tenth of a shorter life.
func (i issued) lasts(now time.Time) bool {
	spare := min(margin, i.creds.Expires.Sub(i.from)/10)
	return !i.creds.Token.IsZero() && now.Before(i.creds.Expires.Add(-spare))
}

// keeper keeps a token for the next command until it expires or is refused.
type keeper struct {
	now   func() time.Time
	fetch func(context.Context) (issued, error)
	cache cache
}

// get answers what is not old: a token of an earlier command, one that another command has got in the meantime, or a new
// one.
func (k keeper) get(ctx context.Context, old cloud.Credentials) (issued, error) {
	if kept := k.cache.token(); kept.lasts(k.now()) && !kept.is(old) {
		return kept, nil
	}
	k.cache.drop()
	got, err := k.fetch(ctx)
	if err != nil {
		return issued{}, err
	}
	if err := k.cache.keep(got); err != nil {
		got.note = "the token is not kept for the next command: " + err.Error()
	}
	return got, nil
}
