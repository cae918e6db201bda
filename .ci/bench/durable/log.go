// Package durable is the least that makes records durable: an append to a file, and one sync for all that wait. It is the
// floor that writ's journal is held to, and knows nothing of what a record means.
package durable

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Size is how long a record of a floor is.
const Size = 200

// File is a file that is only appended to.
type File struct{ f *os.File }

// Create makes the file, or empties it.
func Create(name string) (*File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	return &File{f}, err
}

// Append writes n records and waits until they are durable.
func (f *File) Append(n int) error {
	batch := make([]byte, n*Size)
	for i := range batch {
		batch[i] = 'r'
		if i%Size == Size-1 {
			batch[i] = '\n'
		}
	}
	if _, err := f.f.Write(batch); err != nil {
		return err
	}
	return unix.Fdatasync(int(f.f.Fd()))
}

// Group commits the records of many goroutines: all that came in while the disk was busy go there at once.
type Group struct {
	asked   chan chan error
	commits int
	ended   chan struct{}
}

// NewGroup starts the goroutine that commits; commit makes n records durable.
func NewGroup(commit func(n int) error) *Group {
	g := &Group{asked: make(chan chan error, 1024), ended: make(chan struct{})}
	go g.serve(commit)
	return g
}

// Wait answers once one record of the caller's is durable.
func (g *Group) Wait() error {
	done := make(chan error, 1)
	g.asked <- done
	return <-done
}

// Close ends the goroutine, and answers how often it committed. Nobody may wait any more.
func (g *Group) Close() int {
	close(g.asked)
	<-g.ended
	return g.commits
}

func (g *Group) serve(commit func(n int) error) {
	defer close(g.ended)
	for first := range g.asked {
		waiters := g.gather(first)
		err := commit(len(waiters))
		g.commits++
		for _, w := range waiters {
			w <- err
		}
	}
}

func (g *Group) gather(first chan error) []chan error {
	waiters := []chan error{first}
	for {
		select {
		case next, open := <-g.asked:
			if !open {
				return waiters
			}
			waiters = append(waiters, next)
		default:
			return waiters
		}
	}
}

// Rate has goroutines write records one after the other for some time, and answers how many a second became durable.
func Rate(waiters int, span time.Duration, commit func(n int) error) (float64, error) {
	g := NewGroup(commit)
	began := time.Now()
	counts := make(chan int)
	faults := make(chan error, waiters)
	for range waiters {
		go func() {
			n := 0
			for time.Since(began) < span {
				if err := g.Wait(); err != nil {
					faults <- err
					break
				}
				n++
			}
			counts <- n
		}()
	}
	total := 0
	for range waiters {
		total += <-counts
	}
	took := time.Since(began).Seconds()
	g.Close()
	select {
	case err := <-faults:
		return 0, err
	default:
		return float64(total) / took, nil
	}
}
