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

// unpaid notes how a purchase stands that brought nothing so far.
func (b *Billing) unpaid(ctx context.Context, t models.TopUp, w truth) (models.TopUp, error) {
	declined := w.declined()
	if declined != "" && w.intent.LatestCharge != nil {
		if err := b.db.NoteCardFailure(ctx, w.intent.LatestCharge.ID, t.AccountID, t.IP, b.now()); err != nil {
			return t, err
		}
	}
	status, words := models.TopUpPending, declined
	over := w.intent != nil && w.intent.Status != stripe.PaymentIntentStatusProcessing && w.intent.Status != stripe.PaymentIntentStatusRequiresAction
	switch {
	case w.session != nil && w.session.Status == stripe.CheckoutSessionStatusExpired:
		status, words = models.TopUpExpired, or(declined, "The checkout was left without paying.")
	case w.session != nil && w.session.Status == stripe.CheckoutSessionStatusComplete && over:
		status, words = models.TopUpFailed, or(declined, "The payment did not arrive.")
	case w.session == nil && over:
		status, words = models.TopUpFailed, or(declined, "The payment was cancelled.")
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
	case t.Kind == models.TopUpSandbox:
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

// postRefund makes the ledger agree with one refund.
func (b *Billing) postRefund(ctx context.Context, t models.TopUp, r *stripe.Refund) error {
	row, err := b.refundRow(ctx, t, r)
	if err != nil {
		return err
	}
	if err := b.debitRefund(ctx, t, row, Posting{Actor: r.ID}); err != nil {
		return err
	}
	status, words := models.RefundPending, ""
	switch r.Status {
	case stripe.RefundStatusSucceeded:
		status = models.RefundSucceeded
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		status, words = models.RefundFailed, "The money came back: "+or(string(r.FailureReason), "the refund was cancelled")+"."
		if err := b.reverseRefund(ctx, t, row, words); err != nil {
			return err
		}
	}
	return b.db.MarkRefund(ctx, row.ID, status, r.ID, words, b.now())
}

// refundRow finds our row for a refund, or makes one for a refund that was made at the provider.
func (b *Billing) refundRow(ctx context.Context, t models.TopUp, r *stripe.Refund) (models.Refund, error) {
	rows, err := b.db.RefundsOf(ctx, t.ID)
	if err != nil {
		return models.Refund{}, err
	}
	for _, row := range rows {
		if row.RefundID == r.ID || row.ID == r.ID || (row.ID == r.Metadata["refund_id"] && row.AmountCents == r.Amount) {
			return row, nil
		}
	}
	// Of each line its share; what does not divide is the credit's.
	fee, tax := r.Amount*t.FeeCents/t.TotalCents(), r.Amount*t.TaxCents/t.TotalCents()
	row, _, err := b.db.InsertRefund(ctx, models.Refund{ID: r.ID, FormID: r.ID, TopUpID: t.ID, AccountID: t.AccountID, Credit: cents(r.Amount - fee - tax),
		FeeCents: fee, TaxCents: tax, AmountCents: r.Amount, Status: models.RefundPending, RefundID: r.ID, CreatedUs: r.Created * 1_000_000})
	return row, err
}

func refundEntries(acc books, r models.Refund) []models.LedgerEntry {
	entries := []models.LedgerEntry{{AccountID: acc.customer, Amount: -r.Credit}}
	if r.FeeCents != 0 {
		entries = append(entries, models.LedgerEntry{AccountID: acc.fee, Amount: -cents(r.FeeCents)})
	}
	if r.TaxCents != 0 {
		entries = append(entries, models.LedgerEntry{AccountID: acc.tax, Amount: -cents(r.TaxCents)})
	}
	return append(entries, models.LedgerEntry{AccountID: acc.clearing, Amount: cents(r.AmountCents)})
}

// debitRefund takes a refund from the balance, once; terms may ask that the balance bears it.
func (b *Billing) debitRefund(ctx context.Context, t models.TopUp, r models.Refund, terms Posting) error {
	terms.Kind, terms.Ref, terms.Note, terms.Entries = "refund", r.ID, "Refund of "+t.ID, refundEntries(booksOf(t), r)
	return b.Ledger.Post(ctx, terms)
}

func (b *Billing) reverseRefund(ctx context.Context, t models.TopUp, r models.Refund, why string) error {
	entries := refundEntries(booksOf(t), r)
	for i := range entries {
		entries[i].Amount = -entries[i].Amount
	}
	return b.Ledger.Post(ctx, Posting{Kind: "refund-reversed", Ref: r.ID, Note: why, Actor: r.RefundID, Entries: entries})
}

// postDispute makes the ledger agree with one dispute: what the bank takes is taken from the
// balance, which may fall below zero, and nothing can be spent until it is won.
func (b *Billing) postDispute(ctx context.Context, t models.TopUp, d *stripe.Dispute) error {
	row := models.Dispute{ID: d.ID, TopUpID: t.ID, AccountID: t.AccountID, AmountCents: d.Amount, Reason: string(d.Reason), CreatedUs: d.Created * 1_000_000, Status: models.DisputeOpen}
	acc := booksOf(t)
	switch d.Status {
	case stripe.DisputeStatusWarningNeedsResponse, stripe.DisputeStatusWarningUnderReview, stripe.DisputeStatusWarningClosed:
		row.Status = models.DisputeInquiry
		return b.db.PutDispute(ctx, row)
	}
	move := func(kind, from, to string, amount models.Amount, disputes int64, note string) error {
		return b.Ledger.Post(ctx, Posting{Kind: kind, Ref: d.ID, Note: note, Actor: t.ID, Disputes: disputes,
			Entries: []models.LedgerEntry{{AccountID: from, Amount: -amount}, {AccountID: to, Amount: amount}}})
	}
	if err := move("dispute", acc.customer, acc.disputes, cents(d.Amount), 1, "The bank of the card's owner took the payment back"); err != nil {
		return err
	}
	for _, txn := range d.BalanceTransactions {
		row.FeeCents += txn.Fee
		if txn.Fee == 0 {
			continue
		}
		err := b.Ledger.Post(ctx, Posting{Kind: "provider-fee", Ref: txn.ID, Note: "Fee of " + d.ID, Actor: t.ID,
			Entries: []models.LedgerEntry{{AccountID: acc.disputeCost, Amount: -cents(txn.Fee)}, {AccountID: acc.clearing, Amount: cents(txn.Fee)}}})
		if err != nil {
			return err
		}
	}
	var err error
	switch d.Status {
	case stripe.DisputeStatusWon:
		row.Status, row.ClosedUs = models.DisputeWon, b.now().UnixMicro()
		err = move("dispute-won", acc.disputes, acc.customer, cents(d.Amount), -1, "The dispute was won")
	case stripe.DisputeStatusLost:
		row.Status, row.ClosedUs = models.DisputeLost, b.now().UnixMicro()
		err = move("dispute-lost", acc.disputes, acc.clearing, cents(d.Amount), 0, "The dispute was lost")
	}
	if err != nil {
		return err
	}
	return b.db.PutDispute(ctx, row)
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

// convergeBatch bounds how many purchases one run of the job looks at.
const convergeBatch = 200

// ConvergePending looks at purchases that have been pending for a while, for webhooks that never came.
func (b *Billing) ConvergePending(ctx context.Context) error {
	list, err := b.db.PendingTopUps(ctx, b.now().Add(-time.Minute), convergeBatch)
	if err != nil {
		return err
	}
	for _, t := range list {
		if t.SessionID == "" && t.PaymentIntent == "" {
			continue
		}
		if _, err := b.Converge(ctx, t.ID); err != nil {
			b.log.Error("purchase does not converge", "topup", t.ID, "err", err)
		}
	}
	return nil
}
