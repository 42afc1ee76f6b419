package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

const paymentsPerPage = 25

// purchaseState is how a purchase stands, in a word and the tone of its badge.
func purchaseState(t models.TopUp) (word, tone string) {
	switch {
	case t.CreditedUs != 0:
		return "credited", "good"
	case t.Status == models.TopUpPaid:
		return "crediting", "warn"
	case t.Status == models.TopUpFailed:
		return "refused", "bad"
	case t.Status == models.TopUpExpired:
		return "left", ""
	case t.Kind == models.TopUpAuto && t.PaymentIntent != "":
		return "waits for you", "warn"
	}
	return "waiting", ""
}

// Payments lists what an account bought, newest first.
func (s *Server) Payments(c echo.Context) error {
	ctx, page := c.Request().Context(), pageOf(c)
	list, err := s.DB.TopUpsPage(ctx, visitor(c).AccountID, paymentsPerPage+1, (page-1)*paymentsPerPage)
	if err != nil {
		return err
	}
	p := views.PaymentsPage{Pager: pager("Pages of payments", views.PathPayments, url.Values{}, page, len(list) > paymentsPerPage)}
	for _, t := range list[:min(len(list), paymentsPerPage)] {
		row, _, _, err := s.paymentRow(ctx, t)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
	}
	p.Shell = s.shell(c, "Payments")
	return s.render(c, http.StatusOK, views.Payments(p))
}

// paymentRow is a purchase with what happened to it since.
func (s *Server) paymentRow(ctx context.Context, t models.TopUp) (views.PaymentRow, []models.Refund, []models.Dispute, error) {
	row := views.PaymentRow{ID: t.ID, Time: t.Created(), Credit: views.Money(int64(t.Credit)), Card: t.Card, Auto: t.Kind == models.TopUpAuto,
		Invoice: t.InvoiceURL, Number: t.InvoiceNumber}
	row.State, row.Tone = purchaseState(t)
	if t.PaidUs != 0 {
		row.Time, row.Paid = t.Paid(), centsMoney(t.TotalCents())
	}
	if t.CreditedUs == 0 {
		row.WhyNot = "Nothing was paid."
		return row, nil, nil, nil
	}
	refunds, err := s.DB.RefundsOf(ctx, t.ID)
	if err != nil {
		return row, nil, nil, err
	}
	var back models.Amount
	for _, r := range refunds {
		if r.Status != models.RefundFailed {
			back += r.Credit
		}
	}
	switch {
	case back >= t.Credit:
		row.State, row.Tone = "refunded", ""
	case back > 0:
		row.State, row.Tone = "partly refunded", ""
	}
	disputes, err := s.DB.DisputesOf(ctx, t.ID)
	if err != nil {
		return row, nil, nil, err
	}
	for _, d := range disputes {
		switch d.Status {
		case models.DisputeOpen:
			row.State, row.Tone = "disputed", "bad"
		case models.DisputeLost:
			row.State, row.Tone = "taken back", "bad"
		}
	}
	can, err := s.Billing.Refundable(ctx, t)
	if row.WhyNot = can.Why; can.Cents > 0 {
		row.Refund = centsMoney(can.Cents)
	}
	return row, refunds, disputes, err
}

// paymentPage is the receipt of a purchase; one that is not paid has none.
func (s *Server) paymentPage(c echo.Context) (views.PaymentPage, error) {
	ctx := c.Request().Context()
	t, err := s.DB.TopUpOfAccount(ctx, visitor(c).AccountID, strings.TrimSuffix(c.Param("id"), receiptFile))
	if err != nil {
		return views.PaymentPage{}, err
	}
	p := views.PaymentPage{Seller: s.Config.Seller, Paid: t.Paid(), Credited: t.Credited(), Payment: t.PaymentIntent, Livemode: t.Livemode, Total: centsMoney(t.TotalCents())}
	row, refunds, disputes, err := s.paymentRow(ctx, t)
	if err != nil {
		return p, err
	}
	p.Row = row
	p.Lines = purchaseLines(t.ChargeCents-t.FeeCents, t.FeeCents, t.TaxCents)
	var billed models.Billed
	if t.BilledTo != "" {
		if err := json.Unmarshal([]byte(t.BilledTo), &billed); err != nil {
			return p, fmt.Errorf("read who paid %s: %w", t.ID, err)
		}
	}
	for _, line := range append([]string{billed.Name, billed.Email}, append(billed.Address, billed.TaxIDs...)...) {
		if line != "" {
			p.Billed = append(p.Billed, line)
		}
	}
	p.Events = paymentEvents(refunds, disputes)
	if s.Config.Sandbox && t.PaymentIntent != "" {
		p.Sandbox = views.PathSandboxPayment + t.PaymentIntent
	}
	return p, nil
}

const receiptFile = ".txt"

func purchaseLines(credit, processing, tax int64) []views.PaymentLine {
	lines := []views.PaymentLine{{Text: centsMoney(credit) + " of credits", Amount: centsMoney(credit)}}
	if processing > 0 {
		lines = append(lines, views.PaymentLine{Text: "Card processing", Amount: centsMoney(processing)})
	}
	if tax > 0 {
		lines = append(lines, views.PaymentLine{Text: "Tax", Amount: centsMoney(tax)})
	}
	return lines
}

