// Package markdown turns Markdown into HTML that may stand in a page: that of our own
// documentation, and that of answers of models, which nobody has read before.
//
// HTML inside the Markdown is shown as the text it is. No picture is loaded, no address but http,
// https and mailto becomes a link, and there are neither styles nor scripts.
package markdown

import (
	"bytes"
	"fmt"
	"io"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// CodeBlock draws a block of code, in a language that may be "".
type CodeBlock func(w io.Writer, language, code string) error

// Heading is a heading of a page, with the name under which links reach it.
type Heading struct {
	ID    string
	Text  string
	Level int
}

// Pages renders documentation.
type Pages struct{ md goldmark.Markdown }

// ForPages makes a renderer of documentation.
func ForPages(code CodeBlock) *Pages {
	return &Pages{goldmark.New(
		goldmark.WithExtensions(tables()),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(ours(&nodes{code: code})),
	)}
}

// Render renders a page and lists its headings.
func (p *Pages) Render(source []byte) (string, []Heading, error) {
	doc := p.md.Parser().Parse(text.NewReader(source))
	var headings []Heading
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		h, ok := n.(*ast.Heading)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		id, _ := h.AttributeString("id")
		name, _ := id.([]byte)
		headings = append(headings, Heading{ID: string(name), Text: plain(h, source), Level: h.Level})
		return ast.WalkSkipChildren, nil
	})
	if err != nil {
		return "", nil, err
	}
	var out bytes.Buffer
	if err := p.md.Renderer().Render(&out, source, doc); err != nil {
		return "", nil, fmt.Errorf("render a page: %w", err)
	}
	return out.String(), headings, nil
}

// Answers renders what models write.
type Answers struct{ md goldmark.Markdown }

// answerHeading: the headings of an answer stand below those of the page around it.
const answerHeading = 2

// ForAnswers makes a renderer of answers.
func ForAnswers(code CodeBlock) *Answers {
	return &Answers{goldmark.New(
		goldmark.WithExtensions(tables(), extension.Strikethrough, extension.Linkify),
		goldmark.WithRendererOptions(ours(&nodes{code: code, foreign: true, deeper: answerHeading})),
	)}
}

// Render renders a whole answer.
func (a *Answers) Render(source string) string {
	var out bytes.Buffer
	for _, block := range a.blocks([]byte(clipAnswer(source))) {
		out.WriteString(block())
	}
	return out.String()
}

// blocks are the top-level blocks of a text, each rendered when it is asked for.
func (a *Answers) blocks(source []byte) []func() string {
	doc := a.md.Parser().Parse(text.NewReader(source))
	var list []func() string
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		list = append(list, func() string {
			var out bytes.Buffer
			if err := a.md.Renderer().Render(&out, source, n); err != nil {
				return "" // a buffer takes everything, and so do our own nodes
			}
			return out.String()
		})
	}
	return list
}

func tables() goldmark.Extender {
	// Cells say how they are aligned by an attribute: a style would be blocked.
	return extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))
}

// nodesFirst: before the renderers of goldmark, which have 500 and 1000.
const nodesFirst = 100

func ours(n *nodes) renderer.Option {
	return renderer.WithNodeRenderers(util.Prioritized(n, nodesFirst), util.Prioritized(html.NewRenderer(), 1000))
}

// plain is the text below a node, without its marks.
func plain(n ast.Node, source []byte) string {
	var out bytes.Buffer
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch t := n.(type) {
		case *ast.Text:
			if entering {
				out.Write(t.Segment.Value(source))
				if t.SoftLineBreak() {
					out.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				out.Write(t.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return out.String()
}
