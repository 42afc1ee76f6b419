package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v76"

	"bourse/models"
)

// books are the accounts that a purchase moves. What no money was paid for stands apart.
type books struct {
	customer, clearing, disputes, disputeCost, fee, tax, bank, cost string
}

func booksOf(t models.TopUp) books {
	if !t.Livemode {
		return booksFor(false, models.SandboxSide(t.AccountID))
	}
	return booksFor(true, t.AccountID)
}

func booksFor(live bool, customer string) books {
	b := books{customer: customer, clearing: AccountStripe, disputes: AccountDisputes, disputeCost: AccountDisputeCost, fee: AccountTopUpFee,
		tax: AccountTax, bank: AccountBank, cost: AccountStripeCost}
	if !live {
		b = books{customer: customer, clearing: AccountSandbox, disputes: "sandbox:disputes", disputeCost: "sandbox:dispute_costs", fee: "sandbox:topup_fee",
			tax: "sandbox:tax", bank: "sandbox:bank", cost: "sandbox:costs"}
	}
	return b
}

func cents(n int64) models.Amount { return models.Amount(n) * models.NanoPerCent }

// Converge makes the ledger agree with what the payment provider says of one purchase now: paid,
// refunded, in dispute. It may run any number of times, at the same time, in any order: what it
// posts is keyed by what it is about.
func (b *Billing) Converge(ctx context.Context, topUpID string) (models.TopUp, error) {
	return b.converging.do(ctx, topUpID, func(ctx context.Context) (models.TopUp, error) { return b.converge(ctx, topUpID) })
}

func (b *Billing) converge(ctx context.Context, topUpID string) (models.TopUp, error) {
	t, err := b.db.TopUpByID(ctx, topUpID)
	if err != nil || (t.SessionID == "" && t.PaymentIntent == "") {
		return t, err
	}
	w, err := b.look(ctx, t)
	if err != nil {
		return t, err
	}
	if w.intent != nil && t.PaymentIntent == "" {
		if err := b.db.SetTopUpPayment(ctx, t.ID, w.intent.ID); err != nil {
			return t, err
		}
	}
	if !w.paid() {
		return b.unpaid(ctx, t, w)
	}
	if err := w.matches(t); err != nil {
		return t, err
	}
	if t.CreditedUs == 0 {
		if err := b.credit(ctx, w.frozen(t)); err != nil {
			return t, err
		}
		if err := b.keepCard(ctx, t, w.intent); err != nil {
			return t, err
		}
		if t.Kind == models.TopUpAuto {
			if err := b.autoPaid(ctx, t); err != nil {
				return t, err
			}
		}
	}
	t.TaxCents = w.tax()
	for _, r := range w.refunds {
		if err := b.postRefund(ctx, t, r); err != nil {
			return t, err
		}
	}
	for _, d := range w.disputes {
		if err := b.postDispute(ctx, t, d); err != nil {
			return t, err
		}
	}
	b.fetchInvoice(ctx, t, w)
	return b.db.TopUpByID(ctx, topUpID)
}

// NothingPaid is why a purchase ended that nobody tried to pay.
const NothingPaid = "The checkout was left without paying."

// unpaid notes how a purchase stands that brought nothing so far.
func (b *Billing) unpaid(ctx context.Context, t models.TopUp, w truth) (models.TopUp, error) {
	declined := w.declined()
	if declined != "" && w.intent.LatestCharge != nil {
		if err := b.db.NoteCardFailure(ctx, w.intent.LatestCharge.ID, t.AccountID, t.IP, b.now()); err != nil {
			return t, err
		}
	}
	if t.Kind == models.TopUpAuto {
		return b.autoUnpaid(ctx, t, w)
	}
	status, words := models.TopUpPending, declined
	over := w.intent != nil && w.intent.Status != stripe.PaymentIntentStatusProcessing && w.intent.Status != stripe.PaymentIntentStatusRequiresAction
	switch {
	case w.session != nil && w.session.Status == stripe.CheckoutSessionStatusExpired:
		status, words = models.TopUpExpired, or(declined, NothingPaid)
	case w.session != nil && w.session.Status == stripe.CheckoutSessionStatusComplete && over:
		status, words = models.TopUpFailed, or(declined, "The payment did not arrive.")
	}
	if status == t.Status && words == t.Failure {
		return t, nil
	}
	if err := b.db.MarkTopUp(ctx, t.ID, status, words); err != nil {
		return t, err
	}
	return b.db.TopUpByID(ctx, t.ID)
}

