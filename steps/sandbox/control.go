package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
)

// controlCalls are the sandbox's own calls, which no real cloud has.
var controlCalls = map[string]func(*Server, http.ResponseWriter, *http.Request){
	"GET /-/endpoints":   (*Server).getEndpoints,
	"GET /-/state":       (*Server).getState,
	"PUT /-/state":       (*Server).putState,
	"POST /-/faults":     (*Server).postFaults,
	"DELETE /-/faults":   (*Server).deleteFaults,
	"GET /-/requests":    (*Server).getRequests,
	"DELETE /-/requests": (*Server).deleteRequests,
}

// serveControl handles a control call that has passed the door. Control calls carry no signature: who can reach the
// listener owns the sandbox.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	s.serving.RLock()
	defer s.serving.RUnlock()
	run, ok := controlCalls[r.Method+" "+r.URL.Path]
	switch {
	case s.isClosed():
	case !ok:
		complain(w, http.StatusNotFound, "no such control call: "+r.Method+" "+r.URL.Path)
	default:
		run(s, w, r)
	}
}

func (s *Server) getEndpoints(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.Endpoints())
}

func (s *Server) getState(w http.ResponseWriter, _ *http.Request) {
	var document []byte
	if err := s.store.view(func(c *cloud) { document = c.shown() }); err != nil {
		complain(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeBody(w, http.StatusOK, document)
}

// putState replaces the whole cloud and answers the new one. Installed faults stay unless the document brings its own,
// revoked tokens stay revoked, and the count of agencies goes on, so that a new one never gets an old one's id.
func (s *Server) putState(w http.ResponseWriter, r *http.Request) {
	data, ok := readControl(w, r)
	if !ok {
		return
	}
	next, err := decodeDocument(data, s.store.region)
	if err != nil {
		complain(w, http.StatusBadRequest, err.Error())
		return
	}
	err = s.store.replace(func(c *cloud) *document {
		if next.Faults == nil {
			next.Faults = c.faults.value
		}
		next.Revoked = c.revoked.list()
		next.AgenciesMade, next.ID = max(next.AgenciesMade, c.agenciesMade.value), c.id
		return next
	})
	if err != nil {
		complain(w, http.StatusInternalServerError, err.Error())
		return
	}
	s.getState(w, r)
}

// postFaults adds one fault behind those that are installed, and answers it.
func (s *Server) postFaults(w http.ResponseWriter, r *http.Request) {
	data, ok := readControl(w, r)
	if !ok {
		return
	}
	f, err := decodeFault(data)
	if err != nil {
		complain(w, http.StatusBadRequest, err.Error())
		return
	}
	s.changeFaults(w, func(c *cloud) { c.faults.set(append(slices.Clip(c.faults.value), f)) }, http.StatusOK, *f)
}

func (s *Server) deleteFaults(w http.ResponseWriter, _ *http.Request) {
	s.changeFaults(w, func(c *cloud) { c.faults.set(nil) }, http.StatusNoContent, nil)
}

func (s *Server) changeFaults(w http.ResponseWriter, f func(*cloud), status int, body any) {
	_, err := s.store.change(func(c *cloud) bool {
		f(c)
		return true
	})
	switch {
	case err != nil:
		complain(w, http.StatusInternalServerError, err.Error())
	case body == nil:
		w.WriteHeader(status)
	default:
		writeJSON(w, status, body)
	}
}

func (s *Server) getRequests(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"requests": s.log.list()})
}

func (s *Server) deleteRequests(w http.ResponseWriter, _ *http.Request) {
	s.log.clear()
	w.WriteHeader(http.StatusNoContent)
}

func readControl(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		complain(w, http.StatusBadRequest, err.Error())
	}
	return data, err == nil
}

// complain is the sandbox speaking for itself, not for the cloud.
func complain(w http.ResponseWriter, status int, text string) {
	writeJSON(w, status, map[string]string{"error": text})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // our own values
	}
	writeBody(w, status, append(data, '\n'))
}

func writeBody(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}
