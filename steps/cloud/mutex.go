package cloud

import "context"

// mutex is a lock that nobody waits for longer than his context lives.
type mutex chan struct{}

func newMutex() mutex { return make(mutex, 1) }

func (m mutex) lock(ctx context.Context) error {
	select {
	case m <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m mutex) unlock() { <-m }

// foundOnce is an id that is found by a call when it is needed first, and then kept. What could not be found is looked
// for again.
type foundOnce struct {
	mu mutex
	id string
}

func newFoundOnce(id string) foundOnce { return foundOnce{newMutex(), id} }

func (f *foundOnce) get(ctx context.Context, find func(context.Context) (string, error)) (string, error) {
	if err := f.mu.lock(ctx); err != nil {
		return "", err
	}
	defer f.mu.unlock()
	if f.id != "" {
		return f.id, nil
	}
	id, err := find(ctx)
	if err == nil {
		f.id = id
	}
	return id, err
}
