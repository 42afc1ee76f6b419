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
	Lines    []stripefake.Line
	TaxCents int64
	SaveCard bool
	Open     bool // something can still be chosen
	Paid     bool
	Waiting  bool // the card's bank asks its owner
	Promised bool // the money is to come later
	Declined bool // the card was refused at least once
	Problem  string
	Payment  string
	Return   string
}

// SandboxCheckout reads a checkout of the sandbox. One that belongs to another account is NotFound,
// as is any when payments are real.
func (b *Billing) SandboxCheckout(ctx context.Context, accountID, id string) (Checkout, error) {
	if b.Sandbox == nil {
		return Checkout{}, errNoCheckout
	}
	s, err := b.Sandbox.Session(ctx, id)
	if err := orNoCheckout(err); err != nil {
		return Checkout{}, err
	}
	if _, err = b.db.TopUpOfAccount(ctx, accountID, s.ClientReferenceID); err != nil {
		return Checkout{}, orNoCheckout(err)
	}
	c := Checkout{
		ID: s.ID, Cents: s.AmountTotal, Lines: s.Lines, TaxCents: s.TotalDetails.Tax, SaveCard: s.SaveCard, Open: s.Status == "open",
		Paid: s.PaymentStatus == "paid", Declined: s.Declines > 0, Return: s.SuccessURL,
	}
	if s.CustomerDetails != nil {
		c.Email = s.CustomerDetails.Email
	}
	if s.PaymentIntent == nil {
		return c, nil
	}
	c.Payment = *s.PaymentIntent
	p, err := b.Sandbox.Payment(ctx, c.Payment)
	if err != nil {
		return c, err
	}
	c.Waiting = c.Open && p.Intent.Status == "requires_action"
	c.Promised = p.Intent.Status == "processing"
	if refused, ok := p.Intent.LastPaymentError.(map[string]any); ok {
		c.Problem, _ = refused["message"].(string)
	}
	return c, nil
}

var errNoCheckout = models.Errorf(models.NotFound, "There is no such checkout.")

func orNoCheckout(err error) error {
	if models.CodeOf(err) == models.NotFound {
		return errNoCheckout
	}
	return err
}

// The choices in the sandbox that its pages treat apart.
const (
	SandboxPay     = string(stripefake.Pay)
	SandboxDecline = string(stripefake.Decline)
	SandboxAbandon = string(stripefake.Abandon)
	SandboxConfirm = string(stripefake.Confirm)
	SandboxRefuse  = string(stripefake.Refuse)
)

// SandboxAct plays a choice at a checkout of the sandbox and reports how it stands afterwards. card
// is how a card that is kept behaves when it is charged again. A checkout that is over stays as it is.
func (b *Billing) SandboxAct(ctx context.Context, accountID, id, action, card string) (Checkout, error) {
	c, err := b.SandboxCheckout(ctx, accountID, id)
	if err != nil || !c.Open {
		return c, err
	}
	switch a := stripefake.Action(action); a {
	case stripefake.Confirm, stripefake.Refuse:
		err = b.Sandbox.ActOnPayment(ctx, c.Payment, stripefake.Choice{Action: a})
	default:
		_, err = b.Sandbox.Act(ctx, id, stripefake.Choice{Action: a, Card: card})
	}
	if err := b.acted(err, id); err != nil {
		return c, err
	}
	return b.SandboxCheckout(ctx, accountID, id)
}

// acted is what is left of an error of the sandbox: what was chosen a moment ago, by the same form
// sent twice, is none; nor is an event that was not delivered. As with the real provider the payment
// stands then, and the page that the buyer returns to looks for itself.
func (b *Billing) acted(err error, id string) error {
	switch models.CodeOf(err) {
	case "", models.Conflict:
		return nil
	case models.Invalid, models.NotFound:
		return err
	}
	b.log.Warn("sandbox event not delivered", "object", id, "err", err)
	return nil
}

// SandboxPayment reads a payment of the sandbox, with the purchase that it is for. One that belongs
// to another account is NotFound.
func (b *Billing) SandboxPayment(ctx context.Context, accountID, id string) (*stripefake.Payment, models.TopUp, error) {
	if b.Sandbox == nil {
		return nil, models.TopUp{}, errNoCheckout
	}
	p, err := b.Sandbox.Payment(ctx, id)
	if err != nil {
		return nil, models.TopUp{}, orNoCheckout(err)
	}
	t, err := b.db.TopUpOfAccount(ctx, accountID, p.Intent.Metadata["topup_id"])
	return p, t, orNoCheckout(err)
}

// SandboxActOnPayment plays what happens to a payment of the sandbox after it was made.
func (b *Billing) SandboxActOnPayment(ctx context.Context, accountID, id, action string, cents int64) error {
	if _, _, err := b.SandboxPayment(ctx, accountID, id); err != nil {
		return err
	}
	err := b.Sandbox.ActOnPayment(ctx, id, stripefake.Choice{Action: stripefake.Action(action), Cents: cents})
	if models.CodeOf(err) == models.Conflict {
		return err
	}
	return b.acted(err, id)
}

// SandboxPortal reads the sandbox's stand-in for the pages on which cards are looked after.
func (b *Billing) SandboxPortal(ctx context.Context, accountID, id string) (*stripefake.Portal, []*stripefake.Method, error) {
	if b.Sandbox == nil {
		return nil, nil, errNoCheckout
	}
	p, cards, err := b.Sandbox.Portal(ctx, id)
	if err != nil {
		return nil, nil, orNoCheckout(err)
	}
	payer, err := b.db.PayerOf(ctx, accountID)
	if err != nil || payer.CustomerID != p.Customer {
		return nil, nil, orNoCheckout(errNoCheckout)
	}
	return p, cards, nil
}

// SandboxRemoveCard takes a card away on those pages.
func (b *Billing) SandboxRemoveCard(ctx context.Context, accountID, portal, method string) error {
	if _, _, err := b.SandboxPortal(ctx, accountID, portal); err != nil {
		return err
	}
	return b.acted(b.Sandbox.RemoveCard(ctx, portal, method), method)
}
