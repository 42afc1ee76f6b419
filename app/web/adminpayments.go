package web

import (
	"net/http"
	"slices"
	"time"

	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

const (
	adminPaymentsShown = 50
	adminRunsShown     = 12
	adminEventsShown   = 20
	adminDisputesShown = 50
	adminDifferences   = 200
	compareDays        = 30
)

// AdminPayments shows the operator the payment provider beside the books.
func (s *Server) AdminPayments(c echo.Context) error {
	p := views.AdminPaymentsPage{Mode: s.paymentMode()}
	for _, fill := range []func(echo.Context, *views.AdminPaymentsPage) error{s.adminDifferences, s.adminClearing, s.adminDisputes, s.adminPaid, s.adminRuns, s.adminEvents} {
		if err := fill(c, &p); err != nil {
			return err
		}
	}
	p.Shell = s.shell(c, "Payments")
	return s.render(c, http.StatusOK, views.AdminPayments(p))
}

func (s *Server) paymentMode() string {
	switch {
	case s.Billing.Sandbox != nil:
		return "the built-in sandbox, no money moves"
	case s.Billing.Live():
		return "Stripe, live"
	}
	return "Stripe's test mode, no money moves"
}

func (s *Server) adminDifferences(c echo.Context, p *views.AdminPaymentsPage) error {
	list, err := s.Billing.Differences(c.Request().Context(), false)
	if err != nil {
		return err
	}
	for _, d := range list[:min(len(list), adminDifferences)] {
		p.Differences = append(p.Differences, views.DifferenceRow{ID: d.ID, Kind: d.Kind, Object: d.ObjectID, TopUp: d.TopUpID, Text: d.Words, Found: d.Found(), Resolved: d.Resolved()})
	}
	return nil
}

// clearingNames are the kinds of movements of the clearing account, in words.
var clearingNames = map[string]string{"topup": "Payments", "refund": "Refunds", "refund-reversed": "Refunds that came back", "dispute-lost": "Disputes lost",
	"provider-fee": "The provider's fees", "provider-cost": "The provider's other costs", "payout": "Sent to the bank"}

func (s *Server) adminClearing(c echo.Context, p *views.AdminPaymentsPage) error {
	k, err := s.Billing.Clearing(c.Request().Context())
	if models.CodeOf(err) == models.Unavailable || models.CodeOf(err) == models.Invalid {
		p.Away = "it does not answer"
	} else if err != nil {
		return err
	}
	kinds := make([]string, 0, len(k.ByKind))
	for kind := range k.ByKind {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		name := clearingNames[kind]
		if name == "" {
			name = kind
		}
		p.Clearing = append(p.Clearing, views.PaymentLine{Text: name, Amount: views.SignedMoney(int64(-k.ByKind[kind]))})
	}
	if k.Disputed != 0 {
		p.Clearing = append(p.Clearing, views.PaymentLine{Text: "Held by banks in disputes", Amount: views.SignedMoney(int64(-k.Disputed))})
	}
	p.ByBooks, p.ByProvider, p.Agree = views.ExactMoney(int64(k.Books)), views.ExactMoney(int64(k.Provider)), k.Books == k.Provider
	return nil
}

func (s *Server) adminDisputes(c echo.Context, p *views.AdminPaymentsPage) error {
	list, err := s.DB.Disputes(c.Request().Context(), adminDisputesShown)
	if err != nil {
		return err
	}
	for _, d := range list {
		row := views.DisputeRow{ID: d.ID, Time: d.Created(), Account: d.AccountID, Amount: centsMoney(d.AmountCents), Reason: d.Reason,
			Release: d.Status == models.DisputeLost && d.ReleasedUs == 0}
		row.State, row.Tone = disputeState(d)
		p.Disputes = append(p.Disputes, row)
	}
	return nil
}

func (s *Server) adminPaid(c echo.Context, p *views.AdminPaymentsPage) error {
	ctx := c.Request().Context()
	list, err := s.DB.PaidTopUps(ctx, time.UnixMicro(0), adminPaymentsShown)
	if err != nil {
		return err
	}
	for _, t := range list {
		row, _, _, err := s.paymentRow(ctx, t)
		if err != nil {
			return err
		}
		p.Payments = append(p.Payments, views.AdminPaymentRow{Row: row, Account: t.AccountID, Payment: t.PaymentIntent, Risk: t.Risk})
	}
	return nil
}

func (s *Server) adminRuns(c echo.Context, p *views.AdminPaymentsPage) error {
	list, err := s.DB.ReconcileRuns(c.Request().Context(), adminRunsShown)
	if err != nil {
		return err
	}
	for _, r := range list {
		row := views.RunRow{Time: r.Started(), Since: r.Since(), Fixed: views.Count(r.Corrected), Open: views.Count(r.Open), Error: r.Error, Took: "running",
			Seen: views.Plural(r.Sessions, "checkout", "checkouts") + ", " + views.Plural(r.Payments, "payment", "payments") + ", " + views.Plural(r.Refunds, "refund", "refunds") + ", " +
				views.Plural(r.Disputes, "dispute", "disputes") + ", " + views.Plural(r.Events, "undelivered event", "undelivered events")}
		if r.EndedUs != 0 {
			row.Took = views.Seconds(r.Took())
		}
		p.Runs = append(p.Runs, row)
	}
	return nil
}

func (s *Server) adminEvents(c echo.Context, p *views.AdminPaymentsPage) error {
	list, err := s.DB.StripeEvents(c.Request().Context(), adminEventsShown)
	if err != nil {
		return err
	}
	for _, e := range list {
		p.Events = append(p.Events, views.EventRow{ID: e.ID, Time: e.Received(), Type: e.Type, Version: e.APIVersion, Deliveries: views.Count(e.Deliveries), Error: e.LastError})
	}
	return nil
}

// AdminCompare compares payments and books now.
func (s *Server) AdminCompare(c echo.Context) error {
	run, err := s.Billing.Reconcile(c.Request().Context(), time.Now().AddDate(0, 0, -compareDays))
	switch {
	case models.CodeOf(err) == models.Unavailable:
		s.flashError(c, models.MessageOf(err))
	case err != nil:
		return err
	default:
		s.flash(c, "Compared: "+views.Plural(run.Corrected, "purchase was", "purchases were")+" corrected, "+views.Plural(run.Open, "difference is", "differences are")+" open.")
	}
	return redirect(c, views.PathAdminPayments)
}

// AdminResolve closes a difference that was dealt with.
func (s *Server) AdminResolve(c echo.Context) error {
	if err := s.Billing.ResolveDifference(c.Request().Context(), field(c, "id")); err != nil {
		return err
	}
	return redirect(c, views.PathAdminPayments)
}

// AdminRelease lets an account spend again although a dispute was lost.
func (s *Server) AdminRelease(c echo.Context) error {
	if err := s.Billing.ReleaseDispute(c.Request().Context(), field(c, "id")); err != nil {
		return err
	}
	s.flash(c, "The account can spend again.")
	return redirect(c, views.PathAdminPayments)
}
