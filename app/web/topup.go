package web

import (
	"net/http"
	"net/url"
	"time"

	"bourse/billing"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// slowPayment is how long a payment may take before the page says that it is unusual.
const slowPayment = time.Minute

func returnPath(topUpID string) string {
	return views.PathCreditsReturn + "?topup=" + url.QueryEscape(topUpID)
}

// CreditsReturn is where the buyer comes back to: it says how far the purchase has come by our own
// row, never by what the address says.
func (s *Server) CreditsReturn(c echo.Context) error {
	ctx := c.Request().Context()
	t, err := s.DB.TopUpOfAccount(ctx, visitor(c).AccountID, c.QueryParam("topup"))
	if err != nil {
		return err
	}
	if t.Status == models.TopUpPending {
		// The webhook may be on its way still; asking costs little and the answer is the same.
		if fresh, err := s.Billing.Converge(ctx, t.ID); err == nil {
			t = fresh
		} else {
			s.Log.Warn("purchase not looked up", "topup", t.ID, "error", err)
		}
	}
	p := views.CreditsReturnPage{
		ID: t.ID, Amount: views.Money(int64(t.Credit)), Started: t.Created(), Paid: t.Paid(), Credited: t.Credited(),
		Payment: t.PaymentIntent, State: topUpState(t),
	}
	if p.Waiting() && time.Since(t.Created()) > slowPayment {
		p.Slow = true
	}
	p.Reason = t.Failure
	switch p.State {
	case views.TopUpAbandoned:
		if t.Failure == billing.NothingPaid {
			p.Reason = ""
		}
	case views.TopUpPending:
		p.Checkout = s.here(t.SessionURL)
		p.Confirm = t.Kind == models.TopUpAuto && t.PaymentIntent != ""
	case views.TopUpCredited:
		p.Receipt = views.PathPayments + "/" + t.ID
	}
	if s.Config.Sandbox && t.PaymentIntent != "" {
		p.Sandbox = views.PathSandboxPayment + t.PaymentIntent
	}
	p.Shell = s.shell(c, "Payment")
	return s.render(c, http.StatusOK, views.CreditsReturn(p))
}

func topUpState(t models.TopUp) string {
	switch {
	case t.CreditedUs != 0:
		return views.TopUpCredited
	case t.Status == models.TopUpPaid:
		return views.TopUpPaid
	case t.Status == models.TopUpFailed:
		return views.TopUpDeclined
	case t.Status == models.TopUpExpired:
		return views.TopUpAbandoned
	}
	return views.TopUpPending
}

// ConfirmTopUp leads the owner of a card to their bank, which asked for them.
func (s *Server) ConfirmTopUp(c echo.Context) error {
	where, err := s.Billing.ConfirmTopUp(c.Request().Context(), visitor(c).AccountID, field(c, "topup"))
	if err != nil {
		return err
	}
	return redirect(c, s.here(where))
}
