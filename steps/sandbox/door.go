package sandbox

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// serviceDoor is the handler of one service's own listener.
func (s *Server) serviceDoor(service string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if named, ok := s.enter(w, r); ok && (named == "" || named == service) {
			s.serveService(w, r, service, r.URL.EscapedPath())
		} else if ok {
			complain(w, http.StatusMisdirectedRequest, "this listener serves "+service+", not "+named)
		}
	})
}

// controlDoor is the handler of the control listener: control calls, and every service by host name or by prefix.
func (s *Server) controlDoor(w http.ResponseWriter, r *http.Request) {
	named, ok := s.enter(w, r)
	if !ok {
		return
	}
	path := r.URL.EscapedPath()
	prefix, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case prefix == "-":
		s.serveControl(w, r)
	case named != "":
		s.serveService(w, r, named, path)
	case slices.Contains(s.services, prefix):
		s.serveService(w, r, prefix, "/"+rest)
	default:
		complain(w, http.StatusNotFound, "no such path; a service is under /"+strings.Join(s.services, "/, /")+"/")
	}
}

// enter lets a request in that names this machine as its host and comes from no web page: pages of other sites can reach
// a loopback port, by a host name that they point at it or by a cross-site request. It answers the service that the
// host names, if one is named, and marks the answer with an id.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) (service string, ok bool) {
	w.Header().Set("X-Request-Id", newRequestID())
	service, ok = s.hostService(r.Host)
	if !ok {
		complain(w, http.StatusMisdirectedRequest, "host "+r.Host+" is not this sandbox")
		return "", false
	}
	if len(r.Header.Values("Origin")) > 0 {
		complain(w, http.StatusForbidden, "requests from web pages are refused")
		return "", false
	}
	return service, true
}

// hostService takes "127.0.0.1:80", "localhost", "[::1]:80", and the same behind "mpc.".
func (s *Server) hostService(host string) (service string, ok bool) {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", false
	}
	name = strings.ToLower(name)
	if isLoopback(name) {
		return "", true
	}
	for _, service := range s.services {
		if rest, found := strings.CutPrefix(name, service+"."); found && isLoopback(rest) {
			return service, true
		}
	}
	return "", false
}
