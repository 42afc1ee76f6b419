package web

import (
	"errors"
	"net/netip"
	"strings"

	"bourse/billing"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

const (
	ownAmount   = "own" // the value of the choice "Other"
	presetUsual = "25"
	yes         = "yes" // the value of a box that is ticked
)

// presets are the amounts that are offered, in dollars.
var presets = []string{"10", "25", "50", "100"}

// BuyCredits begins a purchase and leads to the checkout. The same form sent twice is one purchase.
func (s *Server) BuyCredits(c echo.Context) error {
	v := visitor(c)
	b := views.BuyForm{FormID: field(c, "form"), SaveCard: field(c, "save") == yes}
	typed := field(c, "amount")
	if typed == ownAmount || (typed == "" && field(c, "own") != "") {
		typed = field(c, "own")
		b.Own = typed
	}
	b.Presets = s.presetRow(typed)
	cents, err := centsOf(typed, "own")
	where := ""
	if err == nil {
		where, err = s.Billing.StartTopUp(c.Request().Context(), billing.Purchase{
			AccountID: v.AccountID, Email: v.Email, FormID: b.FormID, Cents: cents, SaveCard: b.SaveCard, Again: field(c, "again") == yes, IP: publicIP(c.RealIP()),
		})
	}
	if err == nil {
		return redirect(c, s.here(where))
	}
	var ok bool
	if b.Errors, ok = formErrors(err); !ok {
		return err
	}
	at := "own" // where an amount can be typed
	if errors.Is(err, billing.ErrSame) {
		at, b.AskAgain = "again", centsMoney(cents)
	}
	for i := range b.Errors {
		b.Errors[i].Field = at
	}
	if b.Own == "" && !known(typed) {
		b.Own = typed
	}
	return s.creditsPage(c, formStatus(err), views.CreditsPage{Buy: b})
}

// publicIP is an address that stands for somebody, "" for one of this house: behind a proxy all
// come from there, and one person's refused cards must not count for everybody.
func publicIP(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() {
		return ""
	}
	return address
}

func known(preset string) bool {
	for _, p := range presets {
		if p == preset {
			return true
		}
	}
	return false
}

// centsOf reads an amount that somebody typed. What is no whole number of cents is Invalid, on the
// field with that name.
func centsOf(typed, name string) (int64, error) {
	amount, err := models.ParseUSD(plainAmount(typed))
	switch {
	case typed == "":
		return 0, models.FieldError(name, "Write an amount in US dollars.")
	case err != nil:
		return 0, models.FieldError(name, "%s.", models.MessageOf(err))
	case amount%models.NanoPerCent != 0:
		return 0, models.FieldError(name, "Use at most two decimals: cents are the smallest that can be paid.")
	}
	return int64(amount / models.NanoPerCent), nil
}

// here makes an address of this site a path, so that whoever came by another name of the same
// machine stays with the name that has their cookie.
func (s *Server) here(address string) string {
	if rest, ok := strings.CutPrefix(address, s.Config.BaseURL+"/"); ok {
		return "/" + rest
	}
	return address
}

func (s *Server) presetRow(chosen string) []views.Preset {
	row := make([]views.Preset, 0, len(presets))
	for _, v := range presets {
		p := views.Preset{Value: v, Text: "$" + v, On: v == chosen}
		if cents, err := centsOf(v, ""); err == nil && s.Billing.Processing(cents) > 0 {
			p.Total = centsMoney(cents + s.Billing.Processing(cents))
		}
		row = append(row, p)
	}
	return row
}

// fillBuyForm adds what the form says of bounds, lines and tax.
func (s *Server) fillBuyForm(account models.Account, b *views.BuyForm) {
	least, most := s.Billing.Bounds()
	b.Minimum, b.Maximum, b.Tax = centsMoney(least), centsMoney(most), s.Billing.Taxed()
	if bps, cents := s.Billing.ProcessingRate(); bps > 0 || cents > 0 {
		var parts []string
		if bps > 0 {
			parts = append(parts, views.Percent(bps))
		}
		if cents > 0 {
			parts = append(parts, centsMoney(cents))
		}
		b.Processing, b.Bps, b.Cents = strings.Join(parts, " + "), views.Plain(bps), views.Plain(cents)
	}
	if b.CanBuy = !account.Blocked(); account.Blocked() {
		b.WhyNot = "This account is frozen, so nothing can be bought. Please write to the operator."
		if account.Disputes > 0 {
			b.WhyNot = "A bank has taken one of your payments back, so this account is frozen until that is settled. Please write to the operator."
		}
	}
}

func centsMoney(cents int64) string { return views.Money(cents * models.NanoPerCent) }
