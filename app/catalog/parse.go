package catalog

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"bourse/models"
)

// filterParser reads parameters and remembers what it could not make sense of.
type filterParser struct {
	q       url.Values
	ignored []string
}

const ignoredMax = 20 // listed values; the rest is left out silently

func (p *filterParser) refuse(name, value string) {
	if len(p.ignored) < ignoredMax {
		if utf8.RuneCountInString(value) > 40 {
			value = string([]rune(value)[:40]) + "…"
		}
		p.ignored = append(p.ignored, name+"="+value)
	}
}

// one is the last value of a parameter: a form whose field was filled twice means the latter.
func (p *filterParser) one(name string) string {
	values := p.q[name]
	if len(values) == 0 {
		return ""
	}
	return strings.TrimSpace(values[len(values)-1])
}

func (p *filterParser) text(name string) string {
	s := strings.TrimSpace(strings.ToValidUTF8(p.one(name), ""))
	if r := []rune(s); len(r) > queryRunesMax {
		p.refuse(name, s)
		return strings.TrimSpace(string(r[:queryRunesMax]))
	}
	return s
}

// words reads a list, written with commas or by repeating the parameter, without repetitions.
func (p *filterParser) words(name string, accept func(string) (string, bool)) []string {
	var out []string
	for _, value := range p.q[name] {
		for word := range strings.SplitSeq(value, ",") {
			if word = strings.TrimSpace(word); word == "" {
				continue
			}
			got, ok := accept(word)
			if !ok || len(out) >= valuesMax {
				p.refuse(name, word)
				continue
			}
			if !slices.Contains(out, got) {
				out = append(out, got)
			}
		}
	}
	return out
}

func (p *filterParser) flag(name string) bool {
	switch value := strings.ToLower(p.one(name)); value {
	case "true", "1", "on", "yes":
		return true
	case "", "false", "0", "off", "no":
		return false
	default:
		p.refuse(name, value)
		return false
	}
}

func (p *filterParser) number(name string, least, most int) int {
	value := p.one(name)
	if value == "" {
		return 0
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		p.refuse(name, value)
		return 0
	}
	return n
}

// tokens reads a number of tokens: 128000, 128k, 1M.
func (p *filterParser) tokens(name string) int64 {
	value := p.one(name)
	if value == "" {
		return 0
	}
	digits, unit := strings.ToLower(value), int64(1)
	for suffix, u := range map[string]int64{"k": 1000, "m": 1_000_000} {
		if rest, ok := strings.CutSuffix(digits, suffix); ok {
			digits, unit = rest, u
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 40)
	if err != nil || n < 0 {
		p.refuse(name, value)
		return 0
	}
	return n * unit
}

// rate reads USD per million tokens.
func (p *filterParser) rate(name string) *models.Rate {
	value := p.one(name)
	if value == "" {
		return nil
	}
	r, err := models.ParseRatePerMillion(value)
	if err != nil {
		p.refuse(name, value)
		return nil
	}
	return &r
}

// choice reads one of the names; the first is the default.
func (p *filterParser) choice(name string, names ...string) string {
	value := p.one(name)
	if value == "" || slices.Contains(names, value) {
		return value
	}
	p.refuse(name, value)
	return names[0]
}

const wordRunesMax = 100

func anyWord(s string) (string, bool) {
	return s, utf8.ValidString(s) && utf8.RuneCountInString(s) <= wordRunesMax
}

func slugWord(s string) (string, bool) {
	s, ok := anyWord(s)
	return strings.ToLower(s), ok
}

func modalityName(list []string) func(string) (string, bool) {
	return func(s string) (string, bool) {
		i, ok := modalityIndex(list, strings.ToLower(s))
		if !ok {
			return "", false
		}
		return list[i], true
	}
}

// customMix is what a form says when the parts of the mix have fields of their own.
const customMix = "custom"

// mix reads the name of a mix, a blend such as 7:1:60, or "custom" with its parts beside it.
func (p *filterParser) mix() (Mix, Blend) {
	name := strings.ToLower(p.one("mix"))
	if name == "" {
		return MixChat, Blend{}
	}
	if m, ok := parseMix(name); ok {
		return m, Blend{}
	}
	text := name
	if name == customMix {
		parts := []string{p.one("mix_read"), p.one("mix_written"), p.one("mix_cached")}
		if parts[0] == "" && parts[1] == "" { // chosen, and nothing filled in yet: begin with the chat mix
			parts[0], parts[1] = "3", "1"
		}
		for i := range parts {
			if parts[i] == "" {
				parts[i] = "0"
			}
		}
		text = strings.Join(parts, ":")
	}
	b, ok := ParseBlend(text)
	if !ok {
		p.refuse("mix", text)
		return MixChat, Blend{}
	}
	return MixCustom, b
}
