package models

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Amount is money in nano-USD: 1 USD = 1,000,000,000. It holds ±9.2 billion USD.
type Amount int64

// Rate is a price in pico-USD per unit (a token, an image, a request), which is
// the same number as micro-USD per million units.
type Rate int64

const (
	// NanoPerUSD is how many of the units of Amount make one US dollar.
	NanoPerUSD = 1_000_000_000
	// NanoPerCent is how many of the units of Amount make one US cent, so that
	// the boundary to card payments never rounds on the way in.
	NanoPerCent = NanoPerUSD / 100
	// ratePerUSDPerMillion turns "USD per million tokens" into a Rate.
	ratePerUSDPerMillion = 1_000_000
	// ratePerUSD turns "USD per unit" into a Rate.
	ratePerUSD = 1_000_000_000_000
)

// USD writes the exact decimal, at least two and at most nine decimals, without
// the currency sign: 1234500000 → "1.2345".
func (a Amount) USD() string {
	sign := ""
	u := uint64(a)
	if a < 0 {
		sign, u = "-", uint64(-a)
	}
	return sign + decimal(u, 9, 2)
}

// Number writes the shortest exact decimal for JSON numbers: 1500000000 → "1.5".
func (a Amount) Number() string {
	sign := ""
	u := uint64(a)
	if a < 0 {
		sign, u = "-", uint64(-a)
	}
	return sign + decimal(u, 9, 0)
}

// MarshalJSON writes the amount as a JSON number in USD, exactly.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.Number()), nil }

// UnmarshalJSON reads what MarshalJSON wrote, exactly.
func (a *Amount) UnmarshalJSON(text []byte) error {
	read, err := ParseUSD(string(text))
	if err == nil {
		*a = read
	}
	return err
}

// PerUnitUSD writes the rate in USD per unit, exactly: 3000000 → "0.000003".
func (r Rate) PerUnitUSD() string { return decimal(uint64(max(r, 0)), 12, 0) }

// PerMillionUSD writes the rate in USD per million units, exactly, with at least
// two decimals: 3000000 → "3.00".
func (r Rate) PerMillionUSD() string { return decimal(uint64(max(r, 0)), 6, 2) }

// ParseUSD reads a decimal string of US dollars exactly. More than nine decimals,
// a sign other than a leading minus, exponents and empty input are refused.
func ParseUSD(s string) (Amount, error) {
	neg := strings.HasPrefix(s, "-")
	u, err := parseDecimal(strings.TrimPrefix(s, "-"), 9, false)
	if err != nil {
		return 0, Errorf(Invalid, "%q is not an amount in US dollars: %s", clip(s), err)
	}
	if neg {
		return -Amount(u), nil
	}
	return Amount(u), nil
}

// ParseRatePerMillion reads "USD per million units" as published price lists write
// it. Digits beyond the sixth decimal are rounded half up: they are float dust of
// the sources (0.049999999999999996 is 0.05).
func ParseRatePerMillion(s string) (Rate, error) {
	u, err := parseDecimal(s, 6, true)
	if err != nil {
		return 0, Errorf(Invalid, "%q is not a price in US dollars per million: %s", clip(s), err)
	}
	return Rate(u), nil
}

// ParseRateTyped reads "USD per million units" as a person types it: more digits than a Rate holds
// are refused, not rounded.
func ParseRateTyped(s string) (Rate, error) {
	u, err := parseDecimal(s, 6, false)
	if err != nil {
		return 0, Errorf(Invalid, "%q is not a price in US dollars per million: %s", clip(s), err)
	}
	return Rate(u), nil
}

// ParseRatePerUnit reads "USD per unit", such as per image or per request.
func ParseRatePerUnit(s string) (Rate, error) {
	u, err := parseDecimal(s, 12, true)
	if err != nil {
		return 0, Errorf(Invalid, "%q is not a price in US dollars: %s", clip(s), err)
	}
	return Rate(u), nil
}

func decimal(u uint64, places, atLeast int) string {
	s := fmt.Sprintf("%0*d", places+1, u)
	whole, frac := s[:len(s)-places], s[len(s)-places:]
	for len(frac) > atLeast && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	if frac == "" {
		return whole
	}
	return whole + "." + frac
}

// parseDecimal reads digits[.digits] into an integer of 10^-places, refusing what
// does not fit in 63 bits.
func parseDecimal(s string, places int, round bool) (int64, error) {
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" && frac == "" {
		return 0, fmt.Errorf("it has no digits")
	}
	for _, part := range []string{whole, frac} {
		for i := 0; i < len(part); i++ {
			if part[i] < '0' || part[i] > '9' {
				return 0, fmt.Errorf("use digits and one decimal point")
			}
		}
	}
	up := false
	if len(frac) > places {
		if !round && strings.Trim(frac[places:], "0") != "" {
			return 0, fmt.Errorf("it has more than %d decimals", places)
		}
		up = round && frac[places] >= '5'
		frac = frac[:places]
	}
	digits := whole + frac + strings.Repeat("0", places-len(frac))
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		digits = "0"
	}
	u, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || (up && u == 1<<63-1) {
		return 0, fmt.Errorf("it is too large")
	}
	if up {
		u++
	}
	return u, nil
}

// MulCheck multiplies two non-negative integers and reports whether the product
// fits in an int64.
func MulCheck(a, b int64) (int64, bool) {
	if a < 0 || b < 0 {
		return 0, false
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi != 0 || lo > 1<<63-1 {
		return 0, false
	}
	return int64(lo), true
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
