package billing

import (
	"context"

	"bourse/billing/stripefake"
	"bourse/models"
)

// Checkout is one checkout of the sandbox, as its page shows it.
type Checkout struct {
	ID       string
	Email    string
	Cents    int64
	Open     bool // something can still be chosen
	Paid     bool
	Declined bool // the card was refused at least once
	Return   string
}

// SandboxCheckout reads a checkout of the sandbox. One that belongs to another account is NotFound,
// as is any when payments are real.
func (b *Billing) SandboxCheckout(ctx context.Context, accountID, id string) (Checkout, error) {
	if b.Sandbox == nil {
		return Checkout{}, errNoCheckout
	}
	s, err := b.Sandbox.Session(ctx, id)
	if models.CodeOf(err) == models.NotFound {
		return Checkout{}, errNoCheckout
	}
	if err != nil {
		return Checkout{}, err
	}
	_, err = b.db.TopUpOfAccount(ctx, accountID, s.ClientReferenceID)
	if models.CodeOf(err) == models.NotFound {
		return Checkout{}, errNoCheckout
	}
	return Checkout{
		ID: s.ID, Email: s.CustomerEmail, Cents: s.AmountTotal, Open: s.Status == "open", Paid: s.PaymentStatus == "paid",
		Declined: s.Declines > 0, Return: s.SuccessURL,
	}, err
}

var errNoCheckout = models.Errorf(models.NotFound, "There is no such checkout.")

// The choices at the sandbox's checkout.
const (
	SandboxPay     = string(stripefake.Pay)
	SandboxDecline = string(stripefake.Decline)
	SandboxAbandon = string(stripefake.Abandon)
)

// SandboxAct plays a choice at a checkout of the sandbox and reports how it stands afterwards. A
// checkout that is over stays as it is.
func (b *Billing) SandboxAct(ctx context.Context, accountID, id, action string) (Checkout, error) {
	c, err := b.SandboxCheckout(ctx, accountID, id)
	if err != nil || !c.Open {
		return c, err
	}
	s, err := b.Sandbox.Act(ctx, id, stripefake.Action(action))
	switch code := models.CodeOf(err); {
	case code == models.Invalid, err != nil && s == nil:
		return c, err
	case code == models.Conflict:
		// Chosen a moment ago, by the same form sent twice.
	case err != nil:
		// As with the real provider the payment stands, and the page that the buyer returns to looks
		// for itself.
		b.log.Warn("sandbox event not delivered", "session", id, "err", err)
	}
	return b.SandboxCheckout(ctx, accountID, id)
}
