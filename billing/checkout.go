package billing

import (
	"context"
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
	SaveCard  bool
	Again     bool // yes, the same amount once more
	IP        string
}

// How purchases of the same amount are told from one that is sent twice.
const (
	reuseFor  = 30 * time.Minute // an open checkout is led back to
	askWithin = 10 * time.Minute // after a paid one we ask
	// formLife is how long the payment provider keeps our key; a form that is older could make a
	// second checkout for the same purchase.
	formLife = 23 * time.Hour

	formIDMax = 64
)

// ErrSame is a purchase of an amount that was bought a moment ago: it wants a yes.
var ErrSame = models.Errorf(models.Conflict, "You bought the same amount less than ten minutes ago.")

// StartTopUp writes the purchase down, opens a checkout for it and returns the address to send the
// buyer to. The same FormID leads to the same purchase. An amount out of bounds is Invalid, one
// that was bought a moment ago ErrSame, a payment provider that does not answer Unavailable; in
// that case the purchase stays pending and the same form may be sent again.
func (b *Billing) StartTopUp(ctx context.Context, p Purchase) (string, error) {
	if p.Cents < b.config.MinCents || p.Cents > b.config.MaxCents {
		return "", models.FieldError("amount", "Choose an amount from $%s to $%s.", dollars(b.config.MinCents), dollars(b.config.MaxCents))
	}
	if p.FormID == "" || len(p.FormID) > formIDMax {
		return "", models.Errorf(models.Invalid, "The form is incomplete. Open the page again.")
	}
	fee := b.Processing(p.Cents)
	old, err := b.db.TopUpByForm(ctx, p.AccountID, p.FormID)
	if err != nil {
		return "", err
	}
	if old.ID == "" {
		where, err := b.may(ctx, p, fee)
		if err != nil || where != "" {
			return where, err
		}
	}
	kind := models.TopUpManual
	if b.Sandbox != nil {
		kind = models.TopUpSandbox
	}
	t, again, err := b.db.InsertTopUp(ctx, models.TopUp{
		ID: models.NewID("top"), AccountID: p.AccountID, FormID: p.FormID, Kind: kind, Livemode: b.Live(),
		Credit: cents(p.Cents), ChargeCents: p.Cents + fee, FeeCents: fee, Status: models.TopUpPending,
		CreatedUs: b.now().UnixMicro(), SaveCard: p.SaveCard, IP: p.IP,
	})
	if err != nil {
		return "", err
	}
	if again && (t.Status != models.TopUpPending || t.Credit != cents(p.Cents)) {
		return b.returnURL(t.ID), nil
	}
	if t.SessionURL != "" {
		return t.SessionURL, nil
	}
	if b.now().Sub(t.Created()) > formLife {
		return "", models.Errorf(models.Invalid, "This form is from yesterday. Open the page again.")
	}
	return b.openSession(ctx, t, p.Email)
}

func (b *Billing) returnURL(topUpID string) string {
	return b.config.BaseURL + "/credits/return?topup=" + topUpID
}

// may decides whether a new purchase may begin; an address is an open checkout of the same amount,
// where the buyer was on the way already.
func (b *Billing) may(ctx context.Context, p Purchase, fee int64) (string, error) {
	account, err := b.db.AccountByID(ctx, p.AccountID)
	if err != nil {
		return "", err
	}
	if account.Blocked() {
		return "", models.Errorf(models.Forbidden, "This account is frozen, so nothing can be bought. Please write to the operator.")
	}
	now := b.now()
	open, found, err := b.db.SameTopUp(ctx, p.AccountID, p.Cents+fee, now.Add(-reuseFor), models.TopUpPending)
	if err != nil {
		return "", err
	}
	if found && open.SessionURL != "" && open.SaveCard == p.SaveCard {
		if t, err := b.Converge(ctx, open.ID); err == nil && t.Status == models.TopUpPending && t.PaymentIntent == "" {
			return t.SessionURL, nil
		}
	}
	_, same, err := b.db.SameTopUp(ctx, p.AccountID, p.Cents+fee, now.Add(-askWithin), models.TopUpPaid)
	if err != nil {
		return "", err
	}
	if same && !p.Again {
		return "", ErrSame
	}
	return "", b.limits(ctx, p, fee, account)
}

