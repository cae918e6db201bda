package journal

// Peek answers the first record of a run, or nil when it has none: what the run says of itself, whatever its length. Of what
// stands behind, nothing is known. Errors are those of Read.
func (f *Folder) Peek(run string) (*Opening, error) {
	opened, err := f.openJournal(run, false)
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	data, err := opened.ReadAll()
	if err != nil {
		return nil, disk("read", f.at(runDir(run)+"/"+journalName), err)
	}
	head, err := parseHeader(run, data)
	if err != nil {
		return nil, err
	}
	first, ok := parseFrame(data[len(head):])
	if !ok {
		return nil, nil // half a record, or damage: who reads on will tell
	}
	c := contents{run: run, prev: linkTo(head), good: len(head), synced: notSaid, blob: func(digest string) ([]byte, error) { return f.readBlob(run, digest) }}
	rec, err := c.accept(first)
	return rec.Open, err
}
