package web_test

import "testing"

// wire is how many bytes a page is when it is packed as browsers ask for it.
func wire(t *testing.T, s *site, path string, header ...string) int {
	t.Helper()
	h := map[string]string{"Accept-Encoding": "gzip, deflate, br, zstd"}
	for _, name := range header {
		h[name] = "1"
	}
	res := s.do("GET", path, h, "")
	if res.StatusCode != 200 {
		t.Fatalf("%s: status %d", path, res.StatusCode)
	}
	return length(t, res)
}

func TestBudgets(t *testing.T) {
	s := newSite(t, nil)
	for _, b := range []struct {
		path    string
		most    int
		partial bool
	}{
		{"/", 10 << 10, false},
		{"/models", 16 << 10, false},
		{"/models?fmt=cards", 16 << 10, false},
		{"/models?per=1000", 48 << 10, false},
		{"/models?supported_parameters=tools", 14 << 10, true},
		{"/models/anthropic/claude-sonnet-4.5", 10 << 10, false},
		{"/models/anthropic/claude-sonnet-4.5?days=all", 10 << 10, false},
		{"/compare?m=openai/gpt-4o&m=anthropic/claude-sonnet-4.5&m=deepseek/deepseek-v3.2", 12 << 10, false},
		{"/providers", 10 << 10, false},
		{"/providers/azure", 16 << 10, false},
		{"/authors", 12 << 10, false},
		{"/market", 12 << 10, false},
		{"/prices", 12 << 10, false},
	} {
		header := []string{}
		if b.partial {
			header = append(header, "X-Partial")
		}
		n := wire(t, s, b.path, header...)
		t.Logf("%-90s %6d of %6d bytes", b.path, n, b.most)
		if n > b.most {
			t.Errorf("%s is %d bytes, more than %d", b.path, n, b.most)
		}
	}
}

// TestBudgetsWithUse has every model used, in other amounts each week.
func TestBudgetsWithUse(t *testing.T) {
	s := newSite(t, nil)
	withUse(t, s, 8)
	for _, b := range []struct {
		path string
		most int
	}{
		{"/models", 16 << 10}, {"/models?order=top-weekly", 16 << 10}, {"/models?order=most-popular", 16 << 10}, {"/models?per=1000", 48 << 10},
		{"/models/anthropic/claude-sonnet-4.5", 10 << 10}, {"/rankings", 12 << 10}, {"/rankings?by=accounts&view=month", 12 << 10},
	} {
		n := wire(t, s, b.path)
		t.Logf("%-90s %6d of %6d bytes", b.path, n, b.most)
		if n > b.most {
			t.Errorf("%s is %d bytes, more than %d", b.path, n, b.most)
		}
	}
	for path, most := range map[string]int{"/models": 3500, "/models/meta-llama/llama-3.3-70b-instruct": 1500, "/rankings": 3500} {
		n := s.page(path).Find("*").Length()
		t.Logf("%-50s %5d of %d", path, n, most)
		if n > most {
			t.Errorf("%s has %d elements, more than %d", path, n, most)
		}
	}
}

func TestLargeCatalogueKeepsTheBudget(t *testing.T) {
	s := newSite(t, nil)
	withManyModels(t, s)
	if n := len(s.c.Current().Models); n < 5000 {
		t.Fatalf("%d models", n)
	}
	if n := wire(t, s, "/models"); n > 16<<10 {
		t.Errorf("/models is %d bytes", n)
	}
}

func TestTenYearsOfHourlyPricesKeepTheBudget(t *testing.T) {
	s := newSite(t, nil)
	withHourlyPrices(t, s)
	for _, path := range []string{"/models/test/hourly?days=all", "/models/test/hourly?days=all&unit=input"} {
		if n := wire(t, s, path); n > 10<<10 {
			t.Errorf("%s is %d bytes", path, n)
		} else {
			t.Logf("%s: %d bytes", path, n)
		}
	}
}

func TestPagesHaveNoMoreElementsThanABrowserLikes(t *testing.T) {
	s := newSite(t, nil)
	for path, most := range map[string]int{
		"/": 800, "/models": 3500, "/models?fmt=cards": 4500, "/models/meta-llama/llama-3.3-70b-instruct": 1500,
		"/market": 2000, "/providers": 1500, "/prices": 3500,
	} {
		if n := s.page(path).Find("*").Length(); n > most {
			t.Errorf("%s has %d elements, more than %d", path, n, most)
		} else {
			t.Logf("%-50s %5d of %d", path, n, most)
		}
	}
}
