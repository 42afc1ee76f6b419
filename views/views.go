// Package views draws the pages. A page is a struct of strings and numbers and a component of the
// same name; what it shows was decided elsewhere. Nothing here knows the database, the catalogue
// or Echo.
package views

import (
	"time"

	"bourse/views/ui"
)

// Shell is what every page shows around its own matter. It is the first field of every page.
type Shell struct {
	Title       string // "Models" becomes "Models · Bourse"
	Description string // for search engines and link previews; "" leaves it out
	Path        string // path and query of this page, for "back to here"
	Site        string // address of the site without a slash at the end
	Canonical   string // absolute address without view parameters; "" leaves it out
	NoIndex     bool   // pages of one person
	Feed        string // address of the same list to follow; "" = there is none

	Email           string // signed in as; "" = nobody
	Balance         string // available credit, such as "$12.40"; "" = not shown
	BalanceLow      bool   // below one dollar
	EmailUnverified bool
	Operator        bool

	Fee         string // platform fee, such as "5%"; "" = none
	Sandbox     bool   // payments are not real on this installation
	TestMode    bool   // payments go to the payment provider's test mode
	Development bool   // links to the mails that were written instead of sent
	Theme       string // "light", "dark", or "" = as the system says
	KeysOff     bool   // single-key shortcuts switched off
	Density     string // "compact", or "" = comfortable

	Flash      string // one sentence after an action
	FlashError bool

	Updated string    // when the prices were last checked, such as "22 Aug 2026"
	Started time.Time // when we began to make this page; zero leaves the foot line out
}

// SignedIn reports whether somebody is.
func (s Shell) SignedIn() bool { return s.Email != "" }

// FieldError is a sentence about one field of a form; with an empty Field it is about the whole form.
type FieldError struct {
	Field   string
	Message string
}

// FormErrors are what was wrong with a form, in the order of its fields.
type FormErrors []FieldError

// On returns the sentence about a field, "" when there is none.
func (e FormErrors) On(field string) string {
	for _, f := range e {
		if f.Field == field {
			return f.Message
		}
	}
	return ""
}

// Link is an address with its words.
type Link = ui.Link
