package demo

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed corpus.md
var corpus string

// paragraphs are the sentences of the document without its headings.
func paragraphs(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, "\n\n") {
		if part = strings.TrimSpace(part); part != "" && !strings.HasPrefix(part, "#") {
			out = append(out, part)
		}
	}
	return out
}

const (
	pieceRunes = 4 // of a word that the document does not have
	digitRunes = 3
)

// vocabulary knows the words of the document: each is one token, with the blank before it.
type vocabulary struct {
	ids   map[string]int32
	words []string
}

func learnVocabulary(text []string) *vocabulary {
	v := &vocabulary{ids: make(map[string]int32)}
	for _, paragraph := range text {
		for rest := paragraph; rest != ""; {
			n := wordEnd(rest)
			v.add(rest[:n])
			rest = rest[n:]
		}
	}
	return v
}

func (v *vocabulary) add(word string) int32 {
	id, ok := v.ids[word]
	if !ok {
		id = int32(len(v.words))
		v.ids[word] = id
		v.words = append(v.words, word)
	}
	return id
}

// split cuts any text into tokens that join to exactly the text again.
func (v *vocabulary) split(text string) []string {
	tokens := make([]string, 0, len(text)/4+1)
	for text != "" {
		n := v.tokenEnd(text)
		tokens = append(tokens, text[:n])
		text = text[n:]
	}
	return tokens
}

// count is len(split(text)) without the slice.
func (v *vocabulary) count(text string) int {
	n := 0
	for text != "" {
		text = text[v.tokenEnd(text):]
		n++
	}
	return n
}

func (v *vocabulary) tokenEnd(text string) int {
	n := wordEnd(text)
	if _, known := v.ids[text[:n]]; known {
		return n
	}
	start := 0
	if text[0] == ' ' && n > 1 {
		start = 1
	}
	first, _ := utf8.DecodeRuneInString(text[start:])
	limit := pieceRunes
	if unicode.IsDigit(first) {
		limit = digitRunes
	}
	end := start
	for range limit {
		if end >= n {
			break
		}
		_, size := utf8.DecodeRuneInString(text[end:])
		end += size
	}
	return end
}

// wordEnd is the length of the first word: letters or digits with at most one blank before them,
// or a single other character.
func wordEnd(text string) int {
	start := 0
	if text[0] == ' ' {
		start = 1
	}
	first, size := utf8.DecodeRuneInString(text[start:])
	same := unicode.IsLetter
	switch {
	case start == len(text):
		return start
	case unicode.IsDigit(first):
		same = unicode.IsDigit
	case !unicode.IsLetter(first):
		if start > 0 {
			return start // the blank by itself, what follows it next
		}
		return size
	}
	end := start + size
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		if !same(r) {
			break
		}
		end += size
	}
	return end
}
