package web_test

import (
	"net/http"
	"strings"
	"testing"

	"bourse/models"
	"bourse/seeds"
)

func TestRetiredModelIsGoneAndSaysWhatToUse(t *testing.T) {
	s := newSite(t, nil)
	version, err := seeds.Version()
	if err != nil {
		t.Fatal(err)
	}
	var offers []models.Endpoint
	for _, o := range s.c.Current().Model("openai/gpt-4o").Endpoints {
		e := o.Endpoint
		e.Status = "retired"
		offers = append(offers, e)
	}
	if err := s.db.PutEndpoints(t.Context(), version, offers); err != nil {
		t.Fatal(err)
	}
	if err := s.c.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	res := s.get("/models/openai/gpt-4o")
	if res.StatusCode != http.StatusGone {
		t.Fatalf("status %d", res.StatusCode)
	}
	doc := parse(t, res)
	if text := doc.Find("[data-testid=retired]").Text(); !strings.Contains(text, "GPT-4o is retired") || !strings.Contains(text, "$4.375") {
		t.Errorf("says %q", text)
	}
	first := doc.Find("[data-testid=substitutes] tbody tr").First()
	if href, _ := first.Find("a").Attr("href"); !strings.HasPrefix(href, "/models/openai/") || !strings.ContainsAny(first.Text(), "▼▲=") {
		t.Errorf("first successor %q", first.Text())
	}
	if res := s.get("/models/openai/gpt-4o/prices.csv"); res.StatusCode != http.StatusOK {
		t.Errorf("its prices: status %d", res.StatusCode)
	}
	if n := s.page("/models?q=openai/gpt-4o").Find("a[href='/models/openai/gpt-4o']").Length(); n != 0 {
		t.Error("it is still on the list")
	}
}

func TestCheaperModels(t *testing.T) {
	s := newSite(t, nil)
	rows := s.page("/models/openai/gpt-4o").Find("[data-testid=substitutes] tbody tr")
	if rows.Length() == 0 || strings.Contains(rows.Text(), "▲") {
		t.Errorf("cheaper: %q", rows.Text())
	}
}
