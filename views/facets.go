package views

import (
	"context"
	"html"
	"io"
	"strconv"

	"github.com/a-h/templ"
)

// facetOptions draws the answers of a group. It is written by hand because a list has two hundred
// of them, of which each has its own count: as a template they cost more than all rows.
func facetOptions(g FacetGroup, list []FacetOption) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		b := make([]byte, 0, 160*len(list))
		for _, o := range list {
			b = o.append(b, g)
		}
		_, err := w.Write(b)
		return err
	})
}

func (o FacetOption) append(b []byte, g FacetGroup) []byte {
	b = append(b, `<label class="`...)
	b = append(b, o.class()...)
	b = append(b, `"><input type="`...)
	b = append(b, g.control()...)
	b = append(b, `" name="`...)
	b = append(b, html.EscapeString(o.param(g))...)
	b = append(b, `" value="`...)
	b = append(b, html.EscapeString(o.Value)...)
	b = append(b, '"')
	if o.On {
		b = append(b, ` checked`...)
	}
	if o.Count == 0 && !o.On {
		b = append(b, ` disabled`...)
	}
	b = append(b, `><span>`...)
	b = append(b, html.EscapeString(o.Text)...)
	b = append(b, `</span>`...)
	if o.Count >= 0 {
		b = append(b, `<span class="option-count">`...)
		if o.Count < 1000 {
			b = strconv.AppendInt(b, o.Count, 10)
		} else {
			b = append(b, Count(o.Count)...)
		}
		b = append(b, `</span>`...)
	}
	return append(b, `</label>`...)
}
