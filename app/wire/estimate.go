package wire

import (
	"unicode"
	"unicode/utf8"
)

// The weights of the token estimate in hundredths of a token, fitted against o200k_base over
// prose, code, JSON and eleven languages. They err by a few per cent on whole prompts and by up
// to a third on single odd paragraphs; a bill never rests on them when a provider reports usage.
const (
	weightWord      = 132 // the first six letters of a word
	weightLetters   = 41  // each further six
	weightHump      = 78  // an upper-case letter after a lower-case one
	weightWordDigit = 11  // a digit run inside a word
	weightDigits    = 100 // each three digits of a number
	weightPunct     = 8
	weightSpaces    = 157 // a run of white space that is more than one blank
	weightHan       = 80
	weightKana      = 79  // and Hangul
	weightAccent    = 104 // a Latin letter beyond ASCII
	weightAlphabet  = 29  // Cyrillic, Greek, Arabic, Hebrew
	weightPictogram = 200
	weightOther     = 49
	wordLetters     = 6
	numberDigits    = 3
)

// Estimator counts about how many tokens a text has while it passes, in pieces of any size.
type Estimator struct {
	hundredths int64
	run        int32 // length of the run of the class at hand
	last       runeClass
	inWord     bool // digits directly behind letters belong to the word
}

type runeClass uint8

const (
	classNone runeClass = iota
	classLower
	classUpper
	classDigit
	classPunct
	classSpace
	classWide // costs by the character, has no runs
)

// Tokens returns the estimate so far, rounded up.
func (e *Estimator) Tokens() int64 { return (e.hundredths + 99) / 100 }

// Break ends the word at hand: what comes next is another text.
func (e *Estimator) Break() { e.last, e.run, e.inWord = classNone, 0, false }

// Text adds plain text.
func (e *Estimator) Text(text []byte) {
	for i := 0; i < len(text); {
		if n := e.block(text[i:]); n > 0 {
			i += n
			continue
		}
		for most := min(i+blockLeast, len(text)); i < most; {
			if c := text[i]; c < utf8.RuneSelf {
				e.ascii(c)
				i++
				continue
			}
			r, size := utf8.DecodeRune(text[i:])
			e.rune(r)
			i += size
		}
	}
}

// JSON adds a string as it stands in JSON, with or without its quotes: escapes count as the
// characters they mean.
func (e *Estimator) JSON(raw []byte) {
	if isString(raw) {
		raw = raw[1 : len(raw)-1]
	}
	for i := 0; i < len(raw); {
		if n := e.block(raw[i:]); n > 0 {
			i += n
			continue
		}
		for most := min(i+blockLeast, len(raw)); i < most; {
			i += max(e.literal(raw[i:]), 1)
		}
	}
}

// quoted adds the string whose opening quote is b[i], checks it on the way, and returns the index
// after it, or -1.
func (e *Estimator) quoted(b []byte, i int) int {
	e.Break()
	for i++; i < len(b); {
		if n := e.block(b[i:]); n > 0 {
			i += n
			continue
		}
		for most := min(i+blockLeast, len(b)); i < most; {
			if b[i] == '"' {
				e.Break()
				return i + 1
			}
			n := e.literal(b[i:])
			if n == 0 || b[i] < ' ' {
				return -1
			}
			i += n
		}
	}
	return -1
}

// literal adds the one character of a JSON string that raw begins with, and returns its length; 0
// when it is none.
func (e *Estimator) literal(raw []byte) int {
	if raw[0] < utf8.RuneSelf && raw[0] != '\\' {
		e.ascii(raw[0])
		return 1
	}
	var r rune
	var n int
	if raw[0] == '\\' {
		r, n = escaped(raw)
	} else if r, n = utf8.DecodeRune(raw); r == utf8.RuneError && n == 1 {
		n = 0
	}
	if n > 0 {
		e.rune(r)
	}
	return n
}

func (e *Estimator) ascii(c byte) {
	switch {
	case c >= 'a' && c <= 'z':
		e.letter(classLower)
	case c >= 'A' && c <= 'Z':
		e.letter(classUpper)
	case c >= '0' && c <= '9':
		e.digit()
	case c == ' ' || c == '\n' || c == '\t' || c == '\r':
		e.space(c)
	default:
		e.hundredths += weightPunct
		e.last, e.run, e.inWord = classPunct, 1, false
	}
}

func (e *Estimator) letter(class runeClass) {
	switch {
	case e.last != classLower && e.last != classUpper:
		e.hundredths += weightWord
		e.run = 1
	case class == classUpper && e.last == classLower:
		e.hundredths += weightHump
		e.run++
	default:
		e.run++
		if e.run%wordLetters == 1 {
			e.hundredths += weightLetters
		}
	}
	e.last, e.inWord = class, true
}

func (e *Estimator) digit() {
	if e.last != classDigit {
		e.run = 0
		if e.inWord {
			e.hundredths += weightWordDigit
		}
	}
	if e.run%numberDigits == 0 && !(e.inWord && e.run == 0) {
		e.hundredths += weightDigits
	}
	e.run++
	e.last = classDigit
}

// space costs nothing for the one blank between two words, which belongs to the second.
func (e *Estimator) space(c byte) {
	if e.last != classSpace {
		e.run = 0
	}
	e.run++
	if (e.run == 1 && c != ' ') || (e.run == 2 && e.last == classSpace) {
		e.hundredths += weightSpaces
		e.run = 2 // paid: the rest of the run is free
	}
	e.last, e.inWord = classSpace, false
}

func (e *Estimator) rune(r rune) {
	if r < utf8.RuneSelf {
		e.ascii(byte(r))
		return
	}
	switch {
	case r < 0x250: // Latin-1 and its extensions
		if unicode.IsLetter(r) {
			e.hundredths += weightAccent
			return // inside the word: its run goes on
		}
		e.hundredths += weightOther
	case r < 0x370:
		e.hundredths += weightOther
	case r < 0x700:
		e.hundredths += weightAlphabet
	case r >= 0x4e00 && r < 0xa000, r >= 0x3400 && r < 0x4dc0, r >= 0x20000 && r < 0x32000:
		e.hundredths += weightHan
	case r >= 0x3040 && r < 0x3100, r >= 0xac00 && r < 0xd7b0:
		e.hundredths += weightKana
	case r >= 0x1f000 && r < 0x20000:
		e.hundredths += weightPictogram
	default:
		e.hundredths += weightOther
	}
	e.last, e.run, e.inWord = classWide, 0, false
}

// EstimateText returns about how many tokens a text has.
func EstimateText(text []byte) int64 {
	var e Estimator
	e.Text(text)
	return e.Tokens()
}
