package web_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestPagesBearNonsense(t *testing.T) {
	s := newSite(t, nil)
	long := strings.Repeat("x", 10<<10)
	many := strings.Repeat("authors=a"+"&m=openai/gpt-4o,", 200)
	for _, c := range []struct {
		path   string
		status int
		says   string // somewhere on the page
	}{
		{"/models?context=abc&order=best&mix=7&price=cheap&fmt=gallery", 200, "context=abc"},
		{"/models?min_price=-1&max_price=NaN&page=0&per=100000&min_age_days=-4", 200, "min_price=-1"},
		{"/models?min_price=5&max_price=1", 200, "Take one away"},
		{"/models?page=9999", 200, ""},
		{"/models?q=" + url.QueryEscape("%00\x00<script>alert(1)</script>"), 200, ""},
		{"/models?q=" + long, 200, ""},
		{"/models?" + many, 200, ""},
		{"/models?%zz=1&=&&&", 200, ""},
		{"/models?m=no/such&m=&m=openai/gpt-4o", 200, "Pick one to three more"},
		{"/models?m=openai/gpt-4o,anthropic/claude-sonnet-4.5,deepseek/deepseek-v3.2,qwen/qwen3-32b,openai/gpt-4o-mini", 200, "Four models can be compared at once"},
		{"/models.csv?order=best&context=abc", 200, "id,name,author"},
		{"/models.rss?q=" + long, 200, "<rss"},
		{"/models/openai/gpt-4o?days=-1&unit=blood&sort=luck&region=mars", 200, "Price history"},
		{"/models/openai/gpt-4-o", 404, "openai/gpt-4o"},
		{"/models/no/" + strings.Repeat("y", 4000), 404, "No such model"},
		{"/models/%2e%2e/%2e%2e", 404, ""},
		{"/compare", 200, "Compare"},
		{"/compare?m=openai/gpt-4o", 200, "1 model"},
		{"/compare?m=openai/gpt-4o&m=no/such", 200, "no/such"},
		{"/compare?m=openai/gpt-4o&m=anthropic/claude-sonnet-4.5&m=deepseek/deepseek-v3.2&m=qwen/qwen3-32b&m=openai/gpt-4o-mini", 200, "gpt-4o-mini"},
		{"/compare?in=-5&out=1e999&cached=200&m=openai/gpt-4o", 200, ""},
		{"/compare?m=" + long, 200, ""},
		{"/compare/" + strings.Repeat("a/b/", 50), 200, ""},
		{"/prices?days=-1&least=x&direction=sideways&provider=nobody&page=-2", 200, ""},
		{"/prices.csv?q=" + long, 200, "date,model"},
		{"/providers?order=%27%3B--", 200, ""},
		{"/providers/nobody", 404, ""},
		{"/authors?order=\x7f", 200, ""},
		{"/market?days=1e9", 200, "The price of an ability"},
		{"/market/..%2f..%2fetc", 404, ""},
	} {
		res := s.do("GET", strings.ReplaceAll(c.path, "\x7f", "%7f"), nil, "")
		body := read(t, res)
		name := c.path[:min(len(c.path), 90)]
		if res.StatusCode != c.status && !(c.status == 200 && res.StatusCode/100 == 3 && res.Header.Get("Location") != "") {
			t.Errorf("%s: status %d, want %d", name, res.StatusCode, c.status)
		}
		if !strings.Contains(body, c.says) {
			t.Errorf("%s does not say %q", name, c.says)
		}
		if strings.Contains(body, "<script>alert") || len(body) > 400<<10 {
			t.Errorf("%s: %d bytes, or what was sent runs on the page", name, len(body))
		}
		if n := len(res.Header.Get("Content-Location")); n > 12<<10 {
			t.Errorf("%s: the address of it has %d bytes", name, n)
		}
	}
}
