package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// call is one authenticated request, on its way through an operation. The operation may change the cloud; what it
// changed is dropped when its answer is an error.
type call struct {
	cloud     *cloud
	project   *project // of the path; nil where the path has none
	path      string
	params    map[string]string
	query     url.Values
	header    http.Header
	body      []byte
	now       time.Time
	id        string            // of the request
	endpoints map[string]string // of the sandbox
}

// answer is what a service says: a status and a body, or no body at all. The body is JSON unless the header says
// something else.
type answer struct {
	status int
	header map[string]string
	body   []byte
}

func reply(status int, body any) answer {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err) // our own values
	}
	return answer{status: status, body: data}
}

// with is the answer with one more header.
func (a answer) with(name, value string) answer {
	header := map[string]string{}
	maps.Copy(header, a.header)
	header[name] = value
	a.header = header
	return a
}

// noContent is a 204 as the documents have it: empty, and without a content type.
func noContent() answer { return answer{status: http.StatusNoContent} }

// object is a JSON body, its fields looked at one by one.
type object map[string]json.RawMessage

// readObject reads a body that must be a JSON object.
func readObject(body []byte) (object, bool) {
	var o object
	err := json.Unmarshal(body, &o)
	return o, err == nil && o != nil
}

// text is a string field, "" if absent or null; false if it is something else.
func (o object) text(name string) (string, bool) {
	var s string
	raw, ok := o[name]
	return s, !ok || json.Unmarshal(raw, &s) == nil
}

// texts is a field that must be an array of strings.
func (o object) texts(name string) ([]string, bool) {
	var list []*string
	if json.Unmarshal(o[name], &list) != nil || list == nil || slices.Contains(list, nil) {
		return nil, false
	}
	values := make([]string, len(list))
	for i, s := range list {
		values[i] = *s
	}
	return values, true
}
