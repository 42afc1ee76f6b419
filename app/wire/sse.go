package wire

import (
	"bytes"
	"errors"
	"io"
)

const (
	// eventBytesMax bounds one event; chunks with pictures reach megabytes.
	eventBytesMax = 32 << 20
	// bareBytesMax bounds a body that is JSON where an event stream should be.
	bareBytesMax = 1 << 20
	// readBytesMin is the buffer of a quiet stream; thousands of them are held at once.
	readBytesMin = 2 << 10
	// readBytesIdle is the largest buffer kept after a long event has passed.
	readBytesIdle = 64 << 10
	// readBytesBurst is the buffer of a stream whose events come faster than they are read.
	readBytesBurst = 16 << 10
	// emptyReadsMax bounds readers that return nothing, again and again.
	emptyReadsMax = 100
)

// ErrEventTooLong is an event beyond the limit.
var ErrEventTooLong = errors.New("the provider sent an event over the limit of 32 MiB")

// EventKind says what the reader of an event stream met.
type EventKind uint8

// The kinds.
const (
	EventData    EventKind = iota // the data of one event
	EventComment                  // a comment: a sign of life
	EventError                    // the data of an event named error
	EventDone                     // [DONE]
	EventBare                     // JSON without any framing: an error body, as a rule
)

// EventReader reads an event stream, as tolerantly as the streams of many providers need: lines
// end in LF, CR or both, the blank behind the colon is optional, the last event may lack its
// blank line, and a JSON body without framing is handed out as such.
type EventReader struct {
	r        io.Reader
	buf      []byte
	start    int // of what has not been handed out
	end      int // of what has been read
	err      error
	full     bool   // the last read filled the buffer: there is more at once
	skipLF   bool   // the last line ended in CR: an LF that follows belongs to it
	joined   []byte // the data of an event of several lines
	isError  bool
	hasData  bool
	anything bool
}

// NewEventReader makes a reader of the stream r.
func NewEventReader(r io.Reader) *EventReader {
	return &EventReader{r: r, buf: make([]byte, readBytesMin)}
}

// Next returns the next event; its data is lent until the next call. The end is io.EOF, whether
// or not [DONE] came before it.
func (er *EventReader) Next() (EventKind, []byte, error) {
	er.hasData, er.isError = false, false
	er.joined = er.joined[:0]
	for {
		line, err := er.line()
		if err != nil {
			if err == io.EOF && er.hasData {
				kind, data := er.dispatch(er.joined)
				return kind, data, nil
			}
			return 0, nil, err
		}
		if len(line) == 0 {
			if er.hasData {
				kind, data := er.dispatch(er.joined)
				return kind, data, nil
			}
			er.isError = false
			continue
		}
		switch line[0] {
		case ':':
			if !er.hasData {
				return EventComment, line[1:], nil
			}
			continue
		case '{', '[', ' ', '\t':
			if trimmed := bytes.TrimLeft(line, " \t"); !er.anything && isContainer(trimmed) {
				return er.bare(trimmed)
			}
		}
		er.anything = true
		name, value, _ := bytes.Cut(line, []byte(":"))
		if len(value) > 0 && value[0] == ' ' {
			value = value[1:]
		}
		switch string(name) {
		case "data":
			if !er.hasData && er.blankFollows() {
				kind, data := er.dispatch(value)
				return kind, data, nil
			}
			if len(er.joined)+len(value) > eventBytesMax {
				return 0, nil, ErrEventTooLong
			}
			if er.hasData {
				er.joined = append(er.joined, '\n')
			}
			er.hasData = true
			er.joined = append(er.joined, value...)
		case "event":
			er.isError = string(value) == "error"
		}
	}
}

// More reports whether a further event has arrived already, whole: whoever passes events on may wait
// for it with what there is.
func (er *EventReader) More() bool {
	rest := er.buf[er.start:er.end]
	return bytes.Contains(rest, []byte("\n\n")) || bytes.Contains(rest, []byte("\r\n\r\n"))
}

func isContainer(b []byte) bool { return len(b) > 0 && (b[0] == '{' || b[0] == '[') }

func (er *EventReader) dispatch(data []byte) (EventKind, []byte) {
	er.hasData = false
	switch {
	case er.isError:
		return EventError, data
	case string(bytes.TrimSpace(data)) == "[DONE]":
		return EventDone, nil
	}
	return EventData, data
}

// blankFollows takes the blank line that ends an event when it has arrived already, which it
// nearly always has: then the data need not be copied.
func (er *EventReader) blankFollows() bool {
	i := er.start
	if er.skipLF && i < er.end && er.buf[i] == '\n' {
		i++
	}
	if i >= er.end {
		return false
	}
	switch er.buf[i] {
	case '\n':
		er.start, er.skipLF = i+1, false
		return true
	case '\r':
		er.start, er.skipLF = i+1, true
		return true
	}
	return false
}

// line returns the next line without its end. The slice is lent until the next call.
func (er *EventReader) line() ([]byte, error) {
	scanned := 0
	for {
		if er.skipLF && er.start < er.end {
			if er.buf[er.start] == '\n' {
				er.start++
			}
			er.skipLF = false
		}
		window := er.buf[er.start+scanned : er.end]
		i := bytes.IndexByte(window, '\n')
		if i < 0 {
			i = len(window)
		}
		if cr := bytes.IndexByte(window[:i], '\r'); cr >= 0 {
			i = cr
		}
		if i < len(window) {
			line := er.buf[er.start : er.start+scanned+i]
			er.skipLF = window[i] == '\r'
			er.start += scanned + i + 1
			return line, nil
		}
		scanned = er.end - er.start
		if er.err != nil {
			if er.err == io.EOF && scanned > 0 { // the last line, without its end
				line := er.buf[er.start:er.end]
				er.start = er.end
				return line, nil
			}
			return nil, er.err
		}
		if err := er.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads once more behind what is there, moving and growing the buffer as needed.
func (er *EventReader) fill() error {
	switch {
	case er.start == er.end:
		er.start, er.end = 0, 0
		switch {
		case len(er.buf) > readBytesIdle:
			er.buf = make([]byte, readBytesMin)
		case er.full && len(er.buf) < readBytesBurst:
			er.buf = make([]byte, 2*len(er.buf))
		}
	case er.start > 0 && er.end == len(er.buf):
		er.end = copy(er.buf, er.buf[er.start:er.end])
		er.start = 0
	}
	if er.end == len(er.buf) {
		if len(er.buf) >= eventBytesMax {
			return ErrEventTooLong
		}
		grown := make([]byte, min(2*len(er.buf), eventBytesMax))
		copy(grown, er.buf[:er.end])
		er.buf = grown
	}
	for range emptyReadsMax {
		n, err := er.r.Read(er.buf[er.end:])
		er.end += n
		er.err, er.full = err, er.end == len(er.buf)
		if n > 0 || err != nil {
			return nil
		}
	}
	return io.ErrNoProgress
}

// bare collects a body that is JSON from its first character on.
func (er *EventReader) bare(line []byte) (EventKind, []byte, error) {
	body := append(er.joined[:0], line...)
	for {
		next, err := er.line()
		if err == io.EOF {
			er.joined = body
			return EventBare, body, nil
		}
		if err != nil {
			return 0, nil, err
		}
		if len(body)+len(next) > bareBytesMax {
			return 0, nil, ErrEventTooLong
		}
		body = append(append(body, '\n'), next...)
	}
}
