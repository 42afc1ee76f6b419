package billing

import (
	"context"

	"bourse/models"
)

// note writes a difference down and raises the alarm when it is new. The alarm is a line in the
// log at the level of errors, a letter to the operators, and their page.
func (b *Billing) note(ctx context.Context, d models.PaymentDifference) {
	d.ID = d.Kind + ":" + d.ObjectID
	fresh, err := b.db.NoteDifference(ctx, d, b.now())
	if err != nil {
		b.log.Error("difference not noted", "difference", d.ID, "words", d.Words, "err", err)
		return
	}
	if !fresh {
		return
	}
	b.log.Error("payments and books differ", "difference", d.ID, "topup", d.TopUpID, "words", d.Words)
	l := letter{"Payments and books differ", d.Words + "\n\nPurchase " + or(d.TopUpID, "unknown") + ", object " + d.ObjectID + ".\n\nSee all: " + b.config.BaseURL + "/admin/payments\n"}
	if err := b.db.PutOutbox(ctx, l.order("difference:"+d.ID+":"+itoa(b.now().UnixMicro()), "", b.now())); err != nil {
		b.log.Error("no letter about a difference", "difference", d.ID, "err", err)
	}
}

func (b *Billing) resolved(ctx context.Context, kind, object string) {
	if err := b.db.ResolveDifference(ctx, kind+":"+object, b.now()); err != nil {
		b.log.Error("difference not resolved", "difference", kind+":"+object, "err", err)
	}
}

// differencesMost bounds how many differences a page and a count look at.
const differencesMost = 1000

// ResolveDifference lets the operator close a difference that has been dealt with.
func (b *Billing) ResolveDifference(ctx context.Context, id string) error {
	return b.db.ResolveDifference(ctx, id, b.now())
}

// ReleaseDispute lets an account spend again although one of its disputes was lost.
func (b *Billing) ReleaseDispute(ctx context.Context, id string) error {
	return b.db.ReleaseDispute(ctx, id, b.now())
}

// Differences lists what payments and books do not agree on: what is open first, then the newest.
func (b *Billing) Differences(ctx context.Context, openOnly bool) ([]models.PaymentDifference, error) {
	return b.db.Differences(ctx, openOnly, differencesMost)
}
