package models

import (
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	gatherMost  = 128 << 10 // bytes that wait to be written together
	frameHeader = 24        // bytes of the header of a page in the log
)

// gathered is what of a log waits to be written in one call: bytes that follow one another. It is
// written before anything else is done to the file, and with the last page of each commit: until
// that is written, no other connection reads what is in it.
type gathered struct {
	buffer uintptr // of gatherMost bytes, made with the first write: most connections only read
	size   int64
	offset int64 // in the file, of the first of them
	last   bool  // the header of a commit's last page has been written, so what comes next is that page
}

// gatheredOf is what waits of a log.
func gatheredOf(file uintptr) *gathered { return (*gathered)(at(file + unixFileSize)) }

// ownOf are SQLite's own methods of a log.
func ownOf(file uintptr) *sqlite3.Tsqlite3_io_methods {
	return &(*logMethods)(at((*sqlite3.TunixFile)(at(file)).FpMethod)).own
}

// logMethodsOver are a file's methods with those of a log in the places where they differ.
func logMethodsOver(own sqlite3.Tsqlite3_io_methods) sqlite3.Tsqlite3_io_methods {
	own.FxWrite = callable(writeLog)
	own.FxSync = callable(syncLog)
	own.FxRead = callable(readLog)
	own.FxTruncate = callable(truncateLog)
	own.FxFileSize = callable(sizeOfLog)
	own.FxFileControl = callable(controlLog)
	own.FxClose = callable(closeLog)
	return own
}

// writeLog takes bytes for the log. What follows the bytes before waits with them, until it is too
// much or a commit is complete.
func writeLog(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
	g := gatheredOf(file)
	if g.size > 0 && (offset != g.offset+g.size || g.size+int64(n) > gatherMost) {
		if rc := flushLog(tls, file); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	if g.buffer == 0 {
		g.buffer = libc.Xmalloc(tls, gatherMost)
	}
	if g.buffer == 0 || n > gatherMost {
		return writeThrough(tls, file, data, n, offset)
	}
	if g.size == 0 {
		g.offset = offset
	}
	copy(unsafe.Slice((*byte)(at(g.buffer+uintptr(g.size))), n), unsafe.Slice((*byte)(at(data)), n))
	g.size += int64(n)
	ends := g.last
	// Bytes 4 to 7 of the header are the size of the database after a commit, 0 before its last page.
	g.last = n == frameHeader && *(*uint32)(at(data + 4)) != 0
	if ends || g.last && g.size == frameHeader {
		return flushLog(tls, file)
	}
	return sqlite3.SQLITE_OK
}

// flushLog writes what waits. When that fails it is gone, and the transaction with it.
func flushLog(tls *libc.TLS, file uintptr) int32 {
	g := gatheredOf(file)
	if g.size == 0 {
		return sqlite3.SQLITE_OK
	}
	n := int32(g.size)
	g.size = 0
	return writeThrough(tls, file, g.buffer, n, g.offset)
}

func writeThrough(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
	return method[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](ownOf(file).FxWrite)(tls, file, data, n, offset)
}

func readLog(tls *libc.TLS, file, into uintptr, n int32, offset int64) int32 {
	if rc := flushLog(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return method[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](ownOf(file).FxRead)(tls, file, into, n, offset)
}

func truncateLog(tls *libc.TLS, file uintptr, size int64) int32 {
	if rc := flushLog(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return method[func(*libc.TLS, uintptr, int64) int32](ownOf(file).FxTruncate)(tls, file, size)
}

func sizeOfLog(tls *libc.TLS, file, into uintptr) int32 {
	if rc := flushLog(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return method[func(*libc.TLS, uintptr, uintptr) int32](ownOf(file).FxFileSize)(tls, file, into)
}

func controlLog(tls *libc.TLS, file uintptr, op int32, arg uintptr) int32 {
	if rc := flushLog(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return method[func(*libc.TLS, uintptr, int32, uintptr) int32](ownOf(file).FxFileControl)(tls, file, op, arg)
}

func closeLog(tls *libc.TLS, file uintptr) int32 {
	g := gatheredOf(file)
	rc := flushLog(tls, file)
	if g.buffer != 0 {
		libc.Xfree(tls, g.buffer)
		g.buffer = 0
	}
	if closed := method[func(*libc.TLS, uintptr) int32](ownOf(file).FxClose)(tls, file); rc == sqlite3.SQLITE_OK {
		rc = closed
	}
	return rc
}
