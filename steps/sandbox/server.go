// Package sandbox is an emulated cloud: a faithful imitation, on loopback listeners, of the calls that a project's
// bootstrap makes to DBSS, DLI, MPC, ModelArts, IAM and OBS, and of the metadata service that a server asks for keys. It
// checks signatures, tokens, projects, arguments and states by its own reading of the API documents, answers with their
// bodies, codes and quirks, and can be told to fail in chosen ways.
//
// It knows nothing of plans, steps, journals or of the client that calls it, and shares no code with them, so that both
// cannot be wrong together. There is one user, who may do everything: who else may do what is not emulated, nor are
// objects in OBS. It guards nothing real: keys and password are constants, and tokens are sealed with a constant.
//
// A request goes through six places, in this order: the door (host and origin), the table of operations (404), the
// signature or token (401), the throttle (429), an installed fault, and the operation itself (project, arguments, state).
// What it changed is stored before the answer leaves.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is one emulated cloud.
type Server struct {
	listen   string
	services []string
	clock    func() time.Time
	store    *store
	keys     *keyGuard
	throttle throttle
	log      requestLog
	closed   chan struct{}
	serving  sync.RWMutex // held for reading by every request, so that Close can wait for the last one

	mu        sync.Mutex
	control   string
	endpoints map[string]string
	servers   []*http.Server
}

// Endpoints is what a client needs to reach a sandbox: the answer of GET /-/endpoints.
type Endpoints struct {
	Region     string            `json:"region"`
	DomainID   string            `json:"domain_id"`
	DomainName string            `json:"domain_name"`
	ProjectID  string            `json:"project_id"`
	AccessKey  string            `json:"access_key"`
	SecretKey  string            `json:"secret_key"`
	UserName   string            `json:"user_name"`
	Password   string            `json:"password"`
	Endpoints  map[string]string `json:"endpoints"`
	ID         string            `json:"id"` // tells this sandbox from others, also at the same address
}

// New prepares a sandbox and loads its cloud, and opens no port. It refuses a listening address that is not loopback, a
// service that it does not know, a seed with a fault in it, and a state file that it cannot read.
func New(opts Options) (*Server, error) {
	opts = withDefaults(opts)
	if err := checkLoopback(opts.Listen); err != nil {
		return nil, err
	}
	if err := checkServices(opts.Services); err != nil {
		return nil, err
	}
	st, err := openStore(opts.StateFile, opts.Region, opts.Seed)
	if err != nil {
		return nil, err
	}
	return newServer(opts.Listen, opts.Services, opts.Clock, st), nil
}

func newServer(listen string, services []string, clock func() time.Time, st *store) *Server {
	return &Server{
		listen: listen, services: services, clock: clock, store: st,
		keys: newKeyGuard(clock), closed: make(chan struct{}), endpoints: map[string]string{},
	}
}

// Clone is another sandbox that holds, in memory, all that this one's cloud holds now, and tells the time by the same
// clock. It opens no port, and remembers no requests.
func (s *Server) Clone() *Server {
	st := &store{region: s.store.region}
	_ = s.store.view(func(c *cloud) { st.cloud = newCloud(c.document()) }) // a file that cannot be read leaves what was read last
	return newServer(s.listen, s.services, s.clock, st)
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
	s.serve(control, s.Handler())
	for _, service := range s.services {
		if err := s.startService(service, host); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.control = "http://" + control.Addr().String()
	return nil
}

// Handler answers what the control listener does, for who has no use for listeners: control calls, and every service under
// its prefix or by host name.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.controlDoor) }

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
	e := Endpoints{
		DomainID: domainID, DomainName: domainName, AccessKey: accessKey, SecretKey: secretKey,
		UserName: userName, Password: userPassword, Endpoints: s.addresses(),
	}
	_ = s.store.view(func(c *cloud) { // a file that cannot be read leaves what was read last
		e.ID, e.ProjectID = c.id, c.ids[0]
		e.Region = c.projects[e.ProjectID].region
	})
	return e
}

func (s *Server) addresses() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.endpoints)
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
	s.store.close()
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
