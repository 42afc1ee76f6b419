package billing

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v76"

	"bourse/models"
)

// autoTopUp does what one crossing of an account's mark ordered: one payment, whatever happens on
// the way. Every try of it finds what the tries before it have done.
func (b *Billing) autoTopUp(ctx context.Context, o models.Outbox) error {
	epoch, err := strconv.ParseInt(o.Payload, 10, 64)
	if err != nil {
		return err
	}
	t, err := b.db.TopUpByForm(ctx, o.AccountID, autoForm(o.AccountID, epoch))
	if err == nil && t.ID == "" {
		t, err = b.beginAuto(ctx, o.AccountID, epoch)
	}
	if err != nil || t.ID == "" || t.Status != models.TopUpPending {
		return err
	}
	if t.PaymentIntent == "" {
		if err := b.chargeAuto(ctx, t); err != nil {
			return err
		}
	}
	_, err = b.Converge(ctx, t.ID)
	return err
}

func autoForm(accountID string, epoch int64) string {
	return fmt.Sprintf("auto:%s:%d", accountID, epoch)
}

// beginAuto writes the purchase down, unless there is a reason not to buy: then it is empty.
func (b *Billing) beginAuto(ctx context.Context, accountID string, epoch int64) (models.TopUp, error) {
	var none models.TopUp
	order, err := b.db.AutoTopUpOf(ctx, accountID)
	if err != nil || !order.Enabled {
		return none, err
	}
	account, err := b.db.AccountByID(ctx, accountID)
	if err != nil {
		return none, err
	}
	now := b.now()
	wait := func(until time.Time, why string) (models.TopUp, error) {
		order.Reason, order.ResumeUs, order.UpdatedUs = why, until.UnixMicro(), now.UnixMicro()
		return none, b.db.SaveAutoTopUp(ctx, order, models.Arm{})
	}
	if account.Blocked() {
		return wait(now.Add(autoFrozenWait), "The account is frozen.")
	}
	if account.Posted >= order.Below { // bought by hand meanwhile
		return none, b.db.SaveAutoTopUp(ctx, order, models.Arm{On: true, Epoch: epoch, Order: autoOrder, NowUs: now.UnixMicro()})
	}
	payer, err := b.db.PayerOf(ctx, accountID)
	if err != nil {
		return none, err
	}
	if payer.PaymentMethod == "" {
		return none, b.stopAuto(ctx, accountID, "No card is kept any more.")
	}
	fee := b.Processing(order.AmountCents)
	spent, err := b.db.TopUpsSince(ctx, accountID, models.TopUpAuto, models.WindowStart(models.WindowMonthly, now))
	if err != nil {
		return none, err
	}
	if spent+order.AmountCents+fee > order.CapCents {
		next := models.WindowEnd(models.WindowMonthly, now)
		why := "This month's purchases have come to $" + dollars(spent) + ", and one more would pass your cap of $" + dollars(order.CapCents) + ". It goes on at " + next.Format("2 January") + "."
		if _, err := wait(next, why); err != nil {
			return none, err
		}
		return none, b.db.PutOutbox(ctx, b.autoLetter("Automatic top-up has reached your cap", why).order("auto-cap:"+accountID+":"+next.Format("2006-01"), accountID, now))
	}
	t, _, err := b.db.InsertTopUp(ctx, models.TopUp{ID: models.NewID("top"), AccountID: accountID, FormID: autoForm(accountID, epoch), Kind: models.TopUpAuto, Livemode: b.Live(),
		Credit: cents(order.AmountCents), ChargeCents: order.AmountCents + fee, FeeCents: fee, Status: models.TopUpPending, CreatedUs: now.UnixMicro(), Epoch: epoch})
	return t, err
}

// chargeAuto makes the payment of an automatic purchase, or finds the one that was made. An answer
// that did not come says nothing: the same key is sent again for as long as the payment provider
// keeps it, and after that the payment is looked for by what we wrote on it.
func (b *Billing) chargeAuto(ctx context.Context, t models.TopUp) error {
	payer, err := b.db.PayerOf(ctx, t.AccountID)
	if err != nil {
		return err
	}
	if b.now().Sub(t.Created()) > formLife || payer.PaymentMethod == "" {
		return b.findAuto(ctx, t, payer)
	}
	params := &stripe.PaymentIntentParams{
		Amount: stripe.Int64(t.ChargeCents), Currency: stripe.String(string(stripe.CurrencyUSD)), Customer: stripe.String(payer.CustomerID),
		PaymentMethod: stripe.String(payer.PaymentMethod), PaymentMethodTypes: []*string{stripe.String("card")},
		Confirm: stripe.Bool(true), OffSession: stripe.Bool(true), Description: stripe.String("$" + dollars(t.ChargeCents-t.FeeCents) + " of credits, bought automatically"),
	}
	params.AddMetadata("topup_id", t.ID)
	params.Context = ctx
	params.SetIdempotencyKey(fmt.Sprintf("autotopup:%s:%d", t.AccountID, t.Epoch))
	p, err := b.stripe.PaymentIntents.New(params)
	if err == nil {
		return b.db.SetTopUpPayment(ctx, t.ID, p.ID)
	}
	var se *stripe.Error
	switch {
	case !errors.As(err, &se), se.HTTPStatusCode >= 500, se.HTTPStatusCode == http.StatusTooManyRequests, se.HTTPStatusCode == http.StatusConflict,
		se.HTTPStatusCode == http.StatusUnauthorized:
		return stripeError("charge the card", err)
	case se.PaymentIntent != nil && se.PaymentIntent.ID != "":
		return b.db.SetTopUpPayment(ctx, t.ID, se.PaymentIntent.ID)
	case se.Type == stripe.ErrorTypeIdempotency: // another card was kept since the first try
		return b.findAuto(ctx, t, payer)
	}
	return b.autoFailed(ctx, t, se.Msg)
}

