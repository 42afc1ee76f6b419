package models

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite, built as its own makefile builds it, ends a commit with fdatasync; the driver's build of it
// does so with fsync, which also writes down at what time the file was changed. Nobody needs that
// time after a power cut, and it is a commit of the file system's own journal for each of ours: ten
// times as slow where it was measured. And SQLite writes each page of a commit into its log with two
// calls of the system, where all that follow one another could go in one. So the log of the database
// is opened through a file system layer that is SQLite's own but for these two things.

// syncLayer registers the layer, once in a process as SQLite's list of layers is the process's, and
// returns its name.
var syncLayer = sync.OnceValues(registerSyncLayer)

const syncLayerName = "unix-fdatasync"

// layer is the registered one: SQLite's description of it, and behind that what can be done to a log,
// 0 until the first is opened.
type layer struct {
	vfs sqlite3.Tsqlite3_vfs
	log uintptr // *logMethods
}

// logMethods are SQLite's methods of a file with ours among them, and beside them SQLite's own.
type logMethods struct {
	methods sqlite3.Tsqlite3_io_methods
	own     sqlite3.Tsqlite3_io_methods
}

// unixFileSize is where what we keep of a file begins, behind what SQLite keeps.
const unixFileSize = (unsafe.Sizeof(sqlite3.TunixFile{}) + 15) &^ 15

func registerSyncLayer() (string, error) {
	tls := libc.NewTLS()
	defer tls.Close()
	base := sqlite3.Xsqlite3_vfs_find(tls, 0)
	name, err := libc.CString(syncLayerName)
	if err != nil {
		return "", err
	}
	memory := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(layer{})))
	if base == 0 || memory == 0 {
		return "", errors.New("SQLite has no file system layer")
	}
	l := (*layer)(at(memory))
	l.vfs = *(*sqlite3.Tsqlite3_vfs)(at(base))
	l.vfs.FpNext, l.vfs.FzName = 0, name
	l.vfs.FszOsFile = int32(unixFileSize + unsafe.Sizeof(gathered{}))
	l.vfs.FxOpen = callable(openFile)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, memory, 0); rc != sqlite3.SQLITE_OK {
		return "", fmt.Errorf("register SQLite's file system layer: code %d", rc)
	}
	return syncLayerName, nil
}

// openFile opens as SQLite does, and gives a log its own way to write and to sync.
func openFile(tls *libc.TLS, vfs, path, file uintptr, flags int32, outFlags uintptr) int32 {
	base := (*sqlite3.Tsqlite3_vfs)(at(sqlite3.Xsqlite3_vfs_find(tls, 0)))
	open := method[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](base.FxOpen)
	rc := open(tls, vfs, path, file, flags, outFlags)
	if rc != sqlite3.SQLITE_OK || flags&sqlite3.SQLITE_OPEN_WAL == 0 {
		return rc
	}
	f := (*sqlite3.TunixFile)(at(file))
	slot := &(*layer)(at(vfs)).log
	log := atomic.LoadUintptr(slot)
	if log == 0 {
		memory := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(logMethods{})))
		if memory == 0 {
			return rc // it writes and syncs as it always did
		}
		m := (*logMethods)(at(memory))
		m.own = *(*sqlite3.Tsqlite3_io_methods)(at(f.FpMethod))
		m.methods = logMethodsOver(m.own)
		if log = memory; !atomic.CompareAndSwapUintptr(slot, 0, memory) {
			libc.Xfree(tls, memory)
			log = atomic.LoadUintptr(slot)
		}
	}
	*gatheredOf(file) = gathered{}
	f.FpMethod = log
	return rc
}

// syncLog makes the log durable. A sync that failed is never tried again: what it should have
// written may be gone from memory, and the next one would succeed without it.
func syncLog(tls *libc.TLS, file uintptr, flags int32) int32 {
	if rc := flushLog(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	f := (*sqlite3.TunixFile)(at(file))
	if f.FctrlFlags&sqlite3.UNIXFILE_DIRSYNC != 0 {
		// The file is new: its name has to last too, and SQLite sees to that.
		return method[func(*libc.TLS, uintptr, int32) int32](ownOf(file).FxSync)(tls, file, flags)
	}
	for {
		switch err := syscall.Fdatasync(int(f.Fh)); err {
		case nil:
			return sqlite3.SQLITE_OK
		case syscall.EINTR:
		default:
			return sqlite3.SQLITE_IOERR_FSYNC
		}
	}
}

// callable is a function as C code calls it; it must be a declared one.
func callable[T any](f T) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f T }{f})) }

// method is a function that C code would call, as one of ours.
func method[T any](f uintptr) T { return *(*T)(unsafe.Pointer(&struct{ f uintptr }{f})) }

// at is C memory, which the garbage collector neither moves nor frees.
func at(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }
