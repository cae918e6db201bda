// Package sandbox is an emulated cloud: a faithful imitation, on loopback listeners, of the calls that a project's
// bootstrap makes to DBSS, DLI, MPC, ModelArts and IAM. It checks signatures, projects, arguments and states by its own
// reading of the API documents, answers with their bodies, codes and quirks, and can be told to fail in chosen ways.
//
// It knows nothing of plans, steps, journals or of the client that calls it, and shares no code with them, so that both
// cannot be wrong together. It issues no tokens, knows no permissions, and has no OBS. It guards nothing real: its keys
// are constants.
//
// A request goes through five places, in this order: the door (host and origin), the table of operations (404), the key
// (401), an installed fault, and the operation itself (project, arguments, state). What it changed is stored before the
// answer leaves.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options says how a sandbox begins. The zero value is the default cloud in memory on free ports.
type Options struct {
	// Region is the region of projects for which the state names none; cn-north-7 when empty.
	Region string
	// Seed is a state document, in the form that PUT /-/state takes, to begin from. It is used only when StateFile
	// holds no cloud yet; nil begins with the default cloud.
	Seed []byte
	// StateFile, when set, keeps the cloud: it is loaded if it exists, and written after every change before the answer
	// is sent, so that a killed process loses nothing that it did. Several processes may share it.
	StateFile string
	// Listen is the address of the control listener, 127.0.0.1:0 when empty. Only loopback addresses are accepted.
	Listen string
	// Clock tells the time for signatures, locks and creation times; time.Now when nil.
	Clock func() time.Time
}

// Server is one emulated cloud.
type Server struct {
	listen  string
	clock   func() time.Time
	store   *store
	keys    *keyGuard
	log     requestLog
	closed  chan struct{}
	serving sync.RWMutex // held for reading by every request, so that Close can wait for the last one

	mu        sync.Mutex
	control   string
	endpoints map[string]string
	servers   []*http.Server
}

// Endpoints is what a client needs to reach a sandbox: the answer of GET /-/endpoints.
type Endpoints struct {
	Region    string            `json:"region"`
	DomainID  string            `json:"domain_id"`
	ProjectID string            `json:"project_id"`
	AccessKey string            `json:"access_key"`
	SecretKey string            `json:"secret_key"`
	Endpoints map[string]string `json:"endpoints"`
	ID        string            `json:"id"` // tells this sandbox from others, also at the same address
}

// New prepares a sandbox and loads its cloud, and opens no port. It refuses a listening address that is not loopback, a
// seed with a fault in it, and a state file that it cannot read.
func New(opts Options) (*Server, error) {
	opts = withDefaults(opts)
	if err := checkLoopback(opts.Listen); err != nil {
		return nil, err
	}
	st, err := openStore(opts.StateFile, opts.Region, opts.Seed)
	if err != nil {
		return nil, err
	}
	return &Server{
		listen:    opts.Listen,
		clock:     opts.Clock,
		store:     st,
		keys:      newKeyGuard(opts.Clock),
		closed:    make(chan struct{}),
		endpoints: map[string]string{},
	}, nil
}

func withDefaults(opts Options) Options {
	if opts.Region == "" {
		opts.Region = defaultRegion
	}
	if opts.Listen == "" {
		opts.Listen = "127.0.0.1:0"
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	return opts
}

func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("sandbox: listen on %q: %w", address, err)
	}
	if !isLoopback(host) {
		return fmt.Errorf("sandbox: listen on %q: not a loopback address", address)
	}
	return nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// Start opens the control listener and one listener for each service, and serves them until Close. It is called once.
func (s *Server) Start() error {
	control, err := new(net.ListenConfig).Listen(context.Background(), "tcp", s.listen)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	host, _, _ := net.SplitHostPort(control.Addr().String())
	if !isLoopback(host) {
		control.Close()
		return fmt.Errorf("sandbox: %q resolves to %s, which is not loopback", s.listen, host)
	}
	s.serve(control, http.HandlerFunc(s.controlDoor))
	for _, service := range services {
		if err := s.startService(service, host); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.control = "http://" + control.Addr().String()
	return nil
}

func (s *Server) startService(service, host string) error {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return fmt.Errorf("sandbox: listen for %s: %w", service, err)
	}
	s.serve(listener, s.serviceDoor(service))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endpoints[service] = "http://" + listener.Addr().String()
	return nil
}

func (s *Server) serve(listener net.Listener, handler http.Handler) {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers = append(s.servers, server)
	go func() { _ = server.Serve(listener) }() // ends when the server is closed
}

// ControlURL is the address of the control listener, without a path; empty before Start.
func (s *Server) ControlURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.control
}

// Endpoints answers what GET /-/endpoints does. The project is the first, by id, of the cloud.
func (s *Server) Endpoints() Endpoints {
	e := Endpoints{DomainID: domainID, AccessKey: accessKey, SecretKey: secretKey, Endpoints: map[string]string{}}
	_ = s.store.view(func(c *cloud) { // a file that cannot be read leaves what was read last
		e.ID, e.ProjectID = c.ID, c.projectIDs()[0]
		e.Region = c.Projects[e.ProjectID].Region
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for service, url := range s.endpoints {
		e.Endpoints[service] = url
	}
	return e
}

// Close ends stalled and delayed answers, cuts every connection and waits until no request is being worked on: after it
// the state file is not written any more. It may be called twice.
func (s *Server) Close() error {
	var errs []error
	for _, server := range s.beginClose() {
		errs = append(errs, server.Close())
	}
	s.serving.Lock() // every request has let go of it
	defer s.serving.Unlock()
	return errors.Join(errs...)
}

func (s *Server) beginClose() []*http.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.isClosed() {
		close(s.closed)
	}
	servers := s.servers
	s.servers = nil
	return servers
}

func (s *Server) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}
