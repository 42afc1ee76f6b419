//go:build linux || darwin || freebsd

package models

import (
	"path/filepath"
	"syscall"
)

// roomLeast is what has to be free on the disk of the SQLite file for new requests to be taken: what
// is running then can still be settled.
const roomLeast = 4 << 20

// Full reports whether there is too little room for new requests. PostgreSQL sees to its own disk.
func (db *DB) Full() bool {
	if db.dialect != SQLite {
		return false
	}
	var s syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(db.path), &s); err != nil {
		return false // what cannot be measured shows when it is written
	}
	return uint64(s.Bavail)*uint64(s.Bsize) < roomLeast
}
