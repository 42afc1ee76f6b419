package models_test

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"bourse/models"
)

func TestAmountsAreWrittenAndReadExactly(t *testing.T) {
	for _, c := range []struct {
		amount      models.Amount
		usd, number string
	}{
		{0, "0.00", "0"},
		{1, "0.000000001", "0.000000001"},
		{-1, "-0.000000001", "-0.000000001"},
		{models.NanoPerCent, "0.01", "0.01"},
		{1_500_000_000, "1.50", "1.5"},
		{1_234_500_000, "1.2345", "1.2345"},
		{-10 * models.NanoPerUSD, "-10.00", "-10"},
		{math.MaxInt64, "9223372036.854775807", "9223372036.854775807"},
		{-math.MaxInt64, "-9223372036.854775807", "-9223372036.854775807"},
	} {
		if got := c.amount.USD(); got != c.usd {
			t.Errorf("%d in dollars is %s, not %s", c.amount, got, c.usd)
		}
		if got := c.amount.Number(); got != c.number {
			t.Errorf("%d as a number is %s, not %s", c.amount, got, c.number)
		}
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 100_000 {
		a := models.Amount(rng.Uint64()) >> rng.IntN(64)
		if a == math.MinInt64 {
			continue // has no opposite, and no account comes near it
		}
		for _, text := range []string{a.USD(), a.Number()} {
			if back, err := models.ParseUSD(text); err != nil || back != a {
				t.Fatalf("%d was written as %s and read as %d: %v", a, text, back, err)
			}
		}
		body, err := json.Marshal(map[string]models.Amount{"a": a})
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]models.Amount
		if err := json.Unmarshal(body, &back); err != nil || back["a"] != a {
			t.Fatalf("%d went through JSON as %s and came back as %d: %v", a, body, back["a"], err)
		}
	}
}

func TestAmountsThatAreNoneAreRefused(t *testing.T) {
	for _, text := range []string{"", "-", ".", "-.", "--1", "+1", "1e3", "0x10", "1,5", "1 000", " 1", "1 ", "$1", "1.2.3", "١", "NaN", "Inf",
		"0.0000000001", "9223372036.854775808", "-9223372036.854775808", "99999999999999999999", "1\x00"} {
		if a, err := models.ParseUSD(text); models.CodeOf(err) != models.Invalid {
			t.Errorf("%q was read as %d: %v", text, a, err)
		}
	}
	long := strings.Repeat("9", 1<<16)
	if _, err := models.ParseUSD(long); err == nil || len(err.Error()) > 200 {
		t.Errorf("what is very long is quoted at length or taken: %.80s", err)
	}
	for text, want := range map[string]models.Amount{"1.": models.NanoPerUSD, ".5": models.NanoPerUSD / 2, "007": 7 * models.NanoPerUSD,
		"-0": 0, "0.0000000010000": 1, "1.00": models.NanoPerUSD} {
		if a, err := models.ParseUSD(text); err != nil || a != want {
			t.Errorf("%q is %d, not %d: %v", text, a, want, err)
		}
	}
}

func TestRatesForgiveTheDustOfFloats(t *testing.T) {
	for text, want := range map[string]models.Rate{"0.049999999999999996": 50_000, "0.1": 100_000, "3": 3_000_000, "15.00": 15_000_000,
		"0.30000000000000004": 300_000, "0": 0, "0.0000005": 1, "0.00000049": 0} {
		r, err := models.ParseRatePerMillion(text)
		if err != nil || r != want {
			t.Errorf("%s per million is %d, not %d: %v", text, r, want, err)
		}
	}
	if r, err := models.ParseRatePerUnit("0.04"); err != nil || r != 40_000_000_000 {
		t.Errorf("4 cents a piece are %d: %v", r, err)
	}
	if got := models.Rate(3_000_000).PerUnitUSD(); got != "0.000003" {
		t.Errorf("per unit %s", got)
	}
	if got := models.Rate(3_000_000).PerMillionUSD(); got != "3.00" {
		t.Errorf("per million %s", got)
	}
	for _, text := range []string{"-1", "1e-6", "", "free"} {
		if r, err := models.ParseRatePerMillion(text); err == nil {
			t.Errorf("%q was read as %d", text, r)
		}
	}
}

func TestProductsThatDoNotFitAreNoticed(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 100_000 {
		a, b := rng.Int64()>>rng.IntN(63), rng.Int64()>>rng.IntN(63)
		exact := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		got, ok := models.MulCheck(a, b)
		if ok != exact.IsInt64() || ok && got != exact.Int64() {
			t.Fatalf("%d times %d is %s; it said %d, %t", a, b, exact, got, ok)
		}
	}
	if _, ok := models.MulCheck(-1, 1); ok {
		t.Error("a negative count was taken")
	}
}

// FuzzParseUSD compares what is read with the same text read as a fraction of any size.
func FuzzParseUSD(f *testing.F) {
	for _, s := range []string{"0", "1.5", "-0.000000001", "9223372036.854775807", "1e9", ".", "00.10", "0.1234567891", "1/3", "-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := models.ParseUSD(s)
		if err != nil {
			if models.CodeOf(err) != models.Invalid {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if strings.Trim(s, "-.0123456789") != "" {
			t.Fatalf("%q was taken", s)
		}
		exact, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("%q was taken and is no number", s)
		}
		if exact.Mul(exact, big.NewRat(models.NanoPerUSD, 1)); exact.Cmp(new(big.Rat).SetInt64(int64(a))) != 0 {
			t.Fatalf("%q was read as %d", s, a)
		}
		if back, err := models.ParseUSD(a.USD()); err != nil || back != a {
			t.Fatalf("%q became %s became %d: %v", s, a.USD(), back, err)
		}
	})
}
