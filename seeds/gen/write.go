package main

import (
	"bytes"
	"encoding/json"

	"bourse/seeds"
)

// lineWriter writes JSON with one record a line, so that a changed price is a changed line.
type lineWriter struct {
	buf bytes.Buffer
	err error
}

func (w *lineWriter) text(s string) { w.buf.WriteString(s) }

func (w *lineWriter) value(v any) {
	enc := json.NewEncoder(&w.buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil && w.err == nil {
		w.err = err
	}
	w.buf.Truncate(w.buf.Len() - 1) // the encoder ends every value with a newline
}

func writeArray[T any](w *lineWriter, list []T) {
	w.text("[")
	for i, v := range list {
		if i > 0 {
			w.text(",")
		}
		w.text("\n")
		w.value(v)
	}
	w.text("\n]\n")
}

func writeOffers(w *lineWriter, f seeds.OfferFile) {
	w.text("{\"parameter_sets\":")
	writeArray(w, f.ParameterSets)
	w.text(",\"offers\":")
	writeArray(w, f.Offers)
	w.text("}\n")
}
