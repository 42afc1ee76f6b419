package views

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestFacetOptionsAreEscapedAndSayWhatTheyAre(t *testing.T) {
	var b strings.Builder
	g := FacetGroup{Name: "authors"}
	list := []FacetOption{
		{Value: `a"b`, Text: "<i>A & B</i>", Count: 1234},
		{Value: "off", Text: "Off", Count: 0},
		{Value: "on", Text: "On", Count: 0, On: true},
		{Name: "other", Value: "x", Text: "X", Count: -1},
	}
	if err := facetOptions(g, list).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	inputs, labels := doc.Find("input"), doc.Find("label")
	if inputs.Length() != 4 || doc.Find("i").Length() != 0 {
		t.Fatalf("%s", b.String())
	}
	if v := inputs.Eq(0).AttrOr("value", ""); v != `a"b` || labels.Eq(0).Text() != "<i>A & B</i>1,234" {
		t.Errorf("value %q, text %q", v, labels.Eq(0).Text())
	}
	for i, want := range []struct{ disabled, checked bool }{{}, {disabled: true}, {checked: true}, {}} {
		_, disabled := inputs.Eq(i).Attr("disabled")
		_, checked := inputs.Eq(i).Attr("checked")
		if disabled != want.disabled || checked != want.checked {
			t.Errorf("option %d: disabled %t, checked %t", i, disabled, checked)
		}
	}
	if inputs.Eq(3).AttrOr("name", "") != "other" || labels.Eq(3).Find(".option-count").Length() != 0 {
		t.Error("an option of another name, without a count, is not drawn so")
	}
}
