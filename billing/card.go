package billing

import (
	"context"

	"github.com/stripe/stripe-go/v76"

	"bourse/models"
)

// customer is who the account is at the payment provider, made there when it has not been yet.
func (b *Billing) customer(ctx context.Context, accountID, email string) (models.Payer, error) {
	p, err := b.db.PayerOf(ctx, accountID)
	if err != nil || p.CustomerID != "" {
		return p, err
	}
	params := &stripe.CustomerParams{}
	if email != "" {
		params.Email = stripe.String(email)
	}
	params.AddMetadata("account_id", accountID)
	params.Context = ctx
	// An address may change between two tries, and a key stands for the same parameters; and who was
	// deleted there must not come back with the old answer for a day.
	params.SetIdempotencyKey("cust:" + accountID + ":" + email + ":" + itoa(b.now().Unix()/3600))
	c, err := b.stripe.Customers.New(params)
	if err != nil {
		return p, stripeError("open an account for you", err)
	}
	if err := b.db.PutPayer(ctx, accountID, c.ID, b.now()); err != nil {
		return p, err
	}
	return b.db.PayerOf(ctx, accountID)
}

// Payer is who the account is at the payment provider, and the card that is kept there.
func (b *Billing) Payer(ctx context.Context, accountID string) (models.Payer, error) {
	return b.db.PayerOf(ctx, accountID)
}

// keepCard notes the card that somebody asked to keep with a purchase.
func (b *Billing) keepCard(ctx context.Context, t models.TopUp, p *stripe.PaymentIntent) error {
	m := p.PaymentMethod
	if !t.SaveCard || m == nil || m.Card == nil {
		return nil
	}
	return b.db.SetCard(ctx, t.AccountID, m.ID, cardName(string(m.Card.Brand), m.Card.Last4), b.now())
}

// syncCustomer makes what we know of an account's card agree with what the payment provider keeps.
// When no card is left, nothing is bought automatically any more.
func (b *Billing) syncCustomer(ctx context.Context, customerID string) error {
	p, err := b.db.PayerByCustomer(ctx, customerID)
	if err != nil || p.CustomerID == "" {
		return err
	}
	params := &stripe.PaymentMethodListParams{Customer: stripe.String(customerID), Type: stripe.String(string(stripe.PaymentMethodTypeCard))}
	params.Context, params.Limit = ctx, stripe.Int64(100)
	id, name, kept := "", "", false
	it := b.stripe.PaymentMethods.List(params)
	for it.Next() {
		m := it.PaymentMethod()
		if id == "" || m.ID == p.PaymentMethod {
			id = m.ID
			if m.Card != nil {
				name = cardName(string(m.Card.Brand), m.Card.Last4)
			}
		}
		kept = kept || m.ID == p.PaymentMethod
	}
	if err := it.Err(); err != nil {
		return stripeError("list your cards", err)
	}
	if p.PaymentMethod == "" || kept {
		return nil // a card that was not kept with a purchase here is not ours to charge
	}
	if err := b.db.SetCard(ctx, p.AccountID, id, name, b.now()); err != nil || id != "" {
		return err
	}
	return b.stopAuto(ctx, p.AccountID, "The card was removed.")
}

// forgetCustomer is the payment provider having deleted somebody.
func (b *Billing) forgetCustomer(ctx context.Context, customerID string) error {
	p, err := b.db.PayerByCustomer(ctx, customerID)
	if err != nil || p.CustomerID == "" {
		return err
	}
	if err := b.db.ForgetPayer(ctx, customerID); err != nil {
		return err
	}
	return b.stopAuto(ctx, p.AccountID, "The payment provider no longer keeps a card.")
}

// Portal opens the payment provider's pages on which somebody looks after cards, addresses, tax
// numbers and invoices, and returns where they are.
func (b *Billing) Portal(ctx context.Context, accountID, email, returnURL string) (string, error) {
	p, err := b.customer(ctx, accountID, email)
	if err != nil {
		return "", err
	}
	params := &stripe.BillingPortalSessionParams{Customer: stripe.String(p.CustomerID), ReturnURL: stripe.String(returnURL)}
	params.Context = ctx
	s, err := b.stripe.BillingPortalSessions.New(params)
	if err != nil {
		return "", stripeError("open its pages", err)
	}
	return s.URL, nil
}
