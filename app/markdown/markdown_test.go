package markdown_test

import (
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"bourse/app/markdown"
)

func code(w io.Writer, language, text string) error {
	_, err := fmt.Fprintf(w, "<pre data-language=%q><code>%s</code></pre>\n", html.EscapeString(language), html.EscapeString(text))
	return err
}

const answer = "# Title\n\nSome *words* with `code`, a [link](https://example.com/a?b=c&d) and https://example.org.\n\n" +
	"1. one\n2. two\n   - deep\n\n```go\nfunc main() {\n\tprintln(\"<b>\")\n}\n```\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n\n> quote\n> more\n\n~~gone~~ and the end"

func TestAnswers(t *testing.T) {
	got := markdown.ForAnswers(code).Render(answer)
	for _, want := range []string{
		"<h3>Title</h3>", "<em>words</em>", "<code>code</code>", `<a href="https://example.com/a?b=c&amp;d" rel="nofollow noopener noreferrer">link</a>`,
		`<a href="https://example.org" rel=`, "<ol>", `<pre data-language="go"><code>func main()`, "println(&#34;&lt;b&gt;&#34;)", `<th align="right">b</th>`,
		"<blockquote>", "<del>gone</del>", `class="scroll" tabindex="0"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
}

func TestNothingForeignBecomesAnElement(t *testing.T) {
	for _, source := range []string{
		"<script>alert(1)</script>", "hello <img src=x onerror=alert(1)> world", "<style>*{display:none}</style>", "<iframe src='//evil'></iframe>",
		"<div onclick=alert(1)>x</div>", "<!-- --><script>1</script>", "<svg/onload=alert(1)>", "<a href='javascript:alert(1)'>x</a>",
		"[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](&#106;avascript:alert(1))", "[x](\tjavascript:alert(1))", "[x](data:text/html,<script>1</script>)",
		"[x](vbscript:1)", "[x](file:///etc/passwd)", "[x](/settings/delete)", "[x](//evil.test/x)", "![x](https://evil.test/track.gif)", "![x](data:image/svg+xml,<svg onload=1>)",
		"<javascript:alert(1)>", "[x]: javascript:alert(1)\n\n[x]", "[x](https://a.test \"t\\\" onmouseover=alert(1)\")", "# x {#id onclick=alert(1)}",
		"```\"><script>alert(1)</script>\nx\n```", "[![a](https://b.test/c.png)](https://d.test)", "<form action=/x><button>", "<base href=//evil>", "<meta http-equiv=refresh content=0>",
		"x <![CDATA[ <script>1</script> ]]>", "<?php 1 ?>", "\x00<script>", "<scr\x00ipt>",
	} {
		checkSafe(t, source, markdown.ForAnswers(code).Render(source))
	}
}

