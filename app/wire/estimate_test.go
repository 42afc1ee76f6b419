package wire_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"bourse/app/wire"
)

// oneByOne is the estimate of a text that comes in single characters.
func oneByOne(text string) int64 {
	var e wire.Estimator
	for _, r := range text {
		e.Text([]byte(string(r)))
	}
	return e.Tokens()
}

// TestEstimateInBlocks is that counting many bytes at once comes to the same as one by one.
func TestEstimateInBlocks(t *testing.T) {
	pieces := []string{"a", "Z", " ", "  ", ".", "internationalisation", "getHTTPResponseBodyAsString", "x9", "2026", "\n", "\t", "ü", "東京", "☃", "{\"", "\\", "the ", "of ", "ABCDEFGHIJKLMN", "\x7f", "`", "@", "[", "{", "/", ":"}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var b strings.Builder
		for range rng.IntN(60) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		text := b.String()
		if got, want := wire.EstimateText([]byte(text)), oneByOne(text); got != want {
			t.Fatalf("%q is %d tokens in blocks and %d one by one", text, got, want)
		}
	}
}

// FuzzEstimate: neither how a text is cut nor how it is escaped changes its estimate.
func FuzzEstimate(f *testing.F) {
	f.Add("The books are right. JSONParser reads 2026  things\n", uint8(9))
	f.Fuzz(func(t *testing.T, text string, at uint8) {
		text = strings.ToValidUTF8(text, "")
		whole := wire.EstimateText([]byte(text))
		if want := oneByOne(text); whole != want {
			t.Fatalf("%d tokens in blocks, %d one by one", whole, want)
		}
		cut := min(int(at), len(text))
		for cut > 0 && cut < len(text) && text[cut]&0xc0 == 0x80 {
			cut--
		}
		var e wire.Estimator
		e.Text([]byte(text[:cut]))
		e.Text([]byte(text[cut:]))
		if e.Tokens() != whole {
			t.Fatalf("%d tokens in two pieces, %d in one", e.Tokens(), whole)
		}
	})
}
