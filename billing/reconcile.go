package billing

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v76"

	"bourse/models"
)

// How far back the two comparisons look: the payment provider sends an event again for three days,
// and keeps it for thirty.
const (
	reconcileEvery    = 5 * time.Minute
	reconcileRecent   = 72 * time.Hour
	reconcileNightly  = 30 * 24 * time.Hour
	reconcileHour     = 3 // of the night, UTC
	reconcileListMost = 100_000
)

// ReconcileRecent compares the last three days, once in five minutes whichever replica asks.
func (b *Billing) ReconcileRecent(ctx context.Context) error {
	slot := b.now().Unix() / int64(reconcileEvery/time.Second)
	_, err := b.reconcile(ctx, "recent-"+itoa(slot), b.now().Add(-reconcileRecent), false)
	return err
}

// ReconcileNightly compares the last thirty days, and the payment provider's balance with the
// books to the cent, once a night.
func (b *Billing) ReconcileNightly(ctx context.Context) error {
	now := b.now().UTC()
	if now.Hour() < reconcileHour {
		return nil
	}
	_, err := b.reconcile(ctx, "nightly-"+now.Format(time.DateOnly), now.Add(-reconcileNightly), true)
	return err
}

// Reconcile compares everything since a moment, and the balance, now.
func (b *Billing) Reconcile(ctx context.Context, since time.Time) (models.ReconcileRun, error) {
	return b.reconcile(ctx, models.NewID("run"), since, true)
}

// comparison is one walk over what the payment provider has.
type comparison struct {
	*Billing
	since time.Time
	run   models.ReconcileRun
	there map[string]struct{} // payments that the provider has
}

func (b *Billing) reconcile(ctx context.Context, id string, since time.Time, balance bool) (models.ReconcileRun, error) {
	c := &comparison{Billing: b, since: since, there: map[string]struct{}{},
		run: models.ReconcileRun{ID: id, SinceUs: since.UnixMicro(), StartedUs: b.now().UnixMicro()}}
	mine, err := b.db.BeginReconcileRun(ctx, c.run)
	if err != nil || !mine {
		return c.run, err
	}
	steps := []func(context.Context) error{c.sessions, c.payments, c.refunds, c.disputes, c.events, c.paid, c.movements}
	if balance {
		steps = append(steps, c.balance)
	}
	for _, step := range steps {
		if err = step(ctx); err != nil {
			c.run.Error = err.Error()
			break
		}
	}
	open, listed := b.db.Differences(ctx, true, differencesMost)
	if listed == nil {
		c.run.Open = int64(len(open))
	}
	c.run.EndedUs = b.now().UnixMicro()
	if ended := b.db.EndReconcileRun(ctx, c.run); err == nil {
		err = ended
	}
	return c.run, err
}

func (c *comparison) created() *stripe.RangeQueryParams {
	return &stripe.RangeQueryParams{GreaterThanOrEqual: c.since.Unix()}
}

func listParams(ctx context.Context) stripe.ListParams {
	return stripe.ListParams{Context: ctx, Limit: stripe.Int64(100)}
}

// sessions finds checkouts that were paid or are over, and that our rows do not know of.
func (c *comparison) sessions(ctx context.Context) error {
	it := c.stripe.CheckoutSessions.List(&stripe.CheckoutSessionListParams{ListParams: listParams(ctx), CreatedRange: c.created()})
	for c.run.Sessions < reconcileListMost && it.Next() {
		s := it.CheckoutSession()
		id := s.Metadata["topup_id"]
		if id == "" {
			continue // another shop's on the same Stripe account
		}
		c.run.Sessions++
		t, err := c.db.TopUpByID(ctx, id)
		paid := s.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid
		switch {
		case models.CodeOf(err) == models.NotFound:
			if paid {
				c.note(ctx, models.PaymentDifference{Kind: "unknown-session", ObjectID: s.ID, Words: "A checkout of $" + dollars(s.AmountTotal) + " was paid for a purchase that the books do not know."})
			}
			continue
		case err != nil:
			return err
		}
		if t.SessionID == "" && t.Kind != models.TopUpAuto {
			if err := c.db.SetTopUpSession(ctx, t.ID, s.ID, s.URL); err != nil {
				return err
			}
		}
		if (paid && t.CreditedUs == 0) || (s.Status != stripe.CheckoutSessionStatusOpen && t.Status == models.TopUpPending) {
			if err := c.correct(ctx, t); err != nil {
				return err
			}
		}
	}
	return wrapStripe("list checkouts", it.Err())
}

// payments finds payments that brought money or came to their end.
func (c *comparison) payments(ctx context.Context) error {
	it := c.stripe.PaymentIntents.List(&stripe.PaymentIntentListParams{ListParams: listParams(ctx), CreatedRange: c.created()})
	for c.run.Payments < reconcileListMost && it.Next() {
		p := it.PaymentIntent()
		id := p.Metadata["topup_id"]
		if id == "" {
			continue
		}
		c.run.Payments++
		c.there[p.ID] = struct{}{}
		t, err := c.db.TopUpByID(ctx, id)
		arrived := p.Status == stripe.PaymentIntentStatusSucceeded
		switch {
		case models.CodeOf(err) == models.NotFound:
			if arrived {
				c.note(ctx, models.PaymentDifference{Kind: "unknown-payment", ObjectID: p.ID, Words: "A payment of $" + dollars(p.AmountReceived) + " arrived for a purchase that the books do not know."})
			}
			continue
		case err != nil:
			return err
		}
		if t.Kind == models.TopUpAuto && t.PaymentIntent == "" {
			if err := c.db.SetTopUpPayment(ctx, t.ID, p.ID); err != nil {
				return err
			}
		}
		if (arrived && t.CreditedUs == 0) || (t.Status == models.TopUpPending && t.Kind == models.TopUpAuto) {
			if err := c.correct(ctx, t); err != nil {
				return err
			}
		}
	}
	return wrapStripe("list payments", it.Err())
}

