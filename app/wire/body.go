package wire

import (
	"strings"

	"github.com/tidwall/gjson"
)

// membered is what members can be asked of by their path.
type membered interface {
	Get(path string) gjson.Result
}

// body is the object that a request consists of, checked as strictly as a chat request. Its members
// are found without reading through all of it for each.
type body struct {
	text  string
	pairs []pair
}

// readObject reads a request's object for a translation.
func readObject(raw []byte) (*body, *Error) {
	pairs, fault := readJSON(raw, nil, nil)
	if fault != nil {
		return nil, fault
	}
	return &body{string(raw), pairs}, nil
}

func (b *body) at(i int) gjson.Result {
	p := b.pairs[i]
	return gjson.Parse(b.text[p.at : p.at+len(p.value)])
}

// Get finds a member, or what its value has at the rest of the path.
func (b *body) Get(path string) gjson.Result {
	name, rest, nested := strings.Cut(path, ".")
	for i := range b.pairs {
		if string(b.pairs[i].name) != name {
			continue
		}
		if nested {
			return b.at(i).Get(rest)
		}
		return b.at(i)
	}
	return gjson.Result{}
}

// each calls do with every member, until it returns false.
func (b *body) each(do func(name string, value gjson.Result) bool) {
	for i := range b.pairs {
		if !do(string(b.pairs[i].name), b.at(i)) {
			return
		}
	}
}
