package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"bourse/models"
)

// ask sends a request through the door that answers what is ready, and reports whether the site
// behind it was asked as well.
func ask(s *site, method, path string, header map[string]string) (*http.Response, bool) {
	asked := false
	door := s.server.Ready(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = true
		s.e.ServeHTTP(w, r)
	}))
	r := httptest.NewRequest(method, path, nil)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return w.Result(), asked
}

func TestSecondVisitorIsAnsweredFromMemory(t *testing.T) {
	s := newSite(t, nil)
	packed := map[string]string{"Accept-Encoding": "zstd"}
	first, asked := ask(s, "GET", "/models?q=gpt&q=qwen", packed)
	if !asked || first.StatusCode != 200 {
		t.Fatalf("the first visitor: asked %t, status %d", asked, first.StatusCode)
	}
	second, asked := ask(s, "GET", "/models?q=gpt&q=qwen", packed)
	if asked {
		t.Fatal("the second visitor is not answered from memory")
	}
	if read(t, first) != read(t, second) {
		t.Error("the second visitor sees another page")
	}
	for name := range first.Header {
		a, b := first.Header.Get(name), second.Header.Get(name)
		switch name {
		case "X-Request-Id":
			if a == b {
				t.Errorf("both requests have the id %q", b)
			}
		case "Server-Timing":
		default:
			if a != b {
				t.Errorf("%s: %q and then %q", name, a, b)
			}
		}
	}
	for _, other := range []map[string]string{nil, {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "zstd", "X-Partial": "1"}} {
		if _, asked := ask(s, "GET", "/models?q=gpt&q=qwen", other); !asked {
			t.Errorf("%v is answered with what somebody else asked for", other)
		}
	}
}

func TestReadyAnswersKnowNobody(t *testing.T) {
	s := newSite(t, nil)
	ask(s, "GET", "/models", nil)
	for _, cookie := range []string{"theme=dark", "session=x", "flash=x"} {
		if _, asked := ask(s, "GET", "/models", map[string]string{"Cookie": cookie}); !asked {
			t.Errorf("whoever sends %s gets the page of those who send nothing", cookie)
		}
	}
	ask(s, "GET", "/providers", map[string]string{"Cookie": "theme=dark"})
	if _, asked := ask(s, "GET", "/providers", nil); !asked {
		t.Error("the page of one who sent a cookie is given to others")
	}
	if _, asked := ask(s, "POST", "/models", nil); !asked {
		t.Error("a form was answered from memory")
	}
	if res, asked := ask(s, "GET", "/models/no/such", nil); !asked || res.StatusCode != 404 {
		t.Errorf("status %d", res.StatusCode)
	}
	if _, asked := ask(s, "GET", "/models/no/such", nil); !asked {
		t.Error("an error page is kept")
	}
}

func TestReadyAnswersHeadAndConditions(t *testing.T) {
	s := newSite(t, nil)
	first, _ := ask(s, "GET", "/", nil)
	head, asked := ask(s, "HEAD", "/", nil)
	if asked || head.StatusCode != 200 || read(t, head) != "" || head.Header.Get("Content-Length") != first.Header.Get("Content-Length") {
		t.Errorf("HEAD: asked %t, status %d, length %s", asked, head.StatusCode, head.Header.Get("Content-Length"))
	}
	same, asked := ask(s, "GET", "/", map[string]string{"If-None-Match": first.Header.Get("ETag")})
	if asked || same.StatusCode != http.StatusNotModified || read(t, same) != "" {
		t.Errorf("a page that did not change: asked %t, status %d", asked, same.StatusCode)
	}
}

func TestReadyAnswersEndWithTheirCatalogue(t *testing.T) {
	s := newSite(t, nil)
	ask(s, "GET", "/models", nil)
	endpoint := models.Endpoint{Model: "test/new", Provider: "p0", Tag: "p0", ProviderModelID: "x", Status: "active", PriceSource: "test",
		Pricing: models.Pricing{Rates: models.Rates{models.UnitInput: 2, models.UnitOutput: 3}}}
	if err := s.c.SetExtra(t.Context(), []models.Model{invented("test/new")}, []models.Endpoint{endpoint},
		[]models.Provider{{Slug: "p0", Name: "P0", Kind: "host", Dialect: "openai"}}); err != nil {
		t.Fatal(err)
	}
	if _, asked := ask(s, "GET", "/models", nil); !asked {
		t.Error("the list of yesterday is answered")
	}
}

func TestKeptPagesAreBounded(t *testing.T) {
	s := newSite(t, nil)
	for i := range 400 {
		ask(s, "GET", "/models?per=20&min_price=0."+string(rune('0'+i%10))+string(rune('0'+i/10%10))+string(rune('0'+i/100)), nil)
	}
	if n, most := s.server.Kept(); n > most {
		t.Errorf("%d bytes are kept, more than %d", n, most)
	}
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
