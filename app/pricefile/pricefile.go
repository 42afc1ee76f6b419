// Package pricefile reads price lists that come from outside: our own format, and the public list
// of models.dev. It turns them into offers with exact prices and refuses, line by line, what cannot
// be a price.
//
// It does not know what the catalogue holds: what a list changes is for app/catalog to say.
package pricefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"bourse/models"
)

// BytesMax is the longest file that is read.
const BytesMax = 64 << 20

const (
	offersMax   = 100_000
	whereMax    = 160 // characters of a name from the file in our messages
	nestingMax  = 64
	tiersMax    = 8
	nameMax     = 200
	parametersN = 100
)

// Formats of price lists.
const (
	FormatOwn       = "bourse-catalogue/1"
	FormatModelsDev = "models.dev"
)

// File is a price list.
type File struct {
	Format    string
	Source    string // what stands beside each price that is taken from it
	Authors   []models.Author
	Providers []models.Provider
	Models    []models.Model
	Offers    []Offer
	Refused   []Refusal
	Unpriced  int // offers of kinds whose prices the list does not have
	// Complete are the providers of which the list claims to have every offer.
	Complete []string
	// Partial lists know some units only: those they do not name keep their price.
	Partial bool
}

// Offer is one line of a price list.
type Offer struct {
	Where string // in the file, for people
	// Endpoint is the offer. Its Model is "" where the list does not say whose model it is; then
	// Facts is what it says of the model under the provider's own name for it.
	Endpoint models.Endpoint
	Facts    models.Model
}

// Refusal is a line that was not taken, and why.
type Refusal struct {
	Where string
	Why   string
}

func (f *File) refuse(where, why string, args ...any) {
	f.Refused = append(f.Refused, Refusal{clip(where), fmt.Sprintf(why, args...)})
}

func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?' // a terminal obeys these
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > whereMax {
		return string(r[:whereMax]) + "…"
	}
	return s
}

// Read recognises the format of a price list and reads it. An error means that it is none.
func Read(data []byte) (*File, error) {
	if len(data) > BytesMax {
		return nil, fmt.Errorf("the file is longer than %d MB", BytesMax>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if err := shallow(data); err != nil {
		return nil, err
	}
	var top members
	if err := json.Unmarshal(data, &top); err != nil {
		return nil, fmt.Errorf("it is not a JSON object: %w", syntax(err, data))
	}
	var f *File
	var err error
	switch format := top.text("format"); {
	case format == FormatOwn:
		f, err = readOwn(data)
	case format != "":
		return nil, fmt.Errorf("its format is %q; this program reads %q and the api.json of models.dev", clip(format), FormatOwn)
	default:
		f, err = readModelsDev(top)
	}
	if err != nil {
		return nil, err
	}
	if len(f.Offers)+len(f.Refused)+f.Unpriced == 0 {
		return nil, errors.New("it has no offers")
	}
	if len(f.Offers) > offersMax {
		return nil, fmt.Errorf("it has more than %d offers", offersMax)
	}
	f.refuseDoubles()
	return f, nil
}

// refuseDoubles takes out offers that stand in the list twice: nobody can say which one counts.
func (f *File) refuseDoubles() {
	type key struct{ provider, name string }
	keyOf := func(o Offer) key {
		if o.Endpoint.Model != "" {
			return key{o.Endpoint.Model, o.Endpoint.Tag}
		}
		return key{o.Endpoint.Provider, o.Endpoint.ProviderModelID}
	}
	count := map[key]int{}
	for _, o := range f.Offers {
		count[keyOf(o)]++
	}
	kept := f.Offers[:0]
	for _, o := range f.Offers {
		if n := count[keyOf(o)]; n > 1 {
			f.refuse(o.Where, "it stands in the list %d times", n)
			continue
		}
		kept = append(kept, o)
	}
	f.Offers = kept
}

// members are the members of a JSON object in their order, doubles included.
type members []member

type member struct {
	name  string
	value json.RawMessage
}

// UnmarshalJSON reads an object.
func (m *members) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	open, err := d.Token()
	if err != nil {
		return err
	}
	if open != json.Delim('{') {
		return fmt.Errorf("%.20s is not an object", data)
	}
	*m = (*m)[:0]
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		*m = append(*m, member{name.(string), value})
	}
	return nil
}

// text is a member that is a string, "" when it is not.
func (m members) text(name string) string {
	for _, x := range m {
		if x.name == name {
			var s string
			if json.Unmarshal(x.value, &s) == nil {
				return s
			}
		}
	}
	return ""
}

// shallow refuses what is nested so deeply that no price list is.
func shallow(data []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > nestingMax {
				return errors.New("it is nested too deeply")
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// syntax says in which line a syntax error is.
func syntax(err error, data []byte) error {
	var wrong *json.SyntaxError
	if !errors.As(err, &wrong) {
		return err
	}
	line := 1 + bytes.Count(data[:min(int(wrong.Offset), len(data))], []byte("\n"))
	return fmt.Errorf("line %d: %w", line, err)
}
