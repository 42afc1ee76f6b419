package markdown

import (
	"html"
	"strings"
)

// highlightMost bounds what is looked at; longer code stays as it is.
const highlightMost = 64 << 10

// The classes of words.
const (
	classComment = "c"
	classText    = "s"
	classNumber  = "n"
	classKeyword = "k"
	className    = "f"
)

// Highlight is code as HTML in which comments, texts, numbers, words of the language and names stand
// in elements of the classes c, s, n, k and f; "" when the language is not known. Every byte is
// looked at a bounded number of times, whoever wrote the code.
//
// It is our own because the libraries for this know hundreds of languages, at the price of a tenth
// of this server's memory.
func Highlight(language, code string) string {
	g, known := grammarOf(strings.ToLower(language))
	if !known || len(code) > highlightMost {
		return ""
	}
	s := scanner{grammar: g, code: code, fresh: true}
	for s.at < len(code) {
		s.step()
	}
	s.plain(len(code))
	return s.out.String()
}

// scanner goes through code once. What lies between done and at is not written yet and has no class.
type scanner struct {
	grammar
	code  string
	at    int
	done  int
	fresh bool // in a shell: the next word is a command
	out   strings.Builder
}

// plain writes what has no class up to a place.
func (s *scanner) plain(to int) {
	s.out.WriteString(html.EscapeString(s.code[s.done:to]))
	s.done = to
}

// mark writes what stands from here to a place with a class.
func (s *scanner) mark(class string, to int) {
	s.plain(s.at)
	s.out.WriteString(`<span class="` + class + `">`)
	s.plain(to)
	s.out.WriteString("</span>")
	s.at = to
}

func (s *scanner) step() {
	rest, c := s.code[s.at:], s.code[s.at]
	switch {
	case s.comments(rest):
		s.mark(classComment, s.at+until(rest, "\n", 0))
	case s.block && strings.HasPrefix(rest, "/*"):
		s.mark(classComment, s.at+until(rest, "*/", 2))
	case strings.IndexByte(s.quotes, c) >= 0:
		s.text(rest, c)
	case c == '$' && s.shell:
		s.variable(rest)
	case digit(c) && (!s.shell || s.at == 0 || strings.IndexByte(" =\n", s.code[s.at-1]) >= 0): // in a shell, not those of an address
		s.mark(classNumber, s.at+number(rest))
	case letter(c):
		s.word(rest)
	default:
		if s.shell && (c == '\n' && !strings.HasSuffix(s.code[:s.at], "\\") || c == '|' || c == ';' || c == '&' || c == '(') {
			s.fresh = true
		}
		s.at++
	}
}

// comments reports whether a comment begins here. In a shell and its like the sign may also stand
// within a word.
func (s *scanner) comments(rest string) bool {
	if s.line == "" || !strings.HasPrefix(rest, s.line) {
		return false
	}
	return s.line != "#" || s.at == 0 || strings.IndexByte(" \t\n;", s.code[s.at-1]) >= 0
}

// text is what stands between quotes. One that is not closed ends with its line, or with the code.
func (s *scanner) text(rest string, quote byte) {
	s.fresh = false
	end, stop := 1, string(quote)
	if s.triple && strings.HasPrefix(rest, strings.Repeat(stop, 3)) {
		s.mark(classText, s.at+until(rest, strings.Repeat(stop, 3), 3))
		return
	}
	raw, long := strings.IndexByte(s.raw, quote) >= 0, strings.IndexByte(s.long, quote) >= 0
	for end < len(rest) && rest[end] != quote && (long || rest[end] != '\n') {
		if rest[end] == '\\' && !raw && end+1 < len(rest) {
			end++
		}
		end++
	}
	if end < len(rest) && rest[end] == quote {
		end++
	}
	class := classText
	if s.keyed != 0 && s.before(rest[end:]) {
		class = className
	}
	s.mark(class, s.at+end)
}

// variable is $NAME or ${NAME}.
func (s *scanner) variable(rest string) {
	s.fresh = false
	end := 1
	if strings.HasPrefix(rest, "${") {
		end = until(rest, "}", 2)
	} else {
		for end < len(rest) && (letter(rest[end]) || digit(rest[end])) {
			end++
		}
	}
	s.mark(className, s.at+end)
}

func (s *scanner) word(rest string) {
	end := 1
	for end < len(rest) && (letter(rest[end]) || digit(rest[end]) || s.grammar.inside(rest[end])) {
		end++
	}
	word, after := rest[:end], rest[end:]
	first := s.fresh
	if s.shell {
		s.fresh = strings.HasPrefix(after, "=") && first // a command may stand behind its variables
	}
	switch {
	case strings.Contains(s.constants, " "+word+" "):
		s.mark(classNumber, s.at+end)
	case s.shell && first && strings.HasPrefix(after, "="):
		s.mark(className, s.at+end)
	case strings.Contains(s.keywords, " "+word+" "), s.shell && first:
		s.mark(classKeyword, s.at+end)
	case s.calls && strings.HasPrefix(after, "("), s.keyed != 0 && s.before(after):
		s.mark(className, s.at+end)
	default:
		s.at += end
	}
}

// inside reports whether a sign may stand within a word beside letters and digits.
func (g grammar) inside(c byte) bool {
	return c == '-' && (g.shell || g.keyed != 0) || g.shell && (c == '.' || c == '/')
}

// before reports whether the sign that follows names comes next, on the same line.
func (s *scanner) before(rest string) bool {
	rest = strings.TrimLeft(rest[:min(len(rest), keyedGap)], " ")
	return rest != "" && rest[0] == s.keyed
}

// keyedGap is how much space may lie between a name and its sign.
const keyedGap = 8

// until is where the end of something that begins with from bytes lies, the end included; the whole
// when there is none. A line break is not part of its line.
func until(rest, end string, from int) int {
	i := strings.Index(rest[from:], end)
	if i < 0 {
		return len(rest)
	}
	if end == "\n" {
		return from + i
	}
	return from + i + len(end)
}

// number is how long a number is: digits, points and letters, as in 1_000, 0xff and 1.5e3.
func number(rest string) int {
	n := 1
	for n < len(rest) && (digit(rest[n]) || letter(rest[n]) || rest[n] == '.' && n+1 < len(rest) && digit(rest[n+1])) {
		n++
	}
	return n
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// letter takes every byte of a letter beyond ASCII for one, so that no letter is cut.
func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
