package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v76"

	"bourse/models"
)

// Converge makes the ledger agree with what the payment provider says of one purchase now. It may
// run any number of times, at the same time, in any order: what it posts is keyed by the purchase.
func (b *Billing) Converge(ctx context.Context, topUpID string) (models.TopUp, error) {
	t, err := b.db.TopUpByID(ctx, topUpID)
	if err != nil || t.SessionID == "" || t.CreditedUs != 0 {
		return t, err
	}
	params := &stripe.CheckoutSessionParams{}
	params.Context = ctx
	s, err := b.stripe.CheckoutSessions.Get(t.SessionID, params)
	if err != nil {
		return t, stripeError("show the checkout", err)
	}
	switch {
	case s.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid:
		if err := b.matches(t, s); err != nil {
			return t, err
		}
		if err := b.credit(ctx, t, s); err != nil {
			return t, err
		}
	case s.Status == stripe.CheckoutSessionStatusExpired:
		if err := b.db.MarkTopUp(ctx, t.ID, models.TopUpExpired, "The checkout was left without paying."); err != nil {
			return t, err
		}
	default:
		return t, nil // still open, or the payment is on its way
	}
	return b.db.TopUpByID(ctx, topUpID)
}

// matches refuses to credit anything but exactly what was bought.
func (b *Billing) matches(t models.TopUp, s *stripe.CheckoutSession) error {
	switch {
	case s.AmountTotal != t.ChargeCents, s.Currency != stripe.CurrencyUSD:
		return models.Errorf(models.Internal, "purchase %s is %d cents, its session %s was paid with %d %s", t.ID, t.ChargeCents, s.ID, s.AmountTotal, s.Currency)
	case s.Livemode != t.Livemode:
		return models.Errorf(models.Internal, "purchase %s and its session %s differ in live mode", t.ID, s.ID)
	case s.Metadata["topup_id"] != t.ID:
		return models.Errorf(models.Internal, "session %s belongs to another purchase than %s", s.ID, t.ID)
	}
	return nil
}

func (b *Billing) credit(ctx context.Context, t models.TopUp, s *stripe.CheckoutSession) error {
	paid := time.Now()
	account, clearing, note := t.AccountID, AccountStripe, "Credits bought"
	if t.Kind == "sandbox" {
		account, clearing, note = models.SandboxSide(t.AccountID), AccountSandbox, "Sandbox credits: no money moved"
	}
	err := b.Ledger.Post(ctx, Posting{Kind: "topup", Ref: t.ID, Note: note, Actor: s.ID, Entries: []models.LedgerEntry{
		{AccountID: account, Amount: t.Credit}, {AccountID: clearing, Amount: -t.Credit},
	}})
	if err != nil {
		return fmt.Errorf("post %s: %w", t.ID, err)
	}
	intent := ""
	if s.PaymentIntent != nil {
		intent = s.PaymentIntent.ID
	}
	return b.db.MarkTopUpCredited(ctx, t.ID, intent, paid, time.Now())
}

// convergeBatch bounds how many purchases one run of the job looks at.
const convergeBatch = 100

// ConvergePending looks at purchases that have been pending for a while, for webhooks that never came.
func (b *Billing) ConvergePending(ctx context.Context) error {
	list, err := b.db.PendingTopUps(ctx, time.Now().Add(-time.Minute), convergeBatch)
	if err != nil {
		return err
	}
	for _, t := range list {
		if _, err := b.Converge(ctx, t.ID); err != nil {
			b.log.Error("purchase does not converge", "topup", t.ID, "err", err)
		}
	}
	return nil
}
