package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// A blob is a file named by the SHA-256 of what it holds. It is durable before a record refers to it, so a journal
// never points at nothing, and it is checked whenever it is read.

const (
	blobDir    = "blobs"
	digestKind = "sha256:"
)

// PutBlob keeps data beside the journal, durably, and answers its digest, sha256: and 64 hex digits. The same data is
// kept once. An error poisons the journal: what a record was to tell cannot be kept.
func (j *Journal) PutBlob(data []byte) (string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.Err(); err != nil {
		return "", err
	}
	digest, err := j.putBlob(data)
	if err != nil {
		return "", j.fail(err)
	}
	return digest, nil
}

func (j *Journal) putBlob(data []byte) (string, error) {
	sum := sha256.Sum256(data)
	name := hex.EncodeToString(sum[:])
	dir := j.dir + "/" + blobDir
	if err := j.folder.makeDir(dir); err != nil {
		return "", err
	}
	if j.hasBlob(dir+"/"+name, data) {
		// A name is given only to what is durable; that the name is, too, a crash may have prevented.
		return digestKind + name, disk("sync", j.at(blobDir), j.folder.disk.SyncDir(dir))
	}
	file := blobDir + "/" + name
	return digestKind + name, disk("write", j.at(file), j.placeAnyway(file, data))
}

func (j *Journal) hasBlob(name string, data []byte) bool {
	had, err := j.folder.readFile(name)
	return err == nil && bytes.Equal(had, data)
}

// Blob answers what PutBlob kept. When the file is missing, or holds anything else, that is a *DamagedError.
func (f *Folder) Blob(run, digest string) ([]byte, error) {
	if err := f.find(run); err != nil {
		return nil, err
	}
	data, err := f.readBlob(run, digest)
	var bad *blobError
	if errors.As(err, &bad) {
		return nil, &DamagedError{Run: run, Reason: f.roleOf(run, digest) + " " + bad.Error(), Err: bad}
	}
	return data, err
}

// roleOf says what a blob is to its run, as far as the journal can tell.
func (f *Folder) roleOf(run, digest string) string {
	records, _, _ := f.Read(run) // the blob is the worse news
	for _, rec := range records {
		switch {
		case rec.Open != nil && rec.Open.PlanDigest == digest:
			return "its plan"
		case rec.Open != nil && rec.Open.InputDigest == digest:
			return "the record of its inputs"
		}
	}
	return "a file beside its journal"
}

// blobError says what is wrong with a blob, behind the words for what it is.
type blobError struct{ digest, wrong string }

func (e *blobError) Error() string { return "(blob " + e.digest + ") " + e.wrong }

func (f *Folder) readBlob(run, digest string) ([]byte, error) {
	name, ok := strings.CutPrefix(digest, digestKind)
	if !ok || !isHex(name, 2*sha256.Size) {
		return nil, fmt.Errorf("run %s: %q is no digest", run, digest)
	}
	data, err := f.readFile(runDir(run) + "/" + blobDir + "/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &blobError{digest, "is missing"}
	}
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != name {
		return nil, &blobError{digest, "is not what was written"}
	}
	return data, nil
}

// reference stands in a journal for a record that is too large for a line.
type reference struct {
	digest string
	size   int64
}

func (r reference) body(kind Type) []byte {
	return []byte(`{"k":"` + string(kind) + `","blob":"` + r.digest + `","size":` + strconv.FormatInt(r.size, 10) + `}`)
}

// setAside puts a record's JSON into a blob and answers the JSON of the reference.
func (j *Journal) setAside(kind Type, body []byte) ([]byte, error) {
	digest, err := j.putBlob(body)
	if err != nil {
		return nil, err
	}
	return reference{digest, int64(len(body))}.body(kind), nil
}

// parseReference is false for a body that is not a reference to the letter.
func parseReference(kind Type, body []byte) (reference, bool) {
	rest, ok := bytes.CutPrefix(body[kindSize(kind):], []byte(`,"blob":"`))
	if !ok {
		return reference{}, false
	}
	digest, size, _ := strings.Cut(string(rest), `","size":`)
	n, err := strconv.ParseInt(strings.TrimSuffix(size, "}"), 10, 64)
	ref := reference{digest, n}
	return ref, err == nil && bytes.Equal(ref.body(kind), body)
}
