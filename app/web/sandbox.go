package web

import (
	"net/http"

	"bourse/billing"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// CheckoutForm is the sandbox's stand-in for the page of a payment provider.
func (s *Server) CheckoutForm(c echo.Context) error {
	checkout, err := s.Billing.SandboxCheckout(c.Request().Context(), visitor(c).AccountID, c.Param("id"))
	if err != nil {
		return err
	}
	p := views.CheckoutPage{ID: checkout.ID, Total: centsMoney(checkout.Cents), Email: checkout.Email, SaveCard: checkout.SaveCard,
		Waiting: checkout.Waiting, ReturnURL: s.here(checkout.Return)}
	for _, l := range checkout.Lines {
		p.Lines = append(p.Lines, views.PaymentLine{Text: l.Name, Amount: centsMoney(l.Cents)})
	}
	if checkout.TaxCents > 0 {
		p.Lines = append(p.Lines, views.PaymentLine{Text: "Tax", Amount: centsMoney(checkout.TaxCents)})
	}
	if checkout.Declined && !checkout.Waiting {
		p.Declined = checkout.Problem
	}
	switch {
	case checkout.Paid:
		p.Closed = "This checkout is paid already."
	case checkout.Promised:
		p.Closed = "The money is promised. What becomes of it is decided on the payment's own page."
	case !checkout.Open:
		p.Closed = "This checkout is over. Nothing was paid."
	}
	p.Shell = s.shell(c, "Sandbox checkout")
	return s.render(c, http.StatusOK, views.Checkout(p))
}

// Checkout plays what the person at the checkout chose. Sent twice, it changes nothing more.
func (s *Server) Checkout(c echo.Context) error {
	checkout, err := s.Billing.SandboxAct(c.Request().Context(), visitor(c).AccountID, c.Param("id"), c.FormValue("action"), c.FormValue("card"))
	if err != nil {
		return err
	}
	if checkout.Open {
		return redirect(c, views.PathSandboxCheckout+checkout.ID)
	}
	return redirect(c, s.here(checkout.Return))
}

// paymentWords are the states of a payment of the sandbox.
var paymentWords = map[string]string{"requires_payment_method": "not paid", "requires_action": "the bank asks the card's owner", "processing": "promised",
	"succeeded": "paid", "canceled": "cancelled"}

// SandboxPayment shows what can happen to a payment of the sandbox.
func (s *Server) SandboxPayment(c echo.Context) error {
	v, t, err := s.Billing.SandboxPayment(c.Request().Context(), visitor(c).AccountID, c.Param("id"))
	if err != nil {
		return err
	}
	p := views.SandboxPaymentPage{ID: v.Intent.ID, Amount: centsMoney(v.Intent.Amount), Status: paymentWords[v.Intent.Status], TopUpURL: returnPath(t.ID)}
	left, came := v.Intent.Amount, 0
	for _, r := range v.Refunds {
		p.Events = append(p.Events, views.PaymentEvent{Text: "Refund", Amount: centsMoney(r.Amount), State: r.Status})
		if r.Status == "failed" {
			came++
			continue
		}
		left -= r.Amount
	}
	open, disputed := false, false
	for _, d := range v.Disputes {
		p.Events = append(p.Events, views.PaymentEvent{Text: "Dispute", Amount: centsMoney(d.Amount), State: d.Status})
		disputed, open = true, open || (d.Status != "won" && d.Status != "lost")
	}
	p.Choices = paymentChoices(v.Intent.Status, len(v.Refunds) > came, disputed, open)
	if v.Intent.Status == "succeeded" && left > 0 && !disputed {
		p.Refund = centsMoney(left)
	}
	p.Shell = s.shell(c, "Sandbox payment")
	return s.render(c, http.StatusOK, views.SandboxPayment(p))
}

// paymentChoices are the buttons that fit how a payment stands.
func paymentChoices(status string, refunded, disputed, open bool) []views.SandboxChoice {
	switch {
	case status == "requires_action":
		return []views.SandboxChoice{{Action: "confirm", Text: "Confirm at the bank", First: true}, {Action: "refuse", Text: "Refuse"}}
	case status == "processing":
		return []views.SandboxChoice{{Action: "arrive", Text: "The money arrives", First: true}, {Action: "bounce", Text: "The money never arrives"}}
	case status != "succeeded":
		return nil
	case open:
		return []views.SandboxChoice{{Action: "win", Text: "The bank decides for the seller"}, {Action: "lose", Text: "The bank decides for the buyer"}}
	}
	var out []views.SandboxChoice
	if refunded {
		out = append(out, views.SandboxChoice{Action: "fail-refund", Text: "The refund comes back"})
	}
	if !disputed {
		out = append(out, views.SandboxChoice{Action: "dispute", Text: "The buyer disputes the payment"}, views.SandboxChoice{Action: "warn", Text: "The card network warns of fraud"})
	}
	return out
}

// SandboxPay plays what happens to a payment of the sandbox.
func (s *Server) SandboxPay(c echo.Context) error {
	ctx, account, id := c.Request().Context(), visitor(c).AccountID, c.Param("id")
	action, cents := field(c, "action"), int64(0)
	if typed := field(c, "amount"); typed != "" {
		var err error
		if cents, err = centsOf(typed, "amount"); err == nil && cents <= 0 {
			err = models.FieldError("amount", "Give back more than nothing.")
		}
		if err != nil {
			s.flashError(c, models.MessageOf(err))
			return redirect(c, views.PathSandboxPayment+id)
		}
	}
	err := s.Billing.SandboxActOnPayment(ctx, account, id, action, cents)
	switch models.CodeOf(err) {
	case "":
	case models.Conflict:
		s.flashError(c, models.MessageOf(err))
	default:
		return err
	}
	if action == billing.SandboxConfirm || action == billing.SandboxRefuse {
		_, t, err := s.Billing.SandboxPayment(ctx, account, id)
		if err != nil {
			return err
		}
		return redirect(c, returnPath(t.ID))
	}
	return redirect(c, views.PathSandboxPayment+id)
}

// SandboxPortal is the sandbox's stand-in for the pages on which cards are looked after.
func (s *Server) SandboxPortal(c echo.Context) error {
	portal, cards, err := s.Billing.SandboxPortal(c.Request().Context(), visitor(c).AccountID, c.Param("id"))
	if err != nil {
		return err
	}
	p := views.SandboxPortalPage{ID: portal.ID, ReturnURL: s.here(portal.ReturnURL)}
	for _, m := range cards {
		p.Cards = append(p.Cards, views.SandboxCard{ID: m.ID, Name: "Visa ending in " + m.Card.Last4})
	}
	p.Shell = s.shell(c, "Sandbox cards")
	return s.render(c, http.StatusOK, views.SandboxPortal(p))
}

// SandboxRemoveCard takes a card away there.
func (s *Server) SandboxRemoveCard(c echo.Context) error {
	if err := s.Billing.SandboxRemoveCard(c.Request().Context(), visitor(c).AccountID, c.Param("id"), field(c, "card")); err != nil {
		return err
	}
	return redirect(c, views.PathSandboxPortal+c.Param("id"))
}
