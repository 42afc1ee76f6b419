package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"bourse/models"
)

// truth is what the payment provider says of one purchase now.
type truth struct {
	session  *stripe.CheckoutSession // nil for an automatic purchase
	intent   *stripe.PaymentIntent   // nil before the first try
	refunds  []*stripe.Refund
	disputes []*stripe.Dispute
}

// paid reports whether the money is there.
func (w truth) paid() bool {
	if w.session != nil {
		return w.session.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid && w.intent != nil
	}
	return w.intent != nil && w.intent.Status == stripe.PaymentIntentStatusSucceeded
}

// tax is what was paid on top.
func (w truth) tax() int64 {
	if w.session == nil || w.session.TotalDetails == nil {
		return 0
	}
	return w.session.TotalDetails.AmountTax
}

// declined is why the last try at paying failed, "" when it did not.
func (w truth) declined() string {
	if w.intent == nil || w.intent.LastPaymentError == nil {
		return ""
	}
	if msg := w.intent.LastPaymentError.Msg; msg != "" {
		return msg
	}
	return "The payment was declined."
}

// look reads everything about a purchase.
func (b *Billing) look(ctx context.Context, t models.TopUp) (truth, error) {
	var w truth
	var err error
	payment := t.PaymentIntent
	if t.SessionID != "" {
		params := &stripe.CheckoutSessionParams{}
		params.Context = ctx
		if w.session, err = b.stripe.CheckoutSessions.Get(t.SessionID, params); err != nil {
			return w, stripeError("show the checkout", err)
		}
		if w.session.PaymentIntent != nil {
			payment = w.session.PaymentIntent.ID
		}
	}
	if payment == "" {
		return w, nil
	}
	if w.intent, err = b.readIntent(ctx, payment); err != nil || !w.paid() {
		return w, err
	}
	refunds := &stripe.RefundListParams{PaymentIntent: stripe.String(payment)}
	refunds.Context, refunds.Limit = ctx, stripe.Int64(100)
	for it := b.stripe.Refunds.List(refunds); ; {
		if !it.Next() {
			if err := it.Err(); err != nil {
				return w, stripeError("list refunds", err)
			}
			break
		}
		w.refunds = append(w.refunds, it.Refund())
	}
	disputes := &stripe.DisputeListParams{PaymentIntent: stripe.String(payment)}
	disputes.Context, disputes.Limit = ctx, stripe.Int64(100)
	it := b.stripe.Disputes.List(disputes)
	for it.Next() {
		w.disputes = append(w.disputes, it.Dispute())
	}
	if err := it.Err(); err != nil {
		return w, stripeError("list disputes", err)
	}
	return w, nil
}

func (b *Billing) readIntent(ctx context.Context, id string) (*stripe.PaymentIntent, error) {
	params := &stripe.PaymentIntentParams{}
	params.Context = ctx
	params.AddExpand("latest_charge")
	params.AddExpand("payment_method")
	p, err := b.stripe.PaymentIntents.Get(id, params)
	if err != nil {
		return nil, stripeError("show the payment", err)
	}
	return p, nil
}

// matches refuses to credit anything but exactly what was bought.
func (w truth) matches(t models.TopUp) error {
	wrong := func(format string, args ...any) error {
		return models.Errorf(models.Internal, "purchase "+t.ID+" "+format, args...)
	}
	want := t.ChargeCents + w.tax()
	if s := w.session; s != nil {
		switch {
		case s.AmountTotal != want, s.Currency != stripe.CurrencyUSD:
			return wrong("is %d cents, its session %s was paid with %d %s", want, s.ID, s.AmountTotal, s.Currency)
		case s.Livemode != t.Livemode:
			return wrong("and its session %s differ in live mode", s.ID)
		case s.Metadata["topup_id"] != t.ID:
			return wrong("does not own session %s", s.ID)
		}
	}
	p := w.intent
	switch {
	case p.AmountReceived != want, p.Currency != stripe.CurrencyUSD:
		return wrong("is %d cents, its payment %s brought %d %s", want, p.ID, p.AmountReceived, p.Currency)
	case p.Livemode != t.Livemode:
		return wrong("and its payment %s differ in live mode", p.ID)
	case p.Metadata["topup_id"] != t.ID:
		return wrong("does not own payment %s", p.ID)
	}
	return nil
}

// frozen is the purchase with everything that its receipt shows, as it is now.
func (w truth) frozen(t models.TopUp) models.TopUp {
	t.PaymentIntent, t.TaxCents = w.intent.ID, w.tax()
	var billed models.Billed
	if charge := w.intent.LatestCharge; charge != nil {
		t.ChargeID, t.ReceiptURL, t.PaidUs = charge.ID, charge.ReceiptURL, charge.Created*1_000_000
		if d := charge.PaymentMethodDetails; d != nil && d.Card != nil {
			t.Card = cardName(string(d.Card.Brand), d.Card.Last4)
		}
		if charge.Outcome != nil {
			t.Risk = charge.Outcome.RiskLevel
		}
		if d := charge.BillingDetails; d != nil {
			billed.Name, billed.Email, billed.Address = d.Name, d.Email, addressLines(d.Address)
		}
	}
	if w.session != nil && w.session.CustomerDetails != nil {
		d := w.session.CustomerDetails
		billed.Name, billed.Email = or(d.Name, billed.Name), or(d.Email, billed.Email)
		if lines := addressLines(d.Address); len(lines) > 0 {
			billed.Address = lines
		}
		for _, id := range d.TaxIDs {
			billed.TaxIDs = append(billed.TaxIDs, id.Value)
		}
	}
	text, _ := json.Marshal(billed) // of plain strings
	t.BilledTo = string(text)
	return t
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

func addressLines(a *stripe.Address) []string {
	if a == nil {
		return nil
	}
	var out []string
	for _, line := range []string{a.Line1, a.Line2, strings.TrimSpace(a.PostalCode + " " + a.City), a.State, a.Country} {
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

// cardName is what may be shown of a card.
func cardName(brand, last4 string) string {
	if last4 == "" {
		return ""
	}
	if brand == "" {
		brand = "card"
	}
	return strings.ToUpper(brand[:1]) + brand[1:] + " ending in " + last4
}

// stripeError keeps the provider's sentence for the reader when it is about the request, and says
// no more than that it is away otherwise.
func stripeError(doing string, err error) error {
	var se *stripe.Error
	if errors.As(err, &se) && se.HTTPStatusCode == 404 {
		return &models.Error{Code: models.NotFound, Message: "The payment provider does not know this.", Err: err}
	}
	if errors.As(err, &se) && se.HTTPStatusCode >= 400 && se.HTTPStatusCode < 500 && se.HTTPStatusCode != 429 {
		return &models.Error{Code: models.Invalid, Message: "The payment provider refused to " + doing + ": " + se.Msg, Err: err}
	}
	return &models.Error{Code: models.Unavailable, Message: "The payment provider does not answer. Nothing was charged; try again in a minute.", Err: err}
}

func dollars(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
