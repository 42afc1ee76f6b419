package markdown

import (
	"bytes"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// nodes renders what goldmark would render in a way that a page of ours cannot have.
type nodes struct {
	code    CodeBlock
	foreign bool // written by a model: links lead away and are not vouched for
	deeper  int  // by how much headings are lowered
}

// RegisterFuncs says which nodes are rendered here.
func (n *nodes) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(ast.KindFencedCodeBlock, n.codeBlock)
	reg.Register(ast.KindCodeBlock, n.codeBlock)
	reg.Register(ast.KindHTMLBlock, n.htmlBlock)
	reg.Register(ast.KindRawHTML, n.rawHTML)
	reg.Register(ast.KindHeading, n.heading)
	reg.Register(ast.KindImage, n.image)
	reg.Register(ast.KindLink, n.link)
	reg.Register(ast.KindAutoLink, n.autoLink)
	reg.Register(extast.KindTable, n.table)
}

func (n *nodes) codeBlock(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	language := ""
	if fenced, ok := node.(*ast.FencedCodeBlock); ok {
		language = string(fenced.Language(source))
	}
	return ast.WalkSkipChildren, n.code(w, language, strings.TrimSuffix(lines(node, source), "\n"))
}

func lines(node ast.Node, source []byte) string {
	var out strings.Builder
	for i := range node.Lines().Len() {
		line := node.Lines().At(i)
		out.Write(line.Value(source))
	}
	return out.String()
}

func (n *nodes) htmlBlock(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	block := node.(*ast.HTMLBlock)
	body := lines(block, source)
	if block.HasClosure() {
		body += string(block.ClosureLine.Value(source))
	}
	_, _ = w.WriteString("<p>")
	_, _ = w.Write(util.EscapeHTML([]byte(strings.TrimRight(body, "\n"))))
	_, _ = w.WriteString("</p>\n")
	return ast.WalkSkipChildren, nil
}

func (n *nodes) rawHTML(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		segments := node.(*ast.RawHTML).Segments
		for i := range segments.Len() {
			segment := segments.At(i)
			_, _ = w.Write(util.EscapeHTML(segment.Value(source)))
		}
	}
	return ast.WalkSkipChildren, nil
}

func (n *nodes) heading(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	h := node.(*ast.Heading)
	name := "h" + strconv.Itoa(min(h.Level+n.deeper, 6))
	if !entering {
		_, _ = w.WriteString("</" + name + ">\n")
		return ast.WalkContinue, nil
	}
	_, _ = w.WriteString("<" + name)
	if id, ok := h.AttributeString("id"); ok && !n.foreign {
		_, _ = w.WriteString(` id="`)
		_, _ = w.Write(util.EscapeHTML(id.([]byte)))
		_, _ = w.WriteString(`"`)
	}
	_, _ = w.WriteString(">")
	return ast.WalkContinue, nil
}

// image becomes a link to the picture: pages load nothing from elsewhere.
func (n *nodes) image(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	i := node.(*ast.Image)
	words := plain(i, source)
	if words == "" {
		words = "picture"
	}
	inside := false
	for parent := node.Parent(); parent != nil; parent = parent.Parent() {
		_, link := parent.(*ast.Link)
		inside = inside || link
	}
	open := !inside && n.open(w, i.Destination)
	_, _ = w.Write(util.EscapeHTML([]byte(words)))
	if open {
		_, _ = w.WriteString("</a>")
	}
	return ast.WalkSkipChildren, nil
}

func (n *nodes) link(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	l := node.(*ast.Link)
	switch {
	case entering:
		n.open(w, l.Destination)
	case n.allowed(l.Destination):
		_, _ = w.WriteString("</a>")
	}
	return ast.WalkContinue, nil
}

func (n *nodes) autoLink(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	l := node.(*ast.AutoLink)
	address := l.URL(source)
	if l.AutoLinkType == ast.AutoLinkEmail && !bytes.HasPrefix(bytes.ToLower(address), []byte("mailto:")) {
		address = append([]byte("mailto:"), address...)
	}
	open := n.open(w, address)
	_, _ = w.Write(util.EscapeHTML(l.Label(source)))
	if open {
		_, _ = w.WriteString("</a>")
	}
	return ast.WalkContinue, nil
}

// open begins a link, and reports whether it did: of a doubtful address only the words remain.
func (n *nodes) open(w util.BufWriter, destination []byte) bool {
	if !n.allowed(destination) {
		return false
	}
	_, _ = w.WriteString(`<a href="`)
	_, _ = w.Write(util.EscapeHTML(util.URLEscape(destination, true)))
	if n.foreign {
		_, _ = w.WriteString(`" rel="nofollow noopener noreferrer`)
	}
	_, _ = w.WriteString(`">`)
	return true
}

var schemes = []string{"http", "https", "mailto"}

// allowed reports whether an address may become a link. Models may only lead to whole addresses:
// a relative one would be of our own site.
func (n *nodes) allowed(destination []byte) bool {
	u, err := url.Parse(string(destination))
	if err != nil {
		return false
	}
	if u.Scheme == "" {
		return !n.foreign && u.Host == ""
	}
	return slices.Contains(schemes, strings.ToLower(u.Scheme)) && (u.Host != "" || strings.EqualFold(u.Scheme, "mailto"))
}

// table lets a wide table be moved sideways, by keyboard too.
func (n *nodes) table(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">\n<table class=\"table\">\n")
	} else {
		_, _ = w.WriteString("</table>\n</div>\n")
	}
	return ast.WalkContinue, nil
}
