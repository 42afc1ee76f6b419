package billing

import (
	"context"

	"bourse/models"
)

// note writes a difference down and raises the alarm when it is new. The alarm is a line in the
// log at the level of errors, and the operator's page.
func (b *Billing) note(ctx context.Context, d models.PaymentDifference) {
	d.ID = d.Kind + ":" + d.ObjectID
	fresh, err := b.db.NoteDifference(ctx, d, b.now())
	if err != nil {
		b.log.Error("difference not noted", "difference", d.ID, "words", d.Words, "err", err)
		return
	}
	if fresh {
		b.log.Error("payments and books differ", "difference", d.ID, "topup", d.TopUpID, "words", d.Words)
	}
}

func (b *Billing) resolved(ctx context.Context, kind, object string) {
	if err := b.db.ResolveDifference(ctx, kind+":"+object, b.now()); err != nil {
		b.log.Error("difference not resolved", "difference", kind+":"+object, "err", err)
	}
}
