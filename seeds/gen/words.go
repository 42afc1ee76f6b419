package main

import (
	"slices"
	"strconv"
	"strings"
)

// things names modalities in a fixed order: "text, images and audio".
func things(modalities []string) string {
	names := map[string]string{
		"text": "text", "image": "images", "file": "files", "audio": "audio", "video": "video",
		"embedding": "vectors", "score": "scores",
	}
	var list []string
	for _, m := range []string{"text", "image", "file", "audio", "video", "embedding", "score"} {
		if slices.Contains(modalities, m) {
			list = append(list, names[m])
		}
	}
	return and(list)
}

func and(list []string) string {
	switch len(list) {
	case 0:
		return "input"
	case 1:
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// standing is where a share of cheaper models puts a price.
func standing(rank float64) string {
	switch {
	case rank < 0.10:
		return "in the lowest tenth"
	case rank < 0.25:
		return "in the lowest quarter"
	case rank < 0.50:
		return "in the lower half"
	case rank < 0.75:
		return "in the upper half"
	case rank < 0.90:
		return "in the highest quarter"
	}
	return "in the highest tenth"
}

// tokens writes a length as people say it: 128K, 1M, 1.05M; round thousands count as thousands,
// other lengths in steps of 1,024 where they divide.
func tokens(n int64) string {
	switch {
	case n <= 0:
		return ""
	case n < 1000:
		return strconv.FormatInt(n, 10)
	case n%1_000_000 == 0:
		return strconv.FormatInt(n/1_000_000, 10) + "M"
	case n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "M"
	case n > 1_000_000 && n%10_000 == 0:
		return strconv.FormatFloat(float64(n)/1e6, 'f', -1, 64) + "M"
	case n%1000 == 0:
		return strconv.FormatInt(n/1000, 10) + "K"
	case n%1024 == 0:
		return strconv.FormatInt(n>>10, 10) + "K"
	}
	return thousands(n)
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// number writes small numbers as words.
func number(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	if n < len(words) {
		return words[n]
	}
	return strconv.Itoa(n)
}

func article(noun string) string {
	if strings.ContainsRune("aeio", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

func possessive(name string) string {
	if strings.HasSuffix(name, "s") {
		return name + "’"
	}
	return name + "’s"
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func write(b *strings.Builder, when bool, s string) {
	if when {
		b.WriteString(s)
	}
}
