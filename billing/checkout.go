package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v76"

	"bourse/models"
)

// Purchase is what somebody wants to buy.
type Purchase struct {
	AccountID string
	Email     string
	FormID    string // made with the form; sending the form twice is one purchase
	Cents     int64
}

// StartTopUp writes the purchase down, opens a checkout for it and returns the address to send the
// buyer to. The same FormID leads to the same purchase. An amount out of bounds is Invalid, a
// payment provider that does not answer Unavailable; in that case the purchase stays pending and
// the same form may be sent again.
func (b *Billing) StartTopUp(ctx context.Context, p Purchase) (string, error) {
	if p.Cents < b.config.MinCents || p.Cents > b.config.MaxCents {
		return "", models.FieldError("amount", "Choose an amount from $%s to $%s.", dollars(b.config.MinCents), dollars(b.config.MaxCents))
	}
	if p.FormID == "" || len(p.FormID) > 64 {
		return "", models.Errorf(models.Invalid, "The form is incomplete. Open the page again.")
	}
	kind := "manual"
	if b.Sandbox != nil {
		kind = "sandbox"
	}
	t, again, err := b.db.InsertTopUp(ctx, models.TopUp{
		ID: models.NewID("top"), AccountID: p.AccountID, FormID: p.FormID, Kind: kind, Livemode: b.Live(),
		Credit: models.Amount(p.Cents) * models.NanoPerCent, ChargeCents: p.Cents, Status: models.TopUpPending,
		CreatedUs: time.Now().UnixMicro(),
	})
	if err != nil {
		return "", err
	}
	if again && (t.Status != models.TopUpPending || t.ChargeCents != p.Cents) {
		return b.config.BaseURL + "/credits/return?topup=" + t.ID, nil
	}
	if t.SessionURL != "" {
		return t.SessionURL, nil
	}
	s, err := b.openSession(ctx, t, p.Email)
	if err != nil {
		return "", err
	}
	if err := b.db.SetTopUpSession(ctx, t.ID, s.ID, s.URL); err != nil {
		return "", err
	}
	return s.URL, nil
}

func (b *Billing) openSession(ctx context.Context, t models.TopUp, email string) (*stripe.CheckoutSession, error) {
	back := b.config.BaseURL + "/credits/return?topup=" + t.ID
	params := &stripe.CheckoutSessionParams{
		Mode:              stripe.String(string(stripe.CheckoutSessionModePayment)),
		ClientReferenceID: stripe.String(t.ID),
		SuccessURL:        stripe.String(back),
		CancelURL:         stripe.String(back),
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{Metadata: map[string]string{"topup_id": t.ID}},
		LineItems: []*stripe.CheckoutSessionLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency:   stripe.String(string(stripe.CurrencyUSD)),
				UnitAmount: stripe.Int64(t.ChargeCents),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{
					Name: stripe.String(fmt.Sprintf("$%s of credits", dollars(t.ChargeCents))),
				},
			},
		}},
	}
	if email != "" {
		params.CustomerEmail = stripe.String(email)
	}
	params.AddMetadata("topup_id", t.ID)
	params.Context = ctx
	params.SetIdempotencyKey("checkout:" + t.ID)
	s, err := b.stripe.CheckoutSessions.New(params)
	if err != nil {
		return nil, stripeError("open a checkout", err)
	}
	return s, nil
}

// stripeError keeps the provider's sentence for the reader when it is about the request, and says
// no more than that it is away otherwise.
func stripeError(doing string, err error) error {
	var se *stripe.Error
	if errors.As(err, &se) && se.HTTPStatusCode >= 400 && se.HTTPStatusCode < 500 && se.HTTPStatusCode != 429 {
		return &models.Error{Code: models.Invalid, Message: "The payment provider refused to " + doing + ": " + se.Msg, Err: err}
	}
	return &models.Error{Code: models.Unavailable, Message: "The payment provider does not answer. Nothing was charged; try again in a minute.", Err: err}
}

func dollars(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }
