package journal

import "encoding/json"

// Peek answers the target of a run, or nil when it has no record. Of what else it holds nothing is known: who reads on
// will tell of damage. Errors are those of Read.
func (f *Folder) Peek(run string) (*Target, error) {
	opened, err := f.openJournal(run, false)
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	data, err := readUpTo(opened, 0, 2*longest)
	if err != nil {
		return nil, disk("read", f.at(runDir(run)+"/"+journalName), err)
	}
	head, err := parseHeader(run, data)
	if err != nil {
		return nil, err
	}
	first, ok := parseFrame(data[len(head):])
	if !ok {
		return nil, nil // half a record, or damage
	}
	c := contents{run: run, prev: linkTo(head), good: len(head), synced: notSaid}
	l := line{frame: first}
	var body []byte
	l.splice, body, l.ok = splitPayload(first.payload, nil)
	if err := c.expect(&l); err != nil {
		return nil, err
	}
	if ref, ok := parseReference(l.kind, body); ok {
		if body, err = f.readBlob(run, ref.digest); err != nil {
			return nil, c.blame(err)
		}
	}
	var rec struct {
		Open struct {
			Target *Target `json:"target"`
		} `json:"open"`
	}
	if err := json.Unmarshal(body, &rec); err != nil {
		return nil, c.blame(err)
	}
	return rec.Open.Target, nil
}
