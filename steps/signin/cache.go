package signin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"writ/steps/cloud"
)

const maxCached = 64 << 10

// cache is a file about one token: of one user, at one IAM, for one project or account. Without a directory it keeps
// nothing.
type cache struct{ dir, name string }

// newCache names the file by what it is about. The password has no part in it, since the name is for all to see.
func newCache(dir string, key ...string) cache {
	sum := sha256.Sum256([]byte(strings.Join(key, "\x00")))
	return cache{dir, hex.EncodeToString(sum[:16]) + ".json"}
}

type cached struct {
	Token   string    `json:"token"`
	From    time.Time `json:"from"`
	Expires time.Time `json:"expires"`
	Who     identity  `json:"who"`
}

// token is the one that is kept, if any and if the file is ours alone.
func (c cache) token() issued {
	var is cached
	if !c.load(&is) {
		return issued{}
	}
	return issued{creds: cloud.Credentials{Token: cloud.Hide(is.Token), Expires: is.Expires}, from: is.From, who: is.Who}
}

func (c cache) keep(i issued) error {
	return c.save(cached{i.creds.Token.Reveal(), i.from, i.creds.Expires, i.who})
}

func (c cache) load(out any) bool {
	data, err := c.read()
	return err == nil && json.Unmarshal(data, out) == nil
}

func (c cache) read() ([]byte, error) {
	root, err := c.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	f, err := root.OpenFile(c.name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Mode()&0o077 != 0 || !ours(info) || info.Size() > maxCached {
		return nil, errors.New("is not a file of this user alone")
	}
	return io.ReadAll(io.LimitReader(f, maxCached))
}

var errNoCache = errors.New("no cache is wanted")

// open opens the directory, which nobody else may write to.
func (c cache) open() (*os.Root, error) {
	if c.dir == "" {
		return nil, errNoCache
	}
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(".")
	if err == nil && (info.Mode()&0o022 != 0 || !ours(info)) {
		err = fmt.Errorf("%s belongs to somebody else, or others may write to it", c.dir)
	}
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	return root, nil
}

func ours(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}

// save puts a content in the place of the old one at once or not at all.
func (c cache) save(content any) error {
	if c.dir == "" {
		return nil
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return err
	}
	root, err := c.open()
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	data, err := json.Marshal(content)
	if err != nil {
		return err
	}
	fresh := fmt.Sprintf("%s.%d", c.name, os.Getpid())
	if err := writeNew(root, fresh, data); err != nil {
		return errors.Join(err, root.Remove(fresh))
	}
	return root.Rename(fresh, c.name)
}

func writeNew(root *os.Root, name string, data []byte) error {
	_ = root.Remove(name) // of a process with this number that was killed
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

func (c cache) drop() {
	if root, err := c.open(); err == nil {
		_ = root.Remove(c.name)
		_ = root.Close()
	}
}
