package billing

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v76"

	"bourse/models"
)

// Refundable is how much of a purchase can be given back now, or why none of it can.
type Refundable struct {
	Cents int64
	Why   string // a sentence, when Cents is 0
}

// Refundable says how much of a purchase its buyer can have back: what is unused of it, while the
// operator's time for that runs.
func (b *Billing) Refundable(ctx context.Context, t models.TopUp) (Refundable, error) {
	account, err := b.db.AccountByID(ctx, t.AccountID)
	if err != nil {
		return Refundable{}, err
	}
	left, why, err := b.refundLeft(ctx, t, account)
	if err != nil || why != "" {
		return Refundable{Why: why}, err
	}
	// What the ledger would let go, in whole cents.
	unused := min(account.Posted-account.Held, account.Posted-account.Sandbox-account.HeldReal) - account.Promo
	if !t.Livemode {
		unused = min(account.Posted-account.Held, account.Sandbox)
	}
	n := min(left, int64(max(unused, 0)/models.NanoPerCent))
	if n <= 0 {
		return Refundable{Why: "All of it is used, or held for calls that are running."}, nil
	}
	return Refundable{Cents: n}, nil
}

// refundLeft is what of a purchase's credit has not gone back, in cents, or why nothing may.
func (b *Billing) refundLeft(ctx context.Context, t models.TopUp, account models.Account) (left int64, why string, err error) {
	days := b.config.RefundDays
	switch {
	case t.CreditedUs == 0:
		return 0, "Nothing was credited for it.", nil
	case days <= 0:
		return 0, "This marketplace gives no credit back; please write to the operator.", nil
	case b.now().Sub(t.Paid()) > time.Duration(days)*24*time.Hour:
		return 0, "It was paid more than " + itoa(days) + " days ago.", nil
	case account.Blocked():
		return 0, "The account is frozen.", nil
	}
	refunds, err := b.db.RefundsOf(ctx, t.ID)
	if err != nil {
		return 0, "", err
	}
	left = int64(t.Credit / models.NanoPerCent)
	for _, r := range refunds {
		if r.Status != models.RefundFailed {
			left -= int64(r.Credit / models.NanoPerCent)
		}
	}
	if left <= 0 {
		return 0, "All of it went back.", nil
	}
	return left, "", nil
}

// Refund gives an amount of a purchase back to where it came from. The balance is debited first,
// and only if it bears that; then the payment provider is asked; what it refuses is given back to
// the balance. When its answer does not come the refund stays requested and is asked for again. The
// same FormID is one refund.
func (b *Billing) Refund(ctx context.Context, accountID, topUpID, formID string, amountCents int64) (models.Refund, error) {
	var none models.Refund
	if formID == "" || len(formID) > formIDMax {
		return none, models.Errorf(models.Invalid, "The form is incomplete. Open the page again.")
	}
	t, err := b.db.TopUpOfAccount(ctx, accountID, topUpID)
	if err != nil {
		return none, err
	}
	old, err := b.db.RefundByForm(ctx, accountID, formID)
	if err != nil || old.ID != "" {
		return old, err
	}
	can, err := b.Refundable(ctx, t)
	if err != nil {
		return none, err
	}
	switch {
	case can.Why != "":
		return none, models.FieldError("amount", "%s", can.Why)
	case amountCents < 1 || amountCents > can.Cents:
		return none, models.FieldError("amount", "Choose an amount from $0.01 to $%s.", dollars(can.Cents))
	}
	tax := amountCents * t.TaxCents / t.ChargeCents
	r, again, err := b.db.InsertRefund(ctx, models.Refund{ID: models.NewID("ref"), FormID: formID, TopUpID: t.ID, AccountID: accountID, Credit: cents(amountCents),
		TaxCents: tax, AmountCents: amountCents + tax, Status: models.RefundRequested, CreatedUs: b.now().UnixMicro()})
	if err != nil || again {
		return r, err
	}
	return b.carryOut(ctx, t, r)
}

// carryOut debits a refund and asks the payment provider for it, from wherever an earlier try
// stopped.
func (b *Billing) carryOut(ctx context.Context, t models.TopUp, r models.Refund) (models.Refund, error) {
	var refused *Refusal
	if err := b.debitRefund(ctx, t, r, Posting{Borne: true}); errors.As(err, &refused) {
		if err := b.db.DropRefund(ctx, r.ID); err != nil {
			return r, err
		}
		return r, models.FieldError("amount", "It was spent while you asked: $%s of it is unused now.", dollars(int64(refused.Available/models.NanoPerCent)))
	} else if err != nil {
		return r, err
	}
	if b.now().Sub(r.Created()) > formLife {
		return r, b.lostRefund(ctx, t, r)
	}
	params := &stripe.RefundParams{PaymentIntent: stripe.String(t.PaymentIntent), Amount: stripe.Int64(r.AmountCents), Reason: stripe.String(string(stripe.RefundReasonRequestedByCustomer))}
	params.AddMetadata("refund_id", r.ID)
	params.AddMetadata("topup_id", t.ID)
	params.Context = ctx
	params.SetIdempotencyKey("refund:" + r.ID)
	made, err := b.stripe.Refunds.New(params)
	var se *stripe.Error
	switch {
	case err == nil:
		if err := b.postRefund(ctx, t, made); err != nil {
			return r, err
		}
	case errors.As(err, &se) && se.HTTPStatusCode >= 400 && se.HTTPStatusCode < 500 && se.HTTPStatusCode != http.StatusTooManyRequests && se.HTTPStatusCode != http.StatusConflict:
		if err := b.endRefund(ctx, t, r, "The payment provider refused it: "+se.Msg); err != nil {
			return r, err
		}
	default:
		b.log.Warn("refund not answered", "refund", r.ID, "err", err) // asked for again by the job
	}
	return b.db.RefundByID(ctx, r.ID)
}

// endRefund gives back to the balance what did not leave the house.
func (b *Billing) endRefund(ctx context.Context, t models.TopUp, r models.Refund, words string) error {
	if err := b.reverseRefund(ctx, t, r, words); err != nil {
		return err
	}
	return b.db.MarkRefund(ctx, r.ID, models.RefundFailed, "", words, b.now())
}

// lostRefund decides a refund whose key the payment provider has forgotten: it was made if it is
// among the purchase's refunds there.
func (b *Billing) lostRefund(ctx context.Context, t models.TopUp, r models.Refund) error {
	if _, err := b.Converge(ctx, t.ID); err != nil {
		return err
	}
	now, err := b.db.RefundByID(ctx, r.ID)
	if err != nil || now.Status != models.RefundRequested {
		return err
	}
	return b.endRefund(ctx, t, r, "The payment provider does not know of it.")
}

// refundBatch bounds how many refunds one run of the job looks at.
const refundBatch = 100

// FinishRefunds asks again for refunds whose end is not known.
func (b *Billing) FinishRefunds(ctx context.Context) error {
	list, err := b.db.OpenRefunds(ctx, b.now().Add(-time.Minute), refundBatch)
	if err != nil {
		return err
	}
	for _, r := range list {
		t, err := b.db.TopUpByID(ctx, r.TopUpID)
		if err == nil && r.Status == models.RefundRequested {
			_, err = b.carryOut(ctx, t, r)
		} else if err == nil {
			_, err = b.Converge(ctx, t.ID)
		}
		if err != nil && models.CodeOf(err) != models.Invalid {
			b.log.Error("refund does not end", "refund", r.ID, "err", err)
		}
	}
	return nil
}
