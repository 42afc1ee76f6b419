package ui

import (
	"strconv"
	"strings"
)

// letters are the first letters of the first two words of a slug: "black-forest-labs" → "bf".
func letters(slug string) string {
	words := strings.FieldsFunc(slug, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == ' ' })
	switch {
	case len(words) >= 2:
		return words[0][:1] + words[1][:1]
	case len(words) == 1 && len(words[0]) >= 2:
		return words[0][:2]
	}
	return "?"
}

// width turns a share of 0 to 1 into a length of 0 to 100.
func width(share float64) string {
	return strconv.FormatFloat(min(max(share, 0), 1)*100, 'f', 1, 64)
}
