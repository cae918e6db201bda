package journal

import (
	"errors"

	"golang.org/x/sys/unix"
)

func (f osFile) Allocate(offset, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, offset, size)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

var network = map[int64]string{
	unix.NFS_SUPER_MAGIC:  "NFS",
	unix.SMB_SUPER_MAGIC:  "SMB",
	unix.SMB2_SUPER_MAGIC: "SMB",
	unix.CIFS_SUPER_MAGIC: "CIFS",
	unix.CEPH_SUPER_MAGIC: "Ceph",
	unix.AFS_SUPER_MAGIC:  "AFS",
	unix.V9FS_MAGIC:       "9P",
}

// noticeNetwork warns of a file system whose locks and syncs may not reach as far as the journal relies on.
func (d *osDisk) noticeNetwork() {
	var st unix.Statfs_t
	if unix.Statfs(d.path, &st) != nil {
		return
	}
	if name, ok := network[int64(st.Type)&0xffffffff]; ok {
		d.notice("%s is on a network file system (%s): its lock may not keep other machines out", d.path, name)
	}
}
