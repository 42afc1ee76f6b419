package billing

import (
	"context"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"bourse/models"
)

// postRefund makes the ledger agree with one refund.
func (b *Billing) postRefund(ctx context.Context, t models.TopUp, r *stripe.Refund) error {
	row, err := b.refundRow(ctx, t, r)
	if err != nil {
		return err
	}
	if err := b.debitRefund(ctx, t, row, Posting{Actor: r.ID}); err != nil {
		return err
	}
	status, words := refundStatus(r), ""
	if status == models.RefundFailed {
		words = "The money came back: " + or(strings.ReplaceAll(string(r.FailureReason), "_", " "), "the refund was cancelled") + "."
		if err := b.reverseRefund(ctx, t, row, words); err != nil {
			return err
		}
	}
	return b.db.MarkRefund(ctx, row.ID, status, r.ID, words, b.now())
}

// refundStatus is a refund's state in our words.
func refundStatus(r *stripe.Refund) models.RefundStatus {
	switch r.Status {
	case stripe.RefundStatusSucceeded:
		return models.RefundSucceeded
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		return models.RefundFailed
	}
	return models.RefundPending
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
	terms.Kind, terms.Ref, terms.Note, terms.Entries = "refund", r.ID, "Credit given back", refundEntries(booksOf(t), r)
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
	row := models.Dispute{ID: d.ID, TopUpID: t.ID, AccountID: t.AccountID, AmountCents: d.Amount, Reason: string(d.Reason), CreatedUs: d.Created * 1_000_000, Status: disputeStatus(d)}
	acc := booksOf(t)
	if row.Status == models.DisputeInquiry {
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
	switch row.Status {
	case models.DisputeWon:
		row.ClosedUs = b.now().UnixMicro()
		err = move("dispute-won", acc.disputes, acc.customer, cents(d.Amount), -1, "The dispute was won")
	case models.DisputeLost:
		row.ClosedUs = b.now().UnixMicro()
		err = move("dispute-lost", acc.disputes, acc.clearing, cents(d.Amount), 0, "The dispute was lost")
	}
	if err != nil {
		return err
	}
	if err := b.tellDispute(ctx, row); err != nil {
		return err
	}
	return b.db.PutDispute(ctx, row)
}

// tellDispute writes once to the operators, who have days to answer, and once to the account's owner.
func (b *Billing) tellDispute(ctx context.Context, d models.Dispute) error {
	operators := letter{"A payment of $" + dollars(d.AmountCents) + " is disputed", "The bank of the card's owner took it back (" + or(d.Reason, "no reason given") + "). The account " + d.AccountID +
		" cannot spend until it is settled. Answer at the payment provider, dispute " + d.ID + ".\n\nSee " + b.config.BaseURL + "/admin/payments\n"}
	if err := b.db.PutOutbox(ctx, operators.order("dispute:"+d.ID, "", b.now())); err != nil {
		return err
	}
	owner := letter{"A payment of $" + dollars(d.AmountCents) + " was taken back by your bank", "Until that is settled nothing can be spent from your account. If this is a mistake, please tell your bank and write to the operator.\n\n" +
		"The payment: " + b.config.BaseURL + "/credits/payments/" + d.TopUpID + "\n"}
	return b.db.PutOutbox(ctx, owner.order("dispute-owner:"+d.ID, d.AccountID, b.now()))
}

// disputeStatus is a dispute's state in our words.
func disputeStatus(d *stripe.Dispute) string {
	switch d.Status {
	case stripe.DisputeStatusWarningNeedsResponse, stripe.DisputeStatusWarningUnderReview, stripe.DisputeStatusWarningClosed:
		return models.DisputeInquiry
	case stripe.DisputeStatusWon:
		return models.DisputeWon
	case stripe.DisputeStatusLost:
		return models.DisputeLost
	}
	return models.DisputeOpen
}
