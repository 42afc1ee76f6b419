package pricefile_test

import (
	"fmt"
	"strings"
	"testing"

	"bourse/app/pricefile"
	"bourse/models"
)

func own(offers string) string {
	return `{"format":"bourse-catalogue/1","source":"a test","providers":[{"slug":"example","name":"Example","dialect":"openai"}],
	"models":[{"id":"example/tiny","name":"Tiny"},{"id":"example/big","name":"Big","type":"chat"}],"offers":[` + offers + `]}`
}

func offer(prices string) string {
	return `{"model":"example/tiny","provider":"example","upstream":"tiny-1","prices":` + prices + `}`
}

func read(t *testing.T, text string) *pricefile.File {
	t.Helper()
	f, err := pricefile.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestOwnFormat(t *testing.T) {
	f := read(t, own(offer(`{"input":"0.15","output":0.6,"cache_read":"$0.0375"}`)+`,
		{"model":"example/big","provider":"example","tag":"example/fast","prices":{"input":3,"output":"15","image":"0.04"},"tiers":[{"above":200000,"prices":{"input":6,"output":22.5}}]}`))
	if len(f.Refused) > 0 || len(f.Offers) != 2 || f.Source != "a test" || f.Partial {
		t.Fatalf("%+v", f)
	}
	got := f.Offers[0].Endpoint
	if got.Tag != "example" || got.ProviderModelID != "tiny-1" || got.Pricing.Rates[models.UnitInput] != 150_000 ||
		got.Pricing.Rates[models.UnitOutput] != 600_000 || got.Pricing.Rates[models.UnitCacheRead] != 37_500 {
		t.Errorf("%+v", got)
	}
	if tier := f.Offers[1].Endpoint.Pricing.Tiers; len(tier) != 1 || tier[0].ContextGT != 200_000 || tier[0].Rates[models.UnitOutput] != 22_500_000 {
		t.Errorf("tiers %+v", tier)
	}
	if rate := f.Offers[1].Endpoint.Pricing.Rates[models.UnitImage]; rate != 40_000_000_000 {
		t.Errorf("per picture %d", rate)
	}
}

func TestBadLinesAreRefusedAlone(t *testing.T) {
	good := `{"model":"example/big","provider":"example","prices":{"input":1,"output":2}}`
	for bad, why := range map[string]string{
		offer(`{"input":"0.15"}`):                                    "output is missing",
		offer(`{"output":"0.15"}`):                                   "input is missing",
		offer(`{}`):                                                  "no price",
		offer(`null`):                                                "no price",
		offer(`{"input":null,"output":1}`):                           "is missing",
		offer(`{"input":-1,"output":1}`):                             "negative",
		offer(`{"input":"-0.5","output":1}`):                         "negative",
		offer(`{"input":"cheap","output":1}`):                        "no price (cheap)",
		offer(`{"input":"1,5","output":1}`):                          "no price",
		offer(`{"input":"NaN","output":1}`):                          "no price",
		offer(`{"input":[1],"output":1}`):                            "no price",
		offer(`{"input":1e99,"output":1}`):                           "no price",
		offer(`{"input":1e999999999,"output":1}`):                    "no price",
		offer(`{"input":0.00000015,"output":0.0000006}`):             "per token",
		offer(`{"input":1.5e-07,"output":6e-07}`):                    "per token",
		offer(`{"input":0.00015,"output":0.0006}`):                   "per thousand",
		offer(`{"input":150000,"output":600000}`):                    "no model costs so much",
		offer(`{"input":1,"output":2,"cache_read":3}`):               "cached token costs more",
		offer(`{"input":1,"output":2,"per_minute":3}`):               "no unit",
		`{"model":"tiny","provider":"example","prices":{"input":1}}`: "author/name",
		`{"model":"example/tiny","provider":"example","tag":"other","prices":{"input":1,"output":1}}`:                               "tag has to be",
		`{"model":"example/tiny","provider":"example","context_length":-5,"prices":{"input":1,"output":1}}`:                         "limit",
		`{"model":"example/tiny","provider":"example","prices":{"input":1,"output":1},"tiers":[{"above":5,"prices":{"input":-1}}]}`: "negative",
		`{"model":"example/tiny","provider":"example","prices":{"input":1,"output":1},"tiers":[{"above":0,"prices":{"input":1}}]}`:  "tiers do not rise",
		`7`: "cannot be read",
	} {
		f := read(t, own(bad+","+good))
		if len(f.Refused) != 1 || !strings.Contains(f.Refused[0].Why, why) {
			t.Errorf("%s: refused %v, want “%s”", bad, f.Refused, why)
		}
		if len(f.Offers) != 1 || f.Offers[0].Endpoint.Model != "example/big" {
			t.Errorf("%s: the line beside it is lost", bad)
		}
	}
}

func TestDoublesAreRefused(t *testing.T) {
	f := read(t, own(offer(`{"input":1,"output":2}`)+","+offer(`{"input":3,"output":4}`)))
	if len(f.Offers) != 0 || len(f.Refused) != 2 || !strings.Contains(f.Refused[0].Why, "2 times") {
		t.Errorf("%d offers, refused %v", len(f.Offers), f.Refused)
	}
	dev := read(t, `{"groq":{"id":"groq","models":{"a":`+dev("1", "2")+`,"b":`+dev("1", "2")+`,"a":`+dev("5", "6")+`}}}`)
	if len(dev.Offers) != 1 || len(dev.Refused) != 2 {
		t.Errorf("models.dev: %d offers, refused %v", len(dev.Offers), dev.Refused)
	}
}

// dev is a model as models.dev writes it.
func dev(input, output string) string {
	return fmt.Sprintf(`{"id":"a","name":"A","reasoning":true,"temperature":true,"tool_call":{"supported":true},"release_date":"2026-01-02","last_updated":"2026-02",
	"modalities":{"input":["text","pdf","image"],"output":["text"]},"open_weights":true,"limit":{"context":200000,"output":8192},
	"cost":{"input":%s,"output":%s,"context_over_200k":{"input":10,"output":20}}}`, input, output)
}

func TestModelsDev(t *testing.T) {
	f := read(t, `{"google":{"id":"google","models":{"gemini-x":`+dev("1.25", "10")+`,"bad":`+dev("-1", "10")+`,
		"veo":{"id":"veo","name":"Veo","modalities":{"input":["text"],"output":["video"]}},"free":{"id":"free","name":"F","modalities":{"output":["text"]}}}},"broken":7}`)
	if !f.Partial || len(f.Offers) != 1 || f.Unpriced != 1 || len(f.Complete) != 1 || f.Complete[0] != "google-ai-studio" {
		t.Fatalf("%+v", f)
	}
	if len(f.Refused) != 3 {
		t.Errorf("refused %v", f.Refused)
	}
	o := f.Offers[0]
	if e := o.Endpoint; e.Provider != "google-ai-studio" || e.ProviderModelID != "gemini-x" || e.Pricing.Rates[models.UnitInput] != 1_250_000 ||
		len(e.Pricing.Tiers) != 1 || e.Pricing.Tiers[0].ContextGT != 200_000 || e.ContextLength != 200_000 {
		t.Errorf("%+v", e)
	}
	if m := o.Facts; !m.Tools || !m.Reasoning || m.Created != "2026-01-02" || strings.Join(m.InputModalities, " ") != "text file image" {
		t.Errorf("%+v", m)
	}
}

func TestWhatIsNoPriceListIsAnError(t *testing.T) {
	for text, why := range map[string]string{
		"":                              "not a JSON object",
		"<html>":                        "not a JSON object",
		"[1,2]":                         "not a JSON object",
		"{\n\"a\":\n}":                  "line 3",
		"{}":                            "neither",
		`{"data":[{"id":"x"}]}`:         "neither",
		`{"format":"else","offers":[]}`: "its format is",
		`{"format":"bourse-catalogue/1","offers":[]}`: "no offers",
		`{"format":"bourse-catalogue/1","offers":{}}`: "cannot be read",
		strings.Repeat(`{"a":`, 100):                  "nested",
	} {
		if _, err := pricefile.Read([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40q: %v, want “%s”", text, err, why)
		}
	}
}

func TestNothingOfAFileReachesATerminalAsACommand(t *testing.T) {
	f := read(t, own(`{"model":"\u001b[2Jexample\u0007/x","provider":"example","prices":{"input":"\u001b[31m"}}`))
	for _, r := range f.Refused {
		if strings.ContainsAny(r.Where+r.Why, "\x1b\x07") {
			t.Errorf("%q: %q", r.Where, r.Why)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(own(offer(`{"input":"0.15","output":0.6}`)))
	f.Add(`{"google":{"id":"google","models":{"gemini-x":` + dev("1.25", "10") + `}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := pricefile.Read([]byte(text))
		if err != nil {
			return
		}
		for _, o := range list.Offers {
			if len(o.Endpoint.Pricing.Rates) == 0 || o.Endpoint.Provider == "" || o.Endpoint.Tag == "" {
				t.Errorf("an offer without price or provider: %+v", o)
			}
			for _, r := range o.Endpoint.Pricing.Rates {
				if r < 0 {
					t.Errorf("a negative price: %+v", o)
				}
			}
		}
	})
}
