package signin

import (
	"context"
	"sync"
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
	from  time.Time // when they were got
	who   identity
	note  string // what the user should mend
}

func (i issued) is(old cloud.Credentials) bool {
	return i.creds.Token == old.Token && i.creds.AccessKey == old.AccessKey && !i.empty()
}

func (i issued) empty() bool { return i.creds.Token == "" && i.creds.AccessKey == "" }

const margin = 5 * time.Minute

// lasts tells whether they can be handed out: until five minutes before they expire, or a tenth of a shorter life.
func (i issued) lasts(now time.Time) bool {
	spare := min(margin, i.creds.Expires.Sub(i.from)/10)
	return !i.empty() && now.Before(i.creds.Expires.Add(-spare))
}

// keeper hands out what was issued until it expires or is refused. Whoever needs it while it is fetched waits for it.
type keeper struct {
	now   func() time.Time
	fetch func(context.Context) (issued, error)
	cache cache

	mu   sync.Mutex
	have issued
}

// get answers what is not old.
func (k *keeper) get(ctx context.Context, old cloud.Credentials) (issued, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	usable := func(i issued) bool { return i.lasts(k.now()) && !i.is(old) }
	if !usable(k.have) {
		if kept := k.cache.load(k.now()); usable(kept) { // of an earlier command, or renewed by another one
			k.have = kept
		}
	}
	if usable(k.have) {
		return k.have, nil
	}
	k.cache.drop()
	got, err := k.fetch(ctx)
	if err != nil {
		return issued{}, err
	}
	k.have = got
	if err := k.cache.save(got); err != nil {
		got.note = "the token is not kept for the next command: " + err.Error()
	}
	return got, nil
}

// gave tells whether the keeper handed out these.
func (k *keeper) gave(creds cloud.Credentials) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.have.is(creds)
}

func (k *keeper) renew(ctx context.Context, old cloud.Credentials) (cloud.Credentials, error) {
	got, err := k.get(ctx, old)
	return got.creds, err
}
