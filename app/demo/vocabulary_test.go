package demo

import (
	"strings"
	"testing"
)

func FuzzTokens(f *testing.F) {
	for _, s := range []string{"", "A market for models.", "  two  blanks ", "1234567 and 3.14", "Grüße, 世界!\n\t", "\xff\xfe broken"} {
		f.Add(s)
	}
	v := learnVocabulary(paragraphs(corpus))
	f.Fuzz(func(t *testing.T, text string) {
		tokens := v.split(text)
		if joined := strings.Join(tokens, ""); joined != text {
			t.Errorf("%q became %q", text, joined)
		}
		if v.count(text) != len(tokens) {
			t.Errorf("%q has %d tokens, counted %d", text, len(tokens), v.count(text))
		}
	})
}