func paymentEvents(refunds []models.Refund, disputes []models.Dispute) []views.PaymentEvent {
	var out []views.PaymentEvent
	for _, r := range refunds {
		e := views.PaymentEvent{Time: r.Created(), Text: "Refund", Amount: centsMoney(r.AmountCents), State: "on its way", Tone: "warn"}
		switch r.Status {
		case models.RefundSucceeded:
			e.State, e.Tone = "given back", "good"
		case models.RefundFailed:
			e.State, e.Tone, e.Text = "came back", "bad", "Refund. "+r.Failure
		}
		out = append(out, e)
	}
	for _, d := range disputes {
		e := views.PaymentEvent{Time: d.Created(), Text: "Dispute", Amount: centsMoney(d.AmountCents)}
		e.State, e.Tone = disputeState(d)
		out = append(out, e)
	}
	return out
}

func disputeState(d models.Dispute) (word, tone string) {
	switch d.Status {
	case models.DisputeInquiry:
		return "the bank asks", "warn"
	case models.DisputeWon:
		return "won", "good"
	case models.DisputeLost:
		return "lost", "bad"
	}
	return "open", "bad"
}

// Payment shows the receipt of a purchase; while it is not paid, how far it has come. With .txt it
// is a file.
func (s *Server) Payment(c echo.Context) error {
	p, err := s.paymentPage(c)
	if err != nil {
		return err
	}
	if p.Paid.IsZero() {
		return redirect(c, returnPath(p.Row.ID))
	}
	if strings.HasSuffix(c.Param("id"), receiptFile) {
		h := c.Response().Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Disposition", `attachment; filename="bourse-`+p.Row.ID+receiptFile+`"`)
		return c.String(http.StatusOK, receiptText(p))
	}
	p.Shell = s.shell(c, "Receipt")
	return s.render(c, http.StatusOK, views.Payment(p))
}

// receiptText is the receipt as a file that can be read anywhere.
func receiptText(p views.PaymentPage) string {
	var b strings.Builder
	pair := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-12s %s\n", name, value)
		}
	}
	b.WriteString("RECEIPT\n\n")
	if !p.Livemode {
		b.WriteString("No money moved: this payment was made in a sandbox.\n\n")
	}
	pair("Number", p.Row.ID)
	pair("Seller", p.Seller)
	pair("Billed to", strings.Join(p.Billed, ", "))
	pair("Paid", views.Moment(p.Paid)+" UTC")
	pair("With", p.Row.Card)
	pair("Payment", p.Payment)
	pair("Invoice", p.Row.Number)
	b.WriteString("\n")
	for _, l := range p.Lines {
		fmt.Fprintf(&b, "%-40s %14s\n", l.Text, l.Amount)
	}
	fmt.Fprintf(&b, "%-40s %14s\n", "Total paid (USD)", p.Total)
	for _, e := range p.Events {
		fmt.Fprintf(&b, "\n%s UTC  %s %s: %s\n", views.Moment(e.Time), e.Text, e.Amount, e.State)
	}
	return b.String()
}

// RefundForm asks how much of a purchase is to be given back.
func (s *Server) RefundForm(c echo.Context) error {
	return s.refundPage(c, http.StatusOK, views.RefundPage{FormID: models.NewID("form")})
}

func (s *Server) refundPage(c echo.Context, status int, p views.RefundPage) error {
	ctx := c.Request().Context()
	t, err := s.DB.TopUpOfAccount(ctx, visitor(c).AccountID, c.Param("id"))
	if err != nil {
		return err
	}
	can, err := s.Billing.Refundable(ctx, t)
	if err != nil {
		return err
	}
	if can.Cents == 0 {
		s.flashError(c, "Nothing of this payment can be given back. "+can.Why)
		return redirect(c, views.PathPayments+"/"+t.ID)
	}
	p.ID, p.Most, p.Card = t.ID, centsMoney(can.Cents), t.Card
	if p.Amount == "" {
		p.Amount = dollarsOf(can.Cents)
	}
	if t.FeeCents > 0 {
		p.Kept = "The card processing of " + centsMoney(t.FeeCents) + " was spent on the payment and does not come back."
	}
	if t.TaxCents > 0 {
		p.Kept = strings.TrimSpace(p.Kept + " The tax on what goes back goes back with it.")
	}
	p.Shell = s.shell(c, "Give credit back")
	return s.render(c, status, views.Refund(p))
}

// Refund gives back what was asked for.
func (s *Server) Refund(c echo.Context) error {
	p := views.RefundPage{FormID: field(c, "form"), Amount: field(c, "amount")}
	cents, err := centsOf(p.Amount, "amount")
	var r models.Refund
	if err == nil {
		r, err = s.Billing.Refund(c.Request().Context(), visitor(c).AccountID, c.Param("id"), p.FormID, cents)
	}
	if err != nil {
		var ok bool
		if p.Errors, ok = formErrors(err); !ok {
			return err
		}
		return s.refundPage(c, formStatus(err), p)
	}
	switch r.Status {
	case models.RefundFailed:
		s.flashError(c, "Nothing was given back. "+r.Failure)
	case models.RefundSucceeded:
		s.flash(c, centsMoney(r.AmountCents)+" was given back. The bank takes some days.")
	default:
		s.flash(c, centsMoney(r.AmountCents)+" is on its way back.")
	}
	return redirect(c, views.PathPayments+"/"+c.Param("id"))
}