// findAuto looks for the payment of a purchase by what we wrote on it.
func (b *Billing) findAuto(ctx context.Context, t models.TopUp, payer models.Payer) error {
	params := &stripe.PaymentIntentListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: t.Created().Add(-time.Minute).Unix()}}
	if payer.CustomerID != "" {
		params.Customer = stripe.String(payer.CustomerID)
	}
	params.Context, params.Limit = ctx, stripe.Int64(100)
	it := b.stripe.PaymentIntents.List(params)
	for it.Next() {
		if p := it.PaymentIntent(); p.Metadata["topup_id"] == t.ID {
			return b.db.SetTopUpPayment(ctx, t.ID, p.ID)
		}
	}
	if err := it.Err(); err != nil {
		return stripeError("list payments", err)
	}
	return b.autoFailed(ctx, t, "The payment provider did not take it.")
}

// ConfirmTopUp lets the owner confirm an automatic purchase that the card's bank asked about, and
// returns where to send them: to their bank, or to the purchase.
func (b *Billing) ConfirmTopUp(ctx context.Context, accountID, topUpID string) (string, error) {
	t, err := b.db.TopUpOfAccount(ctx, accountID, topUpID)
	if err != nil {
		return "", err
	}
	if t.Status != models.TopUpPending || t.PaymentIntent == "" || t.Kind != models.TopUpAuto {
		return b.returnURL(t.ID), nil
	}
	payer, err := b.db.PayerOf(ctx, accountID)
	if err != nil {
		return "", err
	}
	if payer.PaymentMethod == "" {
		return "", models.Errorf(models.Invalid, "The card is not kept any more. Nothing was charged; buy credit with another one.")
	}
	params := &stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String(payer.PaymentMethod), ReturnURL: stripe.String(b.returnURL(t.ID))}
	params.Context = ctx
	p, err := b.stripe.PaymentIntents.Confirm(t.PaymentIntent, params)
	if err == nil && p.NextAction != nil && p.NextAction.RedirectToURL != nil {
		return p.NextAction.RedirectToURL.URL, nil
	}
	var se *stripe.Error
	if err != nil && (!errors.As(err, &se) || se.HTTPStatusCode >= 500 || se.HTTPStatusCode == http.StatusTooManyRequests) {
		return "", stripeError("confirm the payment", err)
	}
	_, err = b.Converge(ctx, t.ID) // refused or done: the purchase's page says which
	return b.returnURL(t.ID), err
}

// autoUnpaid notes how an automatic purchase stands that brought nothing so far.
func (b *Billing) autoUnpaid(ctx context.Context, t models.TopUp, w truth) (models.TopUp, error) {
	p := w.intent
	asks := p.LastPaymentError != nil && p.LastPaymentError.Code == stripe.ErrorCodeAuthenticationRequired
	var err error
	switch {
	case p.Status == stripe.PaymentIntentStatusProcessing, t.Status != models.TopUpPending:
		return t, nil
	case p.Status == stripe.PaymentIntentStatusCanceled:
		err = b.autoFailed(ctx, t, or(w.declined(), "The payment was cancelled."))
	case asks || p.Status == stripe.PaymentIntentStatusRequiresAction:
		if b.now().Sub(t.Created()) > confirmWithin {
			if err := b.cancelIntent(ctx, p.ID); err != nil {
				return t, err
			}
			err = b.autoFailed(ctx, t, "Nobody confirmed it within a day.")
			break
		}
		err = b.autoNeedsOwner(ctx, t)
	default:
		err = b.autoFailed(ctx, t, or(w.declined(), "The card was refused."))
	}
	if err != nil {
		return t, err
	}
	return b.db.TopUpByID(ctx, t.ID)
}

// cancelIntent gives up a payment that waits for an owner who does not come.
func (b *Billing) cancelIntent(ctx context.Context, id string) error {
	params := &stripe.PaymentIntentCancelParams{CancellationReason: stripe.String(string(stripe.PaymentIntentCancellationReasonAbandoned))}
	params.Context = ctx
	if _, err := b.stripe.PaymentIntents.Cancel(id, params); err != nil {
		return stripeError("cancel the payment", err)
	}
	return nil
}