// limits are what slows down whoever tries other people's cards.
func (b *Billing) limits(ctx context.Context, p Purchase, fee int64, account models.Account) error {
	now := b.now()
	if most := b.config.CardFailuresPerHour; most > 0 {
		n, err := b.db.CardFailures(ctx, p.AccountID, p.IP, now.Add(-time.Hour))
		if err != nil {
			return err
		}
		if n >= most {
			return models.Errorf(models.RateLimited, "%d cards were refused within the hour. Nothing was charged; try again in an hour, or with another card then.", n)
		}
	}
	if most := b.config.FirstDayCents; most > 0 && now.Sub(time.UnixMicro(account.CreatedUs)) < 24*time.Hour {
		bought, err := b.db.TopUpsSince(ctx, p.AccountID, "", now.Add(-24*time.Hour))
		if err != nil {
			return err
		}
		if bought+p.Cents+fee > most {
			return models.FieldError("amount", "In its first day an account can buy for $%s; $%s of that are bought or in an open checkout.", dollars(most), dollars(bought))
		}
	}
	return nil
}

func (b *Billing) openSession(ctx context.Context, t models.TopUp, email string) (string, error) {
	payer, err := b.customer(ctx, t.AccountID, email)
	if err != nil {
		return "", err
	}
	params := b.sessionParams(t, payer.CustomerID)
	params.Context = ctx
	params.SetIdempotencyKey("checkout:" + t.ID)
	s, err := b.stripe.CheckoutSessions.New(params)
	if err != nil {
		return "", stripeError("open a checkout", err)
	}
	if err := b.db.SetTopUpSession(ctx, t.ID, s.ID, s.URL); err != nil {
		return "", err
	}
	return s.URL, nil
}

// sessionParams are the same for a purchase whenever they are made: they go with its key.
func (b *Billing) sessionParams(t models.TopUp, customer string) *stripe.CheckoutSessionParams {
	line := func(cents int64, name string) *stripe.CheckoutSessionLineItemParams {
		product := &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(name)}
		price := &stripe.CheckoutSessionLineItemPriceDataParams{Currency: stripe.String(string(stripe.CurrencyUSD)), UnitAmount: stripe.Int64(cents), ProductData: product}
		if b.config.AutomaticTax {
			price.TaxBehavior = stripe.String(string(stripe.PriceTaxBehaviorExclusive))
			if b.config.TaxCode != "" {
				product.TaxCode = stripe.String(b.config.TaxCode)
			}
		}
		return &stripe.CheckoutSessionLineItemParams{Quantity: stripe.Int64(1), PriceData: price}
	}
	credit := t.ChargeCents - t.FeeCents
	params := &stripe.CheckoutSessionParams{
		Mode:              stripe.String(string(stripe.CheckoutSessionModePayment)),
		Customer:          stripe.String(customer),
		ClientReferenceID: stripe.String(t.ID),
		SuccessURL:        stripe.String(b.returnURL(t.ID)),
		CancelURL:         stripe.String(b.returnURL(t.ID)),
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{Metadata: map[string]string{"topup_id": t.ID}},
		LineItems:         []*stripe.CheckoutSessionLineItemParams{line(credit, fmt.Sprintf("$%s of credits", dollars(credit)))},
	}
	if t.FeeCents > 0 {
		params.LineItems = append(params.LineItems, line(t.FeeCents, "Card processing"))
	}
	if t.SaveCard {
		params.PaymentIntentData.SetupFutureUsage = stripe.String(string(stripe.PaymentIntentSetupFutureUsageOffSession))
	}
	if b.config.Invoices {
		params.InvoiceCreation = &stripe.CheckoutSessionInvoiceCreationParams{Enabled: stripe.Bool(true)}
	}
	if b.config.AutomaticTax {
		params.AutomaticTax = &stripe.CheckoutSessionAutomaticTaxParams{Enabled: stripe.Bool(true)}
		params.TaxIDCollection = &stripe.CheckoutSessionTaxIDCollectionParams{Enabled: stripe.Bool(true)}
		params.CustomerUpdate = &stripe.CheckoutSessionCustomerUpdateParams{Address: stripe.String("auto"), Name: stripe.String("auto")}
	}
	params.AddMetadata("topup_id", t.ID)
	return params
}
