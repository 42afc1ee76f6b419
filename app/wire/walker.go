package wire

import "bytes"

// depthMax bounds how deeply values may nest, so that a hostile one cannot exhaust the stack.
const depthMax = 512

// walker goes once over a JSON text without allocating, checking its grammar on the way. The
// caller says at each value whether to descend or to step over it. The first fault sets bad, and
// from then on every step reports the end.
type walker struct {
	b    []byte
	i    int
	bad  bool
	sure bool // the text has been checked: only ends have to be found
	// strict, when there is one, checks what is stepped over as strictly as a whole body.
	strict *strict
}

func (w *walker) fail() {
	w.bad = true
	w.i = len(w.b)
}

// peek returns the first byte of the next value, 0 at the end.
func (w *walker) peek() byte {
	for w.i < len(w.b) {
		switch c := w.b[w.i]; c {
		case ' ', '\n', '\r', '\t':
			w.i++
		default:
			return c
		}
	}
	return 0
}

// open enters an object or array; it reports false, without a fault, when the next value is
// something else.
func (w *walker) open(bracket byte) bool {
	if w.peek() != bracket {
		return false
	}
	w.i++
	if w.strict != nil && bracket == '{' && !w.strict.enter() {
		w.fail()
	}
	return true
}

// next steps to the following member or element of a container that closes with the given
// bracket. first must be true at the first call and is cleared.
func (w *walker) next(closing byte, first *bool) bool {
	c := w.peek()
	switch {
	case w.bad || c == 0:
		w.fail()
		return false
	case c == closing:
		w.i++
		return false
	case *first:
		*first = false
		return true
	case c != ',':
		w.fail()
		return false
	}
	w.i++
	return true
}

// element steps to the next element of an array.
func (w *walker) element(first *bool) bool { return w.next(']', first) }

// member steps to the next member of an object and returns its name, without quotes and with
// escapes resolved; the walker then stands before the value.
func (w *walker) member(first *bool) (name []byte, ok bool) {
	if !w.next('}', first) {
		if w.strict != nil && !w.bad {
			w.strict.leave()
		}
		return nil, false
	}
	if w.peek() != '"' {
		w.fail()
		return nil, false
	}
	start := w.i
	end := w.text(start)
	if end < 0 || w.strict != nil && !w.strict.fresh(w.b[start+1:end-1]) {
		w.fail()
		return nil, false
	}
	w.i = end
	if w.peek() != ':' {
		w.fail()
		return nil, false
	}
	w.i++
	name = w.b[start+1 : end-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		name = unquote(w.b[start:end])
	}
	return name, true
}

// value steps over the next value and returns its bytes.
func (w *walker) value() []byte {
	first := w.peek()
	if w.bad {
		return nil
	}
	start, end := w.i, 0
	switch {
	case first == '"':
		end = w.text(start)
	case w.strict != nil:
		end = w.strict.value(start, walkedDepth)
	case w.sure && (first == '{' || first == '['):
		end = w.container(start)
	default:
		end = skipValue(w.b, start, 0)
	}
	if end < 0 {
		w.fail()
		return nil
	}
	w.i = end
	return w.b[start:end]
}

// walkedDepth is more than how deep a walker that is strict goes into a body itself.
const walkedDepth = 8

// text returns the index after the string whose opening quote is b[i], or -1.
func (w *walker) text(i int) int {
	switch {
	case w.strict != nil:
		end, _ := w.strict.text(i)
		return end
	case w.sure:
		return endOfText(w.b, i)
	}
	return skipString(w.b, i)
}

// endOfText returns the index after the string whose opening quote is b[i], or -1; what it has
// inside is not looked at.
func endOfText(b []byte, i int) int {
	for i++; ; i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		escapes := i // the backslashes before a quote take it when they are odd
		for b[escapes-1] == '\\' {
			escapes--
		}
		if (i-escapes)%2 == 0 {
			return i + 1
		}
	}
}

// container returns the index after the object or array that begins at b[i], whose grammar has been
// checked, or -1.
func (w *walker) container(i int) int {
	for depth := 0; i >= 0 && i < len(w.b); {
		switch w.b[i] {
		case '"':
			i = w.text(i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return -1
}

// done reports whether nothing but space is left and no fault was met.
func (w *walker) done() bool { return !w.bad && w.peek() == 0 && w.i == len(w.b) }
