package web

import (
	"net/http"

	"bourse/billing"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// CheckoutForm is the sandbox's stand-in for the page of a payment provider.
func (s *Server) CheckoutForm(c echo.Context) error {
	checkout, err := s.Billing.SandboxCheckout(c.Request().Context(), visitor(c).AccountID, c.Param("id"))
	if err != nil {
		return err
	}
	total := centsMoney(checkout.Cents)
	p := views.CheckoutPage{
		ID: checkout.ID, Amount: total, Total: total, Email: checkout.Email, Declined: checkout.Declined, ReturnURL: s.here(checkout.Return),
	}
	switch {
	case checkout.Paid:
		p.Closed = "This checkout is paid already."
	case !checkout.Open:
		p.Closed = "This checkout is over. Nothing was paid."
	}
	p.Shell = s.shell(c, "Sandbox checkout")
	return s.render(c, http.StatusOK, views.Checkout(p))
}

// Checkout plays what the person at the checkout chose. Sent twice, it changes nothing more.
func (s *Server) Checkout(c echo.Context) error {
	action := c.FormValue("action")
	checkout, err := s.Billing.SandboxAct(c.Request().Context(), visitor(c).AccountID, c.Param("id"), action, c.FormValue("card"))
	if err != nil {
		return err
	}
	if checkout.Open && action == billing.SandboxDecline {
		return redirect(c, views.PathSandboxCheckout+checkout.ID)
	}
	return redirect(c, s.here(checkout.Return))
}
