package cloud

import "context"

// turn is a lock that nobody waits for longer than his context lives.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t turn) leave() { <-t }

// kept is an id that is found by a call when it is needed first, and then kept. What could not be found is looked for
// again.
type kept struct {
	turn turn
	id   string
}

func newKept(id string) kept { return kept{newTurn(), id} }

func (k *kept) get(ctx context.Context, find func(context.Context) (string, error)) (string, error) {
	if err := k.turn.take(ctx); err != nil {
		return "", err
	}
	defer k.turn.leave()
	if k.id != "" {
		return k.id, nil
	}
	id, err := find(ctx)
	if err == nil {
		k.id = id
	}
	return id, err
}