// refunds finds refunds whose state is not the books'.
func (c *comparison) refunds(ctx context.Context) error {
	it := c.stripe.Refunds.List(&stripe.RefundListParams{ListParams: listParams(ctx), CreatedRange: c.created()})
	for c.run.Refunds < reconcileListMost && it.Next() {
		r := it.Refund()
		t, ok, err := c.ours(ctx, r.PaymentIntent)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		c.run.Refunds++
		rows, err := c.db.RefundsOf(ctx, t.ID)
		if err != nil {
			return err
		}
		known := false
		for _, row := range rows {
			known = known || row.RefundID == r.ID && row.Status == refundStatus(r)
		}
		if !known {
			c.run.Corrected++
			if err := c.correct(ctx, t); err != nil {
				return err
			}
		}
	}
	return wrapStripe("list refunds", it.Err())
}

// disputes finds disputes whose state is not the books'.
func (c *comparison) disputes(ctx context.Context) error {
	it := c.stripe.Disputes.List(&stripe.DisputeListParams{ListParams: listParams(ctx), CreatedRange: c.created()})
	for c.run.Disputes < reconcileListMost && it.Next() {
		d := it.Dispute()
		t, ok, err := c.ours(ctx, d.PaymentIntent)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		c.run.Disputes++
		rows, err := c.db.DisputesOf(ctx, t.ID)
		if err != nil {
			return err
		}
		known := false
		for _, row := range rows {
			known = known || row.ID == d.ID && row.Status == disputeStatus(d)
		}
		if !known {
			c.run.Corrected++
			if err := c.correct(ctx, t); err != nil {
				return err
			}
		}
	}
	return wrapStripe("list disputes", it.Err())
}

// ours finds the purchase of a payment, if it is one of ours.
func (c *comparison) ours(ctx context.Context, p *stripe.PaymentIntent) (models.TopUp, bool, error) {
	if p == nil {
		return models.TopUp{}, false, nil
	}
	t, err := c.db.TopUpByPayment(ctx, p.ID)
	if models.CodeOf(err) == models.NotFound {
		return t, false, nil
	}
	return t, err == nil, err
}

// events handles what the webhook was not given.
func (c *comparison) events(ctx context.Context) error {
	it := c.stripe.Events.List(&stripe.EventListParams{ListParams: listParams(ctx), CreatedRange: c.created(), DeliverySuccess: stripe.Bool(false), Types: stripe.StringSlice(WebhookEvents)})
	for c.run.Events < reconcileListMost && it.Next() {
		e := it.Event()
		c.run.Events++
		if err := c.handle(ctx, *e, eventObject(*e)); err != nil {
			c.log.Warn("undelivered event not handled", "event", e.ID, "type", e.Type, "err", err)
		}
	}
	return wrapStripe("list events", it.Err())
}

// paid finds purchases that the books call paid and the payment provider does not have.
func (c *comparison) paid(ctx context.Context) error {
	list, err := c.db.PaidTopUps(ctx, c.since, reconcileListMost)
	if err != nil {
		return err
	}
	for _, t := range list {
		if _, ok := c.there[t.PaymentIntent]; ok || t.Livemode != c.Live() {
			continue
		}
		_, err := c.readIntent(ctx, t.PaymentIntent) // older than its payment day, perhaps
		switch {
		case err == nil:
			c.resolved(ctx, "not-there", t.ID)
		case models.CodeOf(err) == models.NotFound:
			c.note(ctx, models.PaymentDifference{Kind: "not-there", ObjectID: t.ID, TopUpID: t.ID, AccountID: t.AccountID,
				Words: "The books say that $" + dollars(t.TotalCents()) + " were paid; the payment provider has no such payment."})
		default:
			return err
		}
	}
	return nil
}

// correct lets one purchase converge. What does not is a difference; a payment provider that is
// away ends the comparison.
func (c *comparison) correct(ctx context.Context, t models.TopUp) error {
	after, err := c.Converge(ctx, t.ID)
	switch {
	case models.CodeOf(err) == models.Unavailable:
		return err
	case err != nil:
		c.note(ctx, models.PaymentDifference{Kind: "does-not-converge", ObjectID: t.ID, TopUpID: t.ID, AccountID: t.AccountID, Words: err.Error()})
		return nil
	}
	c.resolved(ctx, "does-not-converge", t.ID)
	if after.Status != t.Status || after.CreditedUs != t.CreditedUs {
		c.run.Corrected++
	}
	return nil
}

func wrapStripe(doing string, err error) error {
	if err == nil {
		return nil
	}
	return stripeError(doing, err)
}
