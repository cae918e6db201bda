//go:build !linux

package journal

import "errors"

func (osFile) Allocate(int64, int64) error { return errors.ErrUnsupported }

func (d *osDisk) noticeNetwork() {}
