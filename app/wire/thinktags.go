package wire

import "bytes"

// thinkTags parts the thinking that some hosts leave at the head of a text, between <think> and
// </think>, from the text. It works on the insides of JSON strings, one chunk after the other.
type thinkTags struct {
	state tagState
	held  []byte // what may be the beginning of a tag
}

type tagState uint8

const (
	beforeThinking tagState = iota // nothing but blanks so far
	beganThinking                  // only blank lines since
	withinThinking
	afterThinking // only blank lines since
	pastThinking  // what comes is text
)

var (
	tagOpen  = []byte("<think>")
	tagClose = []byte("</think>")
)

// split takes the next piece, without its quotes. whole says that there is no other.
func (t *thinkTags) split(piece []byte, whole bool) (thinking, text []byte) {
	if t.state == pastThinking {
		return nil, piece
	}
	rest := append(t.held, plainAngles(piece)...)
	t.held = nil
	if t.state == beforeThinking {
		head := trimBlanks(rest)
		text = rest[:len(rest)-len(head)] // blanks are nobody's thinking
		switch {
		case bytes.HasPrefix(head, tagOpen):
			t.state, rest = beganThinking, head[len(tagOpen):]
		case !whole && bytes.HasPrefix(tagOpen, head):
			t.held = bytes.Clone(head)
			return nil, text
		default:
			t.state = pastThinking
			return nil, rest
		}
	}
	if t.state == beganThinking {
		if rest = trimBlanks(rest); len(rest) > 0 {
			t.state = withinThinking
		}
	}
	if t.state == withinThinking {
		thinking, rest = t.close(rest, whole)
	}
	if t.state == afterThinking {
		if rest = trimBlanks(rest); len(rest) > 0 {
			t.state = pastThinking
		}
	}
	return thinking, append(text[:len(text):len(text)], rest...)
}

// close looks for the end of the thinking, and keeps back what may be the beginning of it.
func (t *thinkTags) close(rest []byte, whole bool) (thinking, text []byte) {
	if at := bytes.Index(rest, tagClose); at >= 0 {
		t.state = afterThinking
		return rest[:at], rest[at+len(tagClose):]
	}
	for n := min(len(tagClose)-1, len(rest)); n > 0 && !whole; n-- {
		if bytes.HasSuffix(rest, tagClose[:n]) {
			t.held = bytes.Clone(rest[len(rest)-n:])
			return rest[:len(rest)-n], nil
		}
	}
	return rest, nil
}

// plainAngles writes angles that stand as escapes, which mean the same, as themselves.
func plainAngles(piece []byte) []byte {
	if !bytes.Contains(piece, []byte(`\u003`)) {
		return piece
	}
	for _, pair := range [...][2]string{{`\u003c`, "<"}, {`\u003C`, "<"}, {`\u003e`, ">"}, {`\u003E`, ">"}} {
		piece = replaceEscape(piece, pair[0], pair[1])
	}
	return piece
}

// replaceEscape leaves an escape alone that is not one because its backslash is escaped.
func replaceEscape(piece []byte, from, to string) []byte {
	var out []byte
	for at := 0; at < len(piece); {
		switch {
		case bytes.HasPrefix(piece[at:], []byte(from)):
			out = append(out, to...)
			at += len(from)
		case piece[at] == '\\' && at+1 < len(piece):
			out = append(out, piece[at], piece[at+1])
			at += 2
		default:
			out = append(out, piece[at])
			at++
		}
	}
	return out
}

// trimBlanks takes away blanks and line breaks at the head of the inside of a JSON string.
func trimBlanks(raw []byte) []byte {
	for {
		switch {
		case len(raw) > 0 && raw[0] == ' ':
			raw = raw[1:]
		case bytes.HasPrefix(raw, []byte(`\n`)), bytes.HasPrefix(raw, []byte(`\r`)), bytes.HasPrefix(raw, []byte(`\t`)):
			raw = raw[2:]
		default:
			return raw
		}
	}
}

// quote puts the inside of a JSON string between its quotes.
func quote(inside []byte) []byte {
	out := make([]byte, 0, len(inside)+2)
	return append(append(append(out, '"'), inside...), '"')
}

// untag parts a text into its thinking, nil when there is none, and the rest.
func (rw *Rewriter) untag(value []byte, as shape) (thinking, text []byte) {
	if rw.tags.state == pastThinking {
		return nil, value
	}
	thought, rest := rw.tags.split(value[1:len(value)-1], as == plain)
	if len(thought) > 0 {
		thinking = quote(thought)
	}
	return thinking, quote(rest)
}
