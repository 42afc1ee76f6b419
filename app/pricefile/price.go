package pricefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"bourse/models"
)

const (
	// rateMax: the dearest model ever sold took $600 for a million tokens.
	rateMax models.Rate = 10_000_000_000
	// rateMin: the cheapest take a cent for a million. What is far below, and not free, was written
	// per thousand tokens or per token.
	rateMin   models.Rate = 500
	numberMax             = 40 // characters of a price
)

// errMissing is a price that is not there.
var errMissing = errors.New("is missing")

// parsePrice reads one price, a JSON number or a string, in US dollars per million units or per
// piece, without rounding it through a float.
func parsePrice(u models.Unit, value json.RawMessage) (models.Rate, error) {
	text := strings.TrimSpace(string(value))
	if text == "" || text == "null" {
		return 0, errMissing
	}
	if text[0] == '"' {
		if err := json.Unmarshal(value, &text); err != nil {
			return 0, fmt.Errorf("is no text: %w", err)
		}
		text = strings.TrimPrefix(strings.TrimSpace(text), "$")
	}
	if text == "" {
		return 0, errMissing
	}
	if len(text) > numberMax {
		return 0, errors.New("has too many digits")
	}
	if strings.HasPrefix(text, "-") {
		return 0, fmt.Errorf("is negative (%s)", clip(text))
	}
	written := clip(text)
	if strings.ContainsAny(text, "eE") {
		if plain, ok := withoutExponent(text); ok {
			text = plain
		}
	}
	parse := models.ParseRatePerMillion
	if !u.PerToken() {
		parse = models.ParseRatePerUnit
	}
	r, err := parse(text)
	if err != nil {
		return 0, fmt.Errorf("is no price (%s)", written)
	}
	if r == 0 && strings.Trim(text, "0.") != "" {
		return 0, fmt.Errorf("is %s: too small to be per million; was it meant per token?", written)
	}
	return r, plausible(u, r)
}

// withoutExponent writes 2.5e-07 as 0.00000025. Exponents that no price has are refused, since
// each takes as many digits to write as it is large.
func withoutExponent(text string) (string, bool) {
	_, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if len(strings.TrimLeft(exponent, "+-")) > 2 {
		return "", false
	}
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		return "", false
	}
	return x.FloatString(18), true
}

// plausible refuses prices per token that nobody ever asked.
func plausible(u models.Unit, r models.Rate) error {
	switch {
	case !u.PerToken() || r == 0:
		return nil
	case r > rateMax:
		return fmt.Errorf("is $%s for a million: no model costs so much; was it meant per thousand million?", r.PerMillionUSD())
	case r < rateMin:
		return fmt.Errorf("is $%s for a million: no model costs so little; was it meant per token or per thousand?", r.PerMillionUSD())
	}
	return nil
}

// sound refuses sets of prices that contradict themselves.
func sound(p models.Pricing, kind string) error {
	if len(p.Rates) == 0 {
		return errors.New("it has no price")
	}
	input, hasInput := p.Rates[models.UnitInput]
	_, hasOutput := p.Rates[models.UnitOutput]
	byToken := kind == "chat" && !slices.ContainsFunc(slices.Collect(maps.Keys(p.Rates)), func(u models.Unit) bool { return !u.PerToken() })
	switch {
	case byToken && !hasInput:
		return errors.New("the price of input is missing")
	case byToken && !hasOutput:
		return errors.New("the price of output is missing")
	}
	if read, ok := p.Rates[models.UnitCacheRead]; ok && hasInput && read > input {
		return fmt.Errorf("a cached token costs more ($%s) than one that is read anew ($%s)", read.PerMillionUSD(), input.PerMillionUSD())
	}
	for i, t := range p.Tiers {
		if t.ContextGT <= 0 || len(t.Rates) == 0 || i > 0 && t.ContextGT <= p.Tiers[i-1].ContextGT {
			return errors.New("its tiers do not rise")
		}
	}
	return nil
}
