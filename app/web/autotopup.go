package web

import (
	"errors"
	"net/http"
	"time"

	"bourse/billing"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

const attemptsShown = 20

// What the form proposes to somebody who sets it up for the first time.
const (
	autoBelowUsual = "5.00"
	autoEachUsual  = "25.00"
	autoCapUsual   = "100.00"
)

// AutoTopUp shows an account's order to buy credit by itself, and what was tried.
func (s *Server) AutoTopUp(c echo.Context) error {
	order, err := s.Billing.AutoTopUp(c.Request().Context(), visitor(c).AccountID)
	if err != nil {
		return err
	}
	p := views.AutoTopUpPage{Below: autoBelowUsual, Each: autoEachUsual, Cap: autoCapUsual}
	if order.AmountCents > 0 {
		p.Below, p.Each, p.Cap = order.Below.USD(), dollarsOf(order.AmountCents), dollarsOf(order.CapCents)
	}
	return s.autoPage(c, http.StatusOK, p)
}

// dollarsOf writes cents as they are typed.
func dollarsOf(cents int64) string { return (models.Amount(cents) * models.NanoPerCent).USD() }

func (s *Server) autoPage(c echo.Context, status int, p views.AutoTopUpPage) error {
	ctx, account := c.Request().Context(), visitor(c).AccountID
	order, err := s.Billing.AutoTopUp(ctx, account)
	if err != nil {
		return err
	}
	p.On, p.Reason, p.Resume = order.Enabled, order.Reason, order.Resume()
	if p.WhyNot, err = s.Billing.WhyNoAuto(ctx, account); err != nil {
		return err
	}
	payer, err := s.Billing.Payer(ctx, account)
	if err != nil {
		return err
	}
	p.Card = payer.Card
	if least, _ := s.Billing.Bounds(); s.Billing.Processing(least) > 0 {
		p.Fee = "Card processing is added: " + centsMoney(s.Billing.Processing(order.AmountCents)) + " for " + centsMoney(order.AmountCents) + "."
	}
	spent, err := s.DB.TopUpsSince(ctx, account, models.TopUpAuto, models.WindowStart(models.WindowMonthly, time.Now()))
	if err != nil {
		return err
	}
	p.Spent = centsMoney(spent)
	list, err := s.Billing.AutoTopUps(ctx, account, attemptsShown)
	if err != nil {
		return err
	}
	for _, t := range list {
		a := views.AutoAttempt{Time: t.Created(), Amount: centsMoney(t.ChargeCents), Text: t.Failure, Href: returnPath(t.ID)}
		a.State, a.Tone = purchaseState(t)
		p.Attempts = append(p.Attempts, a)
	}
	p.Shell = s.shell(c, "Automatic top-up")
	return s.render(c, status, views.AutoTopUp(p))
}

// SetAutoTopUp switches it on with the terms of the form, or off.
func (s *Server) SetAutoTopUp(c echo.Context) error {
	ctx, account := c.Request().Context(), visitor(c).AccountID
	if field(c, "on") != yes {
		if err := s.Billing.SetAutoTopUp(ctx, account, billing.AutoOrder{}); err != nil {
			return err
		}
		s.flash(c, "Automatic top-up is off.")
		return redirect(c, views.PathAuto)
	}
	p := views.AutoTopUpPage{Below: field(c, "below"), Each: field(c, "each"), Cap: field(c, "cap")}
	o := billing.AutoOrder{Enabled: true}
	var wrong []error
	for _, f := range []struct {
		name, typed string
		into        *int64
	}{{"below", p.Below, &o.Below}, {"each", p.Each, &o.Amount}, {"cap", p.Cap, &o.Cap}} {
		n, err := centsOf(f.typed, f.name)
		if err != nil {
			wrong = append(wrong, err)
		}
		*f.into = n
	}
	err := errors.Join(wrong...)
	if err == nil {
		err = s.Billing.SetAutoTopUp(ctx, account, o)
	}
	if err == nil {
		s.flash(c, "Automatic top-up is on: below "+centsMoney(o.Below)+", "+centsMoney(o.Amount)+" are bought.")
		return redirect(c, views.PathAuto)
	}
	var ok bool
	if p.Errors, ok = formErrors(err); !ok {
		return err
	}
	return s.autoPage(c, formStatus(err), p)
}

// CardPages leads to the payment provider's pages about cards and billing details.
func (s *Server) CardPages(c echo.Context) error {
	v := visitor(c)
	where, err := s.Billing.Portal(c.Request().Context(), v.AccountID, v.Email, s.Config.BaseURL+views.PathCredits)
	if err != nil {
		return err
	}
	return redirect(c, s.here(where))
}

// SetLowMark sets below what balance a letter is written.
func (s *Server) SetLowMark(c echo.Context) error {
	typed, below := field(c, "low"), models.Amount(-1)
	if typed != "" {
		cents, err := centsOf(typed, "low")
		if err == nil && (cents < 0 || cents > lowMost) {
			err = models.FieldError("low", "Choose a mark from $0.00 to %s.", centsMoney(lowMost))
		}
		if err != nil {
			p := views.CreditsPage{Low: typed, Buy: views.BuyForm{FormID: models.NewID("form"), Presets: s.presetRow(presetUsual)}}
			p.LowErrors, _ = formErrors(err)
			return s.creditsPage(c, formStatus(err), p)
		}
		below = models.Amount(cents) * models.NanoPerCent
	}
	if err := s.DB.SetLowMark(c.Request().Context(), visitor(c).AccountID, below); err != nil {
		return err
	}
	s.flash(c, "Saved.")
	return redirect(c, views.PathCredits)
}

// lowMost bounds the mark, in cents.
const lowMost = 10_000_000

// RedeemCode gives the credit of a code.
func (s *Server) RedeemCode(c echo.Context) error {
	code := field(c, "code")
	v := visitor(c)
	lot, again, err := s.Billing.Redeem(c.Request().Context(), v.AccountID, code)
	if err != nil {
		p := views.CreditsPage{Code: code, Buy: views.BuyForm{FormID: models.NewID("form"), Presets: s.presetRow(presetUsual)}}
		var ok bool
		if p.CodeErrors, ok = formErrors(err); !ok {
			return err
		}
		return s.creditsPage(c, formStatus(err), p)
	}
	if again {
		s.flash(c, "You have used this code before.")
	} else {
		s.flash(c, views.Money(int64(lot.Amount))+" was given. It is spent first, and ends on "+views.Date(lot.Expires())+".")
	}
	return redirect(c, views.PathCredits)
}
