package sandbox

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever is done to a cloud: its ledger leads back to what it was, and its changes, as the log has them, lead another
// from there to what it is.
func TestALedgerLeadsBackAndForth(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	d, err := decodeDocument([]byte(`{"projects":{"p1":{}}}`), defaultRegion)
	require.NoError(t, err)
	c := newCloud(d)
	for range 500 {
		before := string(c.document().encode())
		other := newCloud(c.document())
		for range random.IntN(6) {
			disturb(c, random)
		}
		after, changes := string(c.document().encode()), c.ledger.changes()
		require.Equal(t, before != after, len(changes) > 0)
		require.NoError(t, other.replay(encoded(changes)))
		require.Equal(t, after, string(other.document().encode()))
		c.ledger.takeBack()
		require.Equal(t, before, string(c.document().encode()))
		require.Empty(t, c.ledger.changes())
		c = other
		for _, a := range c.agencies.list() {
			found, ok := c.agencies.withID(a.ID)
			require.True(t, ok)
			require.Equal(t, a, found)
		}
		require.Len(t, c.agencies.keys, len(c.agencies.rows))
	}
}

func disturb(c *cloud, random *rand.Rand) {
	p, name := c.projects["p1"], fmt.Sprint("name-", random.IntN(4))
	switch random.IntN(9) {
	case 0:
		c.addAgency(agency{Name: name, TrustDomainName: "t", Duration: durationForever, CreateTime: 1})
	case 1:
		c.agencies.drop(name)
	case 2:
		if a, ok := c.agencies.get(name); ok {
			c.grant(a, []grant{{Scope: scopeDomain, RoleID: "obs_b_list", GrantedAt: random.Int64N(3)}})
		}
	case 3:
		p.authorizations.put(authorization{UserID: name, Content: fmt.Sprint(random.IntN(2)), CreateTime: 1})
	case 4:
		p.authorizations.drop(name)
	case 5:
		p.dliAgency.set(&dliAgency{Roles: []string{name}})
	case 6:
		p.dliAgency.set(nil)
	case 7:
		p.authorize([]string{name, "name-0"})
	default:
		c.faults.set([]*fault{{Do: doReset, Nth: random.IntN(3)}})
	}
}
