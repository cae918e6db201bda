//go:build !linux

package journal

import (
	"errors"
	"os"
)

func allocate(*os.File, int64, int64) error { return errors.ErrUnsupported }

func (f *Folder) noticeNetwork() {}
