package markdown_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"bourse/app/markdown"
)

var tags = regexp.MustCompile(`</?span[^>]*>`)

func TestHighlight(t *testing.T) {
	for _, c := range []struct{ language, code, want string }{
		{"sh", "# a comment\nexport KEY=\"x <b>\"", `<span class="c"># a comment</span>`},
		{"sh", "curl -s a.sh | sort -n # x\nA=1 make all", `<span class="k">sort</span> -n <span class="c"># x</span>`},
		{"bash", "curl -s a.sh | sort -n # x\nA=1 make all", `<span class="f">A</span>=<span class="n">1</span> <span class="k">make</span> all`},
		{"sh", "curl x \\\n  -d y\nls", "\\\n  -d y\n<span class=\"k\">ls</span>"},
		{"sh", "curl http://127.0.0.1:80/v1", "<span class=\"k\">curl</span> http://127.0.0.1:80/v1"},
		{"sh", "echo a#b ${C} 'd\ne'", "a#b <span class=\"f\">${C}</span> <span class=\"s\">&#39;d\ne&#39;</span>"},
		{"json", `{"a": true, "b" : 1.5, "c": "d"}`, `<span class="f">&#34;b&#34;</span> : <span class="n">1.5</span>`},
		{"json", `{"a": true, "b" : 1.5, "c": "d"}`, `<span class="n">true</span>`},
		{"json", `{"a": true, "b" : 1.5, "c": "d"}`, `<span class="s">&#34;d&#34;</span>`},
		{"Python", "def f(x):\n    return 'y'  # z", `<span class="k">def</span> <span class="f">f</span>(x)`},
		{"python", "x = \"\"\"a\n'b'\"\"\" + 'c\\'d'", "<span class=\"s\">&#34;&#34;&#34;a\n&#39;b&#39;&#34;&#34;&#34;</span> + <span class=\"s\">&#39;c\\&#39;d&#39;</span>"},
		{"js", "const a = await f(1_000); // c", `<span class="k">const</span> a = <span class="k">await</span> <span class="f">f</span>(<span class="n">1_000</span>); <span class="c">// c</span>`},
		{"ts", "let x: string = `a\n${b}` /* c\nd */", "<span class=\"s\">`a\n${b}`</span> <span class=\"c\">/* c\nd */</span>"},
		{"go", "func main() { x := 'a' }\n", `<span class="k">func</span> <span class="f">main</span>()`},
		{"toml", "a-b = \"c\" # d", `<span class="f">a-b</span> = <span class="s">&#34;c&#34;</span> <span class="c"># d</span>`},
		{"yaml", "name: \"x\"", `<span class="f">name</span>: <span class="s">&#34;x&#34;</span>`},
		{"sql", "SELECT count(*) FROM a -- b", `<span class="k">FROM</span> a <span class="c">-- b</span>`},
		{"js", "x = 'not closed\ny = 1", "<span class=\"s\">&#39;not closed</span>\ny"},
	} {
		if got := markdown.Highlight(c.language, c.code); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s is missing in\n%s", c.language, c.want, got)
		}
	}
	for _, language := range []string{"", "haskell", "\"><script>"} {
		if got := markdown.Highlight(language, "a <b> = 1"); got != "" {
			t.Errorf("%q: %s", language, got)
		}
	}
	if markdown.Highlight("go", strings.Repeat("a ", 40<<10)) != "" {
		t.Error("there is no bound")
	}
}

// FuzzHighlight has any code in any language: nothing is lost, added or left open.
func FuzzHighlight(f *testing.F) {
	for _, code := range []string{"", "\"", "'''", "/*", "\\", "${", "a\xff\"é", "# <b>\r\n", "\"\\", "1.", "<script>alert(1)</script>"} {
		f.Add(code)
	}
	languages := []string{"sh", "json", "toml", "yaml", "python", "js", "go", "sql"}
	f.Fuzz(func(t *testing.T, code string) {
		for _, l := range languages {
			got := markdown.Highlight(l, code)
			words := tags.ReplaceAllString(got, "")
			if len(code) <= 64<<10 && words != html.EscapeString(code) {
				t.Fatalf("%s: %q became %q", l, code, got)
			}
			if strings.Count(got, "<span") != strings.Count(got, "</span>") || strings.ContainsAny(words, "<>\"") {
				t.Fatalf("%s: %q", l, got)
			}
		}
	})
}

func BenchmarkHighlight(b *testing.B) {
	code := strings.Repeat("curl -s \"$BASE/x\" -d '{\"a\": 1}' | jq . # look\n", 20)
	b.SetBytes(int64(len(code)))
	for b.Loop() {
		markdown.Highlight("sh", code)
	}
}