// checkSafe reads the result as a browser would and finds only what an answer may have.
func checkSafe(t *testing.T, source, got string) {
	t.Helper()
	for rest := got; ; {
		at := strings.IndexByte(rest, '<')
		if at < 0 {
			return
		}
		rest = rest[at+1:]
		end := strings.IndexByte(rest, '>')
		if end < 0 {
			t.Errorf("%q: an open element in %q", source, got)
			return
		}
		tag := rest[:end]
		rest = rest[end+1:]
		name, attributes, _ := strings.Cut(strings.TrimPrefix(tag, "/"), " ")
		if !strings.Contains(" p h1 h2 h3 h4 h5 h6 em strong code pre a ul ol li blockquote hr br del table thead tbody tr th td div ", " "+strings.TrimSuffix(name, "/")+" ") {
			t.Errorf("%q: element <%s> in %q", source, tag, got)
		}
		for attribute := range strings.SplitSeq(attributes, `" `) {
			key, value, _ := strings.Cut(attribute, "=")
			value = strings.Trim(value, `"`)
			switch {
			case key == "" || name == "div" || name == "pre" || key == "class" && value == "table" || key == "align" || key == "start" || key == "rel":
			case key == "href" && (strings.HasPrefix(strings.ToLower(value), "http://") || strings.HasPrefix(strings.ToLower(value), "https://") || strings.HasPrefix(strings.ToLower(value), "mailto:")):
			default:
				t.Errorf("%q: attribute %s of <%s> in %q", source, key, tag, got)
			}
		}
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(answer)
	f.Add("[x](javascript:1) <b onclick=1> ![](http://x) <http://y> | a |\n|-|\n| <i> |")
	f.Fuzz(func(t *testing.T, source string) {
		a := markdown.ForAnswers(code)
		checkSafe(t, source, a.Render(source))
		checkStream(t, a, source, rand.New(rand.NewPCG(uint64(len(source)), 1)))
	})
}

// checkStream gives an answer in pieces of random lengths and compares what was sent in the end
// with the whole answer rendered at once.
func checkStream(t *testing.T, a *markdown.Answers, source string, r *rand.Rand) {
	t.Helper()
	s := a.Stream()
	var sent strings.Builder
	for rest := source; rest != ""; {
		n := min(len(rest), 1+r.IntN(20))
		s.Add(rest[:n])
		rest = rest[n:]
		done, open := s.Step()
		sent.WriteString(done)
		checkSafe(t, source, open)
	}
	rest, all := s.End()
	got := sent.String() + rest
	if all {
		got = rest
	}
	if want := a.Render(source); got != want {
		t.Errorf("%q in pieces: %q, at once: %q", source, got, want)
	}
}

func TestAStreamIsTheWholeAnswer(t *testing.T) {
	a := markdown.ForAnswers(code)
	r := rand.New(rand.NewPCG(1, 2))
	for _, source := range []string{answer, "a\n\nb\n===\n\nc", "[x] first\n\n[x]: https://late.example.com", "- a\n\n- b\n\n\n- c\n\npara", "```\nunclosed", "", "\n\n\n"} {
		for range 50 {
			checkStream(t, a, source, r)
		}
	}
}

func TestAStreamGivesBlocksEarly(t *testing.T) {
	s := markdown.ForAnswers(code).Stream()
	s.Add("first\n\nsec")
	done, open := s.Step()
	if done != "<p>first</p>\n" || open != "<p>sec</p>\n" {
		t.Errorf("%q, %q", done, open)
	}
}

func TestHostileAnswersTakeNoTime(t *testing.T) {
	a := markdown.ForAnswers(code)
	for name, source := range map[string]string{
		"quotes": strings.Repeat(">", 100_000), "spaced quotes": strings.Repeat("> ", 50_000), "lists": strings.Repeat("- ", 50_000), "brackets": strings.Repeat("[", 100_000),
		"links": strings.Repeat("[a](", 50_000), "stars": strings.Repeat("*a ", 50_000), "ticks": strings.Repeat("`a``b", 30_000), "lines of quotes": strings.Repeat(strings.Repeat(">", 200)+"a\n", 500),
		"angles": strings.Repeat("<a", 50_000), "entities": strings.Repeat("&#x", 50_000), "rows": "|a|\n|-|\n" + strings.Repeat("|", 100_000),
	} {
		began := time.Now()
		a.Render(source)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s: %s", name, took)
		} else {
			t.Logf("%s: %s", name, took)
		}
	}
}

func TestPages(t *testing.T) {
	got, headings, err := markdown.ForPages(code).Render([]byte("# A page\n\nText with a [link](/models) and one [out](https://example.com).\n\n## Second `part`\n\n### Third\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(headings) != 3 || headings[1] != (markdown.Heading{ID: "second-part", Text: "Second part", Level: 2}) {
		t.Errorf("%+v", headings)
	}
	for _, want := range []string{`<h1 id="a-page">A page</h1>`, `<a href="/models">link</a>`, `<a href="https://example.com">out</a>`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	long := strings.Repeat(answer+"\n\n", 12)
	a := markdown.ForAnswers(code)
	s := a.Stream()
	s.Add(long)
	s.Step()
	b.ReportAllocs()
	for b.Loop() {
		s.Step()
	}
}
