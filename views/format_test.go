package views_test

import (
	"math"
	"testing"
	"time"

	"bourse/views"
)

func TestMoney(t *testing.T) {
	for nano, want := range map[int64]string{
		0: "$0.00", 1: "$0.00", 12_409_999_999: "$12.40", 9_999_999_999: "$9.99",
		1_234_567_000_000_000: "$1,234,567.00", -1: "−$0.01", -10_000_000: "−$0.01", -10_000_001: "−$0.02",
	} {
		if got := views.Money(nano); got != want {
			t.Errorf("Money(%d) = %s, want %s", nano, got, want)
		}
	}
	for nano, want := range map[int64]string{
		0: "$0.00", 1: "$0.000000001", 1_234_500: "$0.0012345", 10_000_000_000: "$10.00", 1_500_000_000: "$1.50",
		-61_400: "−$0.0000614", 1_234_567_890_123_456_789: "$1,234,567,890.123456789",
		math.MinInt64: "−$9,223,372,036.854775808",
	} {
		if got := views.ExactMoney(nano); got != want {
			t.Errorf("ExactMoney(%d) = %s, want %s", nano, got, want)
		}
	}
	if got := views.SignedMoney(25_000_000_000); got != "+$25.00" {
		t.Errorf("SignedMoney = %s", got)
	}
}

func TestPricesAreNeverRounded(t *testing.T) {
	for pico, want := range map[int64]string{
		0: "Free", 37_500: "$0.0375", 1_050_000: "$1.05", 16_500_000: "$16.50", 3_000_000: "$3.00",
		1: "$0.000001", 871_860: "$0.87186", 1_200_000_000: "$1,200.00",
	} {
		if got := views.Price(pico); got != want {
			t.Errorf("Price(%d) = %s, want %s", pico, got, want)
		}
	}
	for pico, want := range map[int64]string{
		0: "Free", 40_000_000_000: "$0.04", 1_000_000_000_000: "$1.00", 1: "$0.000000000001", 5_250_000_000: "$0.00525",
	} {
		if got := views.UnitPrice(pico); got != want {
			t.Errorf("UnitPrice(%d) = %s, want %s", pico, got, want)
		}
	}
}

func TestCounts(t *testing.T) {
	for tokens, want := range map[int64]string{
		0: "—", 8192: "8K", 131072: "128K", 128000: "128K", 200000: "200K", 1048576: "1M", 1000000: "1M",
		1050000: "1.05M", 2097152: "2M", 163840: "160K", 512: "512", 10_000_000: "10M", 32000: "32K", 400000: "400K",
	} {
		if got := views.Context(tokens); got != want {
			t.Errorf("Context(%d) = %s, want %s", tokens, got, want)
		}
	}
	for n, want := range map[int64]string{
		0: "0", 999: "999", 9999: "9,999", 12_000: "12K", 5_400_000_000: "5.4B", 907_000_000_000: "907B", 1_240_000_000_000: "1.24T",
	} {
		if got := views.Tokens(n); got != want {
			t.Errorf("Tokens(%d) = %s, want %s", n, got, want)
		}
	}
	if got := views.Count(-1234567); got != "−1,234,567" {
		t.Errorf("Count = %s", got)
	}
	if got := views.Plural(1, "model", "models"); got != "1 model" {
		t.Errorf("Plural = %s", got)
	}
}

func TestPercent(t *testing.T) {
	for bps, want := range map[int64]string{0: "", 500: "5%", 525: "5.25%", 50: "0.5%"} {
		if got := views.Percent(bps); got != want {
			t.Errorf("Percent(%d) = %s, want %s", bps, got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	at := time.Date(2026, 11, 22, 14, 3, 9, 0, time.UTC)
	for got, want := range map[string]string{
		views.Date(at):                         "22 Nov 2026",
		views.Date(time.Time{}):                "—",
		views.Day("2026-08-02"):                "2 Aug 2026",
		views.Day("2024"):                      "2024",
		views.Moment(at):                       "22 Nov 2026, 14:03:09",
		views.Ago(at, at.Add(30*time.Second)):  "just now",
		views.Ago(at, at.Add(5*time.Minute)):   "5 min ago",
		views.Ago(at, at.Add(23*time.Hour)):    "23 h ago",
		views.Ago(at, at.Add(24*time.Hour)):    "22 Nov 2026",
		views.Ago(time.Time{}, at):             "never",
		views.Seconds(1240 * time.Millisecond): "1.24 s",
		views.ModelHref("openai/gpt-5.5"):      "/models/openai/gpt-5.5",
		views.ModelHref(`bad/"><script>`):      "/models/bad/%22%3E%3Cscript%3E",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