// credit posts what was bought, once, and freezes the receipt.
func (b *Billing) credit(ctx context.Context, t models.TopUp) error {
	if t.PaidUs == 0 {
		t.PaidUs = b.now().UnixMicro()
	}
	acc, note := booksOf(t), "Credits bought"
	switch {
	case b.Sandbox != nil:
		note = "Sandbox credits: no money moved"
	case !t.Livemode:
		note = "Credits of the test mode: no money moved"
	case t.Kind == models.TopUpAuto:
		note = "Credits bought automatically"
	}
	entries := []models.LedgerEntry{{AccountID: acc.customer, Amount: t.Credit}}
	if t.FeeCents != 0 {
		entries = append(entries, models.LedgerEntry{AccountID: acc.fee, Amount: cents(t.FeeCents)})
	}
	if t.TaxCents != 0 {
		entries = append(entries, models.LedgerEntry{AccountID: acc.tax, Amount: cents(t.TaxCents)})
	}
	entries = append(entries, models.LedgerEntry{AccountID: acc.clearing, Amount: -t.Credit - cents(t.FeeCents+t.TaxCents)})
	if err := b.Ledger.Post(ctx, Posting{Kind: "topup", Ref: t.ID, Note: note, Actor: t.PaymentIntent, Entries: entries}); err != nil {
		return fmt.Errorf("post %s: %w", t.ID, err)
	}
	if err := b.db.FreezeTopUp(ctx, t); err != nil {
		return err
	}
	return b.db.MarkTopUpCredited(ctx, t.ID, b.now())
}

// fetchInvoice notes the invoice of a purchase, when there is one. It is not worth failing for.
func (b *Billing) fetchInvoice(ctx context.Context, t models.TopUp, w truth) {
	if w.session == nil || w.session.Invoice == nil || t.InvoiceNumber != "" {
		return
	}
	params := &stripe.InvoiceParams{}
	params.Context = ctx
	in, err := b.stripe.Invoices.Get(w.session.Invoice.ID, params)
	if err == nil {
		err = b.db.SetTopUpInvoice(ctx, t.ID, in.Number, or(in.InvoicePDF, in.HostedInvoiceURL))
	}
	if err != nil {
		b.log.Warn("invoice not noted", "topup", t.ID, "err", err)
	}
}

const (
	convergeBatch = 200 // how many purchases one run of the job looks at
	// neverOpened is when a purchase is given up whose checkout we never got an answer about: the
	// checkout itself would be over for a day. If it was paid all the same, the comparison finds it.
	neverOpened = 48 * time.Hour
)

// ConvergePending looks at purchases that have been pending for a while, for webhooks that never came.
func (b *Billing) ConvergePending(ctx context.Context) error {
	now := b.now()
	list, err := b.db.PendingTopUps(ctx, now.Add(-reconcileNightly), now.Add(-time.Minute), convergeBatch)
	if err != nil {
		return err
	}
	for _, t := range list {
		if t.Livemode != b.Live() || t.Kind == models.TopUpSandbox && b.Sandbox == nil {
			continue // of the time before the key was changed
		}
		if t.SessionID == "" && t.PaymentIntent == "" {
			if t.Kind != models.TopUpAuto && now.Sub(t.Created()) > neverOpened {
				if err := b.db.MarkTopUp(ctx, t.ID, models.TopUpExpired, NothingPaid); err != nil {
					return err
				}
			}
			continue
		}
		if _, err := b.Converge(ctx, t.ID); err != nil {
			b.log.Error("purchase does not converge", "topup", t.ID, "err", err)
		}
	}
	return nil
}
