package stripefake

import (
	"context"
	"net/http"
	"strconv"

	"bourse/models"
)

func (f *Fake) createRefund(c *call) (any, *problem) {
	id := c.PostForm.Get("payment_intent")
	p, err := get[Intent](c.Context(), f, "pi_test_", id)
	if err != nil {
		return nil, missing("payment_intent", id)
	}
	amount := int64(0)
	if s := c.PostForm.Get("amount"); s != "" {
		if amount, err = strconv.ParseInt(s, 10, 64); err != nil || amount <= 0 {
			return nil, invalid("amount", "Invalid positive integer")
		}
	}
	return f.refund(c.Context(), c, p, amount, metadata(c.PostForm, "metadata"))
}

// refund gives back an amount of a payment, 0 for all that is left.
func (f *Fake) refund(ctx context.Context, c *call, p *Intent, amount int64, meta map[string]string) (*Refund, *problem) {
	id, _ := p.LatestCharge.(string)
	charge, err := get[Charge](ctx, f, "ch_test_", id)
	if err != nil || p.Status != "succeeded" {
		return nil, &problem{status: http.StatusBadRequest, kind: "invalid_request_error", code: "charge_not_refundable", words: "This PaymentIntent has no successful charge."}
	}
	if charge.Disputed {
		return nil, &problem{status: http.StatusBadRequest, kind: "invalid_request_error", code: "charge_disputed", words: "This charge is disputed and cannot be refunded."}
	}
	left := charge.Amount - charge.AmountRefunded
	if amount == 0 {
		amount = left
	}
	switch {
	case amount < 0:
		return nil, invalid("amount", "Invalid positive integer")
	case left == 0:
		return nil, &problem{status: http.StatusBadRequest, kind: "invalid_request_error", code: "charge_already_refunded", words: "Charge " + id + " has already been refunded."}
	case amount > left:
		return nil, invalid("amount", "Refund amount ("+strconv.FormatInt(amount, 10)+") is greater than unrefunded amount on charge ("+strconv.FormatInt(left, 10)+")")
	}
	r := &Refund{ID: newID("re_test_"), Object: "refund", Amount: amount, Charge: id, Created: f.config.Now().Unix(), Currency: "usd",
		Metadata: meta, PaymentIntent: p.ID, Status: "succeeded"}
	if r.Metadata == nil {
		r.Metadata = map[string]string{}
	}
	charge.AmountRefunded += amount
	charge.Refunded = charge.AmountRefunded == charge.Amount
	if err := f.saveRefund(ctx, r, charge); err != nil {
		return nil, broken(err)
	}
	if _, err := f.move(ctx, "refund", r.ID, -amount, 0); err != nil {
		return nil, broken(err)
	}
	c.tell("charge.refunded", charge)
	return r, nil
}

func (f *Fake) saveRefund(ctx context.Context, r *Refund, charge *Charge) error {
	if err := f.put(ctx, "refund", r.ID, r.PaymentIntent, r.Created, r); err != nil {
		return err
	}
	return f.put(ctx, "charge", charge.ID, charge.PaymentIntent, charge.Created, charge)
}

// failRefund is the bank of the buyer sending the money back again.
func (f *Fake) failRefund(ctx context.Context, c *call, r *Refund) error {
	if r.Status == "failed" {
		return models.Errorf(models.Conflict, "This refund has failed already.")
	}
	charge, err := get[Charge](ctx, f, "ch_test_", r.Charge)
	if err != nil {
		return err
	}
	r.Status, r.FailureReason = "failed", "lost_or_stolen_card"
	charge.AmountRefunded -= r.Amount
	charge.Refunded = false
	if err := f.saveRefund(ctx, r, charge); err != nil {
		return err
	}
	if _, err := f.move(ctx, "refund_failure", r.ID, r.Amount, 0); err != nil {
		return err
	}
	c.tell("charge.refund.updated", r)
	c.tell("refund.failed", r)
	return nil
}

func (f *Fake) listRefunds(c *call) (any, *problem) {
	all, err := list[Refund](c.Context(), f, "refund", c.Form.Get("payment_intent"), since(c))
	if err != nil {
		return nil, broken(err)
	}
	return cut(c, all, func(r *Refund) string { return r.ID }), nil
}

func (f *Fake) listDisputes(c *call) (any, *problem) {
	all, err := list[Dispute](c.Context(), f, "dispute", c.Form.Get("payment_intent"), since(c))
	if err != nil {
		return nil, broken(err)
	}
	return cut(c, all, func(d *Dispute) string { return d.ID }), nil
}

// disputeFeeCents is what a dispute costs the marketplace, however it ends.
const disputeFeeCents = 1500

func (f *Fake) dispute(ctx context.Context, c *call, p *Intent) error {
	id, _ := p.LatestCharge.(string)
	charge, err := get[Charge](ctx, f, "ch_test_", id)
	if err != nil || p.Status != "succeeded" {
		return models.Errorf(models.Conflict, "Nothing was paid that could be disputed.")
	}
	if charge.Disputed {
		return models.Errorf(models.Conflict, "This payment is in dispute already.")
	}
	charge.Disputed = true
	d := &Dispute{ID: newID("du_test_"), Object: "dispute", Amount: charge.Amount - charge.AmountRefunded, Charge: id, Created: f.config.Now().Unix(),
		Currency: "usd", Metadata: map[string]string{}, PaymentIntent: p.ID, Reason: "fraudulent", Status: "needs_response"}
	if d.Amount == 0 {
		return models.Errorf(models.Conflict, "All of this payment has been refunded.")
	}
	txn, err := f.move(ctx, "adjustment", d.ID, -d.Amount, disputeFeeCents)
	if err != nil {
		return err
	}
	d.BalanceTransactions = append(d.BalanceTransactions, *txn)
	if err := f.saveDispute(ctx, d, charge); err != nil {
		return err
	}
	c.tell("charge.dispute.created", d)
	c.tell("charge.dispute.funds_withdrawn", d)
	return nil
}

// closeDispute is what the bank decides in the end.
func (f *Fake) closeDispute(ctx context.Context, c *call, d *Dispute, won bool) error {
	if d.Status == "won" || d.Status == "lost" {
		return models.Errorf(models.Conflict, "This dispute is closed.")
	}
	charge, err := get[Charge](ctx, f, "ch_test_", d.Charge)
	if err != nil {
		return err
	}
	if d.Status = "lost"; won {
		d.Status = "won"
		txn, err := f.move(ctx, "adjustment", d.ID, d.Amount, 0)
		if err != nil {
			return err
		}
		d.BalanceTransactions = append(d.BalanceTransactions, *txn)
		c.tell("charge.dispute.funds_reinstated", d)
	}
	if err := f.saveDispute(ctx, d, charge); err != nil {
		return err
	}
	c.tell("charge.dispute.updated", d)
	c.tell("charge.dispute.closed", d)
	return nil
}

func (f *Fake) saveDispute(ctx context.Context, d *Dispute, charge *Charge) error {
	if err := f.put(ctx, "charge", charge.ID, charge.PaymentIntent, charge.Created, charge); err != nil {
		return err
	}
	return f.put(ctx, "dispute", d.ID, d.PaymentIntent, d.Created, d)
}
