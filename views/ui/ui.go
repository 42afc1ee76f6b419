// Package ui holds the parts that pages are put together from: buttons, fields, tables, badges,
// charts. A part takes values and knows nothing of what they mean.
package ui

import "strings"

// Link is an address with its words.
type Link struct {
	Href string
	Text string
}

// Option is one choice of a select or a row of radio buttons.
type Option struct {
	Value string
	Text  string
	On    bool
	Fill  string // what choosing it puts into the field that the script knows of; "" = nothing
}

// Field is a labelled control of a form. Its hint and its error are tied to it by id.
type Field struct {
	Name         string
	Label        string
	Type         string // text, email, password, number, date …; "" = text
	Value        string
	Hint         string
	Error        string
	Autocomplete string
	InputMode    string
	Placeholder  string
	Prefix       string // a sign before the value, such as "$"
	MaxLength    string
	MinLength    string
	Required     bool
	Spell        bool
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// described lists the ids that explain the control.
func (f Field) described() string {
	var ids []string
	if f.Error != "" {
		ids = append(ids, f.Name+"-error")
	}
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	return strings.Join(ids, " ")
}

// Pager is the row of page links under a list.
type Pager struct {
	Label string // what is paged, for those who hear the page
	Prev  string // address, "" on the first page
	Next  string
	Pages []PageLink
	Note  string // "101–200 of 684"
}

// PageLink is one page in a Pager; without an address it is a gap.
type PageLink struct {
	Text    string
	Href    string
	Current bool
}
