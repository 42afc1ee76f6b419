package main

import (
	"fmt"
	"strings"
)

const (
	mergesMax = 320
	blank     = "▁" // how SentencePiece writes a space
)

// The first three tokens.
const (
	unknown = iota
	begin
	end
)

// Kinds of token in the file.
const (
	kindNormal  = 1
	kindUnknown = 2
	kindControl = 3
	kindUnused  = 5
	kindByte    = 6
)

// vocabulary is a SentencePiece vocabulary: special tokens, all bytes, printable characters, and
// pieces in the order in which they were merged. Every step of a merge is in it, so that a
// tokenizer which merges by score finds the same pieces as we do.
type vocabulary struct {
	tokens []string
	scores []float32
	kinds  []int32
	ids    map[string]int
	merges [][2]string
}

func learnPieces(paragraphs []string) *vocabulary {
	v := &vocabulary{ids: make(map[string]int)}
	v.add("<unk>", 0, kindUnknown)
	v.add("<s>", 0, kindControl)
	v.add("</s>", 0, kindControl)
	for b := range 256 {
		v.add(fmt.Sprintf("<0x%02X>", b), 0, kindByte)
	}
	words := make(map[string]int)
	for _, p := range paragraphs {
		for word := range strings.FieldsSeq(p) {
			words[blank+word]++
		}
	}
	// Merged pieces come first in the ranking, single characters last.
	split := make(map[string][]string, len(words))
	for word := range words {
		split[word] = strings.Split(word, "")
	}
	for rank := range mergesMax {
		pair, ok := mostFrequent(words, split)
		if !ok {
			break
		}
		v.merges = append(v.merges, pair)
		v.add(pair[0]+pair[1], -float32(rank+1), kindNormal)
		for word, parts := range split {
			split[word] = merge(parts, pair)
		}
	}
	characters := []string{blank}
	for c := '!'; c <= '~'; c++ {
		characters = append(characters, string(c))
	}
	for _, c := range characters {
		v.add(c, -float32(mergesMax+len(v.tokens)), kindNormal)
	}
	for len(v.tokens)%32 != 0 { // matrices are laid out in blocks
		v.add(fmt.Sprintf("<unused%d>", len(v.tokens)), -1e9, kindUnused)
	}
	return v
}

func (v *vocabulary) add(token string, score float32, kind int32) {
	v.ids[token] = len(v.tokens)
	v.tokens = append(v.tokens, token)
	v.scores = append(v.scores, score)
	v.kinds = append(v.kinds, kind)
}

// mostFrequent is the pair of neighbours that occurs most often; of equals the first by name, so
// that the same text always gives the same model.
func mostFrequent(words map[string]int, split map[string][]string) (best [2]string, ok bool) {
	counts := make(map[[2]string]int)
	for word, parts := range split {
		for i := 1; i < len(parts); i++ {
			counts[[2]string{parts[i-1], parts[i]}] += words[word]
		}
	}
	most := 1
	for pair, n := range counts {
		if n > most || (n == most && ok && pair[0]+pair[1] < best[0]+best[1]) {
			best, most, ok = pair, n, true
		}
	}
	return best, ok
}

func merge(parts []string, pair [2]string) []string {
	var out []string
	for i := 0; i < len(parts); i++ {
		if i+1 < len(parts) && parts[i] == pair[0] && parts[i+1] == pair[1] {
			out = append(out, pair[0]+pair[1])
			i++
			continue
		}
		out = append(out, parts[i])
	}
	return out
}

// encode cuts a text as the tokenizer of the file does.
func (v *vocabulary) encode(text string) []int {
	var ids []int
	for word := range strings.FieldsSeq(text) {
		parts := strings.Split(blank+word, "")
		for _, pair := range v.merges {
			parts = merge(parts, pair)
		}
		for _, part := range parts {
			if id, ok := v.ids[part]; ok {
				ids = append(ids, id)
				continue
			}
			for _, b := range []byte(part) {
				ids = append(ids, v.ids[fmt.Sprintf("<0x%02X>", b)])
			}
		}
	}
	return ids
}
