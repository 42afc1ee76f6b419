package views

import (
	"strconv"
	"strings"
	"time"
)

const (
	nanoPerDollar = 1_000_000_000
	nanoPerCent   = nanoPerDollar / 100
)

// Money writes an amount of nano-USD with two decimals for summaries, rounded down, so that nobody
// is shown a cent that is not there: 12,409,999,999 → "$12.40", −1 → "−$0.01".
func Money(nano int64) string {
	cents := nano / nanoPerCent
	if nano < 0 && nano%nanoPerCent != 0 {
		cents--
	}
	sign := ""
	if cents < 0 {
		sign, cents = "−", -cents
	}
	return sign + "$" + group(cents/100) + "." + pad(cents%100, 2)
}

// ExactMoney writes an amount of nano-USD with every digit it has, at least two decimals:
// 1,234,500 → "$0.0012345".
func ExactMoney(nano int64) string {
	sign, u := "", uint64(nano)
	if nano < 0 {
		sign, u = "−", -u
	}
	frac := pad(int64(u%nanoPerDollar), 9)
	for len(frac) > 2 && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	return sign + "$" + group(int64(u/nanoPerDollar)) + "." + frac
}

// SignedMoney is ExactMoney with a plus before what comes in.
func SignedMoney(nano int64) string {
	if nano > 0 {
		return "+" + ExactMoney(nano)
	}
	return ExactMoney(nano)
}

// Price writes a price of pico-USD per token as dollars per million, exact, with at least two
// decimals; zero is "Free": 3,000,000 → "$3.00", 37,500 → "$0.0375".
func Price(pico int64) string {
	if pico == 0 {
		return "Free"
	}
	return "$" + decimal(pico, 6)
}

// UnitPrice writes a price of pico-USD per piece (an image, a request) as dollars, exact.
func UnitPrice(pico int64) string {
	if pico == 0 {
		return "Free"
	}
	return "$" + decimal(pico, 12)
}

func decimal(u int64, places int) string {
	scale := int64(1)
	for range places {
		scale *= 10
	}
	frac := pad(u%scale, places)
	for len(frac) > 2 && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	return group(u/scale) + "." + frac
}

// ExactPico writes an amount of pico-USD with every digit it has, at least two decimals:
// 450,000,000 → "$0.00045".
func ExactPico(pico int64) string { return "$" + decimal(pico, 12) }

// Percent writes basis points: 500 → "5%", 525 → "5.25%"; 0 → "".
func Percent(bps int64) string {
	if bps == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(bps)/100, 'f', -1, 64) + "%"
}

// Count writes a whole number in groups of three: 1234567 → "1,234,567".
func Count(n int64) string {
	if n < 0 {
		return "−" + group(-n)
	}
	return group(n)
}

// Context writes a number of tokens as people say it: by 1,000 where that divides, else by 1,024:
// 128000 and 131072 are both "128K", 1048576 is "1M"; 0 is "—".
func Context(tokens int64) string {
	const ki, mi, k, m = 1 << 10, 1 << 20, 1000, 1_000_000
	switch {
	case tokens <= 0:
		return "—"
	case tokens >= m && tokens%k == 0:
		return short(tokens, m) + "M"
	case tokens%k == 0:
		return strconv.FormatInt(tokens/k, 10) + "K"
	case tokens >= mi && tokens%mi == 0:
		return strconv.FormatInt(tokens/mi, 10) + "M"
	case tokens >= ki && tokens%ki == 0 && tokens < mi:
		return strconv.FormatInt(tokens/ki, 10) + "K"
	case tokens >= m:
		return short(tokens, m) + "M"
	case tokens >= k:
		return short(tokens, k) + "K"
	}
	return strconv.FormatInt(tokens, 10)
}

// Tokens writes a large count of tokens with three digits: 907000000000 → "907B".
func Tokens(n int64) string {
	switch {
	case n >= 1_000_000_000_000:
		return short(n, 1_000_000_000_000) + "T"
	case n >= 1_000_000_000:
		return short(n, 1_000_000_000) + "B"
	case n >= 1_000_000:
		return short(n, 1_000_000) + "M"
	case n >= 10_000:
		return short(n, 1000) + "K"
	}
	return Count(n)
}

// short divides and keeps three digits, dropping decimals that are zero: 1240 of 1000 → "1.24".
func short(n, unit int64) string {
	whole := n / unit
	decimals := 2
	if whole >= 100 {
		decimals = 0
	} else if whole >= 10 {
		decimals = 1
	}
	s := strconv.FormatFloat(float64(n)/float64(unit), 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Date writes a day: "22 Nov 2026"; the zero time is "—".
func Date(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.UTC().Format("2 Jan 2006")
}

// Day writes a day that is kept as YYYY-MM-DD; anything else comes back as it is, "" as "—".
func Day(iso string) string {
	if iso == "" {
		return "—"
	}
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return Date(t)
}

// Moment writes day and time of day, UTC: "22 Nov 2026, 14:03:09".
func Moment(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.UTC().Format("2 Jan 2006, 15:04:05")
}

// Ago writes how long ago t was, when that is less than a day, and the date otherwise.
func Ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return "never"
	case d < 0 || d >= 24*time.Hour:
		return Date(t)
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min ago"
	}
	return strconv.Itoa(int(d/time.Hour)) + " h ago"
}

// Seconds writes a duration as seconds with two decimals: "1.24 s"; zero is "—".
func Seconds(d time.Duration) string {
	if d <= 0 {
		return "—"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
}

// Plural writes a count with its word: 1 "model", 2 "models".
func Plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func pad(n int64, width int) string {
	s := strconv.FormatInt(n, 10)
	return strings.Repeat("0", max(0, width-len(s))) + s
}

// Plain writes a whole number for a program.
func Plain(n int64) string { return strconv.FormatInt(n, 10) }
