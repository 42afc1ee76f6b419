package wire_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"bourse/app/wire"
)

// sameReadTwice holds the quick reading of a body against jsontext, and against the slow reading,
// which a name with an escape brings about.
func sameReadTwice(t *testing.T, body []byte, r *wire.ChatRequest, fault *wire.Error) {
	t.Helper()
	if valid := jsontext.Value(body).IsValid(); fault == nil && !valid {
		t.Fatalf("accepted what jsontext refuses: %s", body)
	}
	rest, found := bytes.CutPrefix(body, []byte("{"))
	if !found || len(bytes.TrimSpace(rest)) < 2 || bytes.Contains(body, []byte("_slow")) {
		return
	}
	slow, again := wire.ParseChat(append([]byte(`{"\u005fslow":1,`), rest...))
	if (fault == nil) != (again == nil) {
		t.Fatalf("quick: %v, slow: %v", fault, again)
	}
	if fault == nil && (slow.TokensEstimate != r.TokensEstimate || slow.HoldTokens() != r.HoldTokens() || slow.Opening != r.Opening ||
		slow.Messages != r.Messages || slow.Images != r.Images || slow.Model != r.Model) {
		t.Fatalf("quick: %+v\nslow: %+v", r, slow)
	}
}

// TestQuickReading is that the quick reading of a body refuses what the careful one does.
func TestQuickReading(t *testing.T) {
	for name, c := range map[string]struct {
		messages string
		fine     bool
	}{
		"plain":                    {`[{"role":"user","content":"Hi"}]`, true},
		"a name twice":             {`[{"role":"user","content":"Hi","content":"Ho"}]`, false},
		"a name twice in a part":   {`[{"role":"user","content":[{"type":"text","text":"a","text":"b"}]}]`, false},
		"a name twice, escaped":    {`[{"role":"user","content":"Hi","c\u006fntent":"Ho"}]`, false},
		"a name twice, far inside": {`[{"role":"user","content":"Hi","x":[{"y":{"z":1,"z":2}}]}]`, false},
		"one name in two objects":  {`[{"role":"user","content":"Hi","x":{"y":1},"y":{"y":2}}]`, true},
		"a pair of surrogates":     {`[{"role":"user","content":"\ud83d\ude00"}]`, true},
		"half a pair":              {`[{"role":"user","content":"\ud83d"}]`, false},
		"half a pair elsewhere":    {`[{"role":"user","content":"x","name":"\ude00"}]`, false},
		"invalid UTF-8":            {"[{\"role\":\"user\",\"content\":\"\xff\"}]", false},
		"invalid UTF-8 in a part":  {"[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"long enough for a block \xc3\"}]}]", false},
		"a control character":      {"[{\"role\":\"user\",\"content\":\"a\nb\"}]", false},
		"a wrong escape":           {`[{"role":"user","content":"\x"}]`, false},
		"an escaped quote":         {`[{"role":"user","content":"say \"hi\" and \\"}]`, true},
		"many names":               {`[{"role":"user","content":"x",` + manyNames(200) + `}]`, true},
		"too deep":                 {`[{"role":"user","content":"x","y":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}]`, false},
		"a comma too many":         {`[{"role":"user","content":"x"},]`, false},
		"not closed":               {`[{"role":"user","content":"x"`, false},
	} {
		for _, body := range []string{`{"model":"a/b","messages":` + c.messages + `}`, ` {"messages" : ` + c.messages + ` , "model":"a/b" } `} {
			r, fault := wire.ParseChat([]byte(body))
			if (fault == nil) != c.fine {
				t.Errorf("%s: %v", name, fault)
			}
			sameReadTwice(t, []byte(body)[strings.IndexByte(body, '{'):], r, fault)
		}
	}
}

func manyNames(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(`"n%d":{"a":1}`, i)
	}
	return strings.Join(names, ",")
}
