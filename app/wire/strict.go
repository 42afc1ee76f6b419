package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// strictNamesMax bounds the names of the objects that are open at once, which are compared one by
// one. A body with more is read by jsontext, which keeps a table of them.
const strictNamesMax = 64

// pair is one member of the outermost object, as it stands in the body; the name has no quotes.
type pair struct {
	name, value []byte
	at          int  // of the value in the body
	read        bool // by whoever reads the conversation on the way
}

// readJSON returns the members of a body that is one object, appended to store. It refuses what two
// JSON parsers could read differently: duplicate names, invalid UTF-8, anything after the object.
// Nearly every body is found good in one quick pass, in which chat, when there is one, reads its
// messages; any other is read again by jsontext, whose word is the last and which says what is
// wrong, and where. What chat has read by then is to be forgotten when no pair is marked as read.
func readJSON(body []byte, store []pair, chat *ChatRequest) ([]pair, *Error) {
	s := strict{b: body, outer: store, chat: chat}
	if s.document() {
		return s.outer, nil
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(body))
	if _, err := d.ReadValue(); err != nil {
		return nil, syntaxError(err, len(body))
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, Invalid("", "The body must be one JSON object; there is more after it.")
	}
	w := walker{b: body}
	if !w.open('{') {
		return nil, Invalid("", "The body must be a JSON object, not %s.", kindName(w.peek()))
	}
	store = store[:0]
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			break
		}
		value := w.value()
		store = append(store, pair{name: name, value: value, at: w.i - len(value)})
	}
	if w.bad {
		return nil, Invalid("", "The body nests deeper than %d levels.", depthMax)
	}
	return store, nil
}

// strict goes once over a text. It knows good JSON from what may not be, and explains nothing.
type strict struct {
	b     []byte
	names [strictNamesMax][]byte // of the open objects, the outermost first
	open  int                    // how many they are
	outer []pair
	chat  *ChatRequest

	bases [4]int // where the names begin of the objects that chat has open
	level int
}

func (s *strict) document() bool {
	start := skipSpace(s.b, 0)
	if start == len(s.b) || s.b[start] != '{' {
		return false
	}
	end := s.object(start, 0)
	return end >= 0 && skipSpace(s.b, end) == len(s.b)
}

// value returns the index after the value that begins at b[i], or -1.
func (s *strict) value(i, depth int) int {
	if i >= len(s.b) || depth > depthMax {
		return -1
	}
	switch s.b[i] {
	case '"':
		end, _ := s.text(i)
		return end
	case '{':
		base := s.open
		end := s.object(i, depth)
		s.open = base
		return end
	case '[':
		return s.array(i, depth)
	case 't':
		return skipLiteral(s.b, i, "true")
	case 'f':
		return skipLiteral(s.b, i, "false")
	case 'n':
		return skipLiteral(s.b, i, "null")
	}
	return skipNumber(s.b, i)
}

func (s *strict) array(i, depth int) int {
	i = skipSpace(s.b, i+1)
	if i < len(s.b) && s.b[i] == ']' {
		return i + 1
	}
	for {
		if i = s.value(i, depth+1); i < 0 {
			return -1
		}
		i = skipSpace(s.b, i)
		switch {
		case i >= len(s.b):
			return -1
		case s.b[i] == ']':
			return i + 1
		case s.b[i] != ',':
			return -1
		}
		i = skipSpace(s.b, i+1)
	}
}

func (s *strict) object(i, depth int) int {
	base := s.open
	i = skipSpace(s.b, i+1)
	if i < len(s.b) && s.b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(s.b) || s.b[i] != '"' {
			return -1
		}
		end, plain := s.text(i)
		if end < 0 || !plain || !s.name(base, s.b[i+1:end-1]) {
			return -1
		}
		if i = skipSpace(s.b, end); i >= len(s.b) || s.b[i] != ':' {
			return -1
		}
		start := skipSpace(s.b, i+1)
		after := -1
		if depth > 0 {
			after = s.value(start, depth+1)
		} else {
			after = s.member(start, s.names[s.open-1])
		}
		if after < 0 {
			return -1
		}
		i = skipSpace(s.b, after)
		switch {
		case i >= len(s.b):
			return -1
		case s.b[i] == '}':
			return i + 1
		case s.b[i] != ',':
			return -1
		}
		i = skipSpace(s.b, i+1)
	}
}

// member reads the value at b[i] of a member of the outermost object.
func (s *strict) member(i int, name []byte) int {
	read := s.chat != nil && string(name) == "messages"
	if !read {
		end := s.value(i, 1)
		if end >= 0 {
			s.outer = append(s.outer, pair{name: name, value: s.b[i:end:end], at: i})
		}
		return end
	}
	w := walker{b: s.b, i: i, strict: s}
	if fault := s.chat.conversation(&w); fault != nil || w.bad {
		return -1
	}
	s.outer = append(s.outer, pair{name: name, value: s.b[i:w.i:w.i], at: i, read: true})
	return w.i
}

// enter and leave keep the names of the objects apart that chat goes into.
func (s *strict) enter() bool {
	if s.level == len(s.bases) {
		return false
	}
	s.bases[s.level] = s.open
	s.level++
	return true
}

// fresh is name for the object that chat entered last; escapes in a name are left to jsontext.
func (s *strict) fresh(name []byte) bool {
	return s.level > 0 && bytes.IndexByte(name, '\\') < 0 && s.name(s.bases[s.level-1], name)
}

func (s *strict) leave() {
	s.level--
	s.open = s.bases[s.level]
}

// name notes a member's name; false when the object has it already, or has too many to tell here.
func (s *strict) name(base int, name []byte) bool {
	if s.open == len(s.names) {
		return false
	}
	for _, have := range s.names[base:s.open] {
		if string(have) == string(name) {
			return false
		}
	}
	s.names[s.open] = name
	s.open++
	return true
}

// text returns the index after the string whose opening quote is b[i], or -1, and whether it has
// no escapes.
func (s *strict) text(i int) (end int, plain bool) {
	b, start, wide := s.b, i+1, uint64(0)
	plain = true
	for i++; i < len(b); i++ {
		for i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			stop := ((x-spaces)&^x | zeroBytes(x^quotes) | zeroBytes(x^backslashes)) & highBits
			if stop != 0 {
				at := bits.TrailingZeros64(stop)
				wide |= x & (1<<at - 1)
				i += at / 8
				break
			}
			wide |= x
			i += 8
		}
		if i >= len(b) {
			return -1, false
		}
		switch c := b[i]; {
		case c == '"':
			if wide&highBits != 0 && !utf8.Valid(b[start:i]) {
				return -1, false
			}
			return i + 1, plain
		case c < ' ':
			return -1, false
		case c == '\\':
			plain = false
			_, n := escaped(b[i:])
			if n == 0 {
				return -1, false
			}
			i += n - 1
		default:
			wide |= uint64(c)
		}
	}
	return -1, false
}

// escaped returns the character that the escape at the start of b means and how long it is, 0 when
// it means none: half of a pair of surrogates is no character.
func escaped(b []byte) (r rune, n int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch c := b[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'n', 'r', 't', 'f', 'b':
		return '\n', 2
	case 'u':
		r = hex4(b[2:])
		switch {
		case r < 0:
			return 0, 0
		case !utf16.IsSurrogate(r):
			return r, 6
		case len(b) < 12 || b[6] != '\\' || b[7] != 'u':
			return 0, 0
		}
		if r = utf16.DecodeRune(r, hex4(b[8:])); r != utf8.RuneError {
			return r, 12
		}
	}
	return 0, 0
}
