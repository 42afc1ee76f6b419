package billing

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"bourse/models"
)

// WebhookBytesMax bounds the body of an event.
const WebhookBytesMax = 1 << 20

// webhookTolerance is how far an event's signature may be from now, before or after: the client
// library refuses only old ones, and a time from the future would stay valid for as long as one likes.
const webhookTolerance = 5 * time.Minute

// WebhookEvents are the events that are listened to.
var WebhookEvents = []string{
	"checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed", "checkout.session.expired",
	"payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.requires_action",
	"charge.refunded", "charge.refund.updated",
	"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
	"customer.updated", eventCustomerDeleted,
	"payment_method.attached", "payment_method.detached", "payment_method.automatically_updated",
	eventFraudWarning,
}

const (
	eventCustomerDeleted = "customer.deleted"
	eventFraudWarning    = "radar.early_fraud_warning.created"
)

// Webhook takes one event. It is a hint: the object is read again from the payment provider and
// the ledger made to agree. A bad or old signature is Unauthorized; every failure of ours is an
// error, so that the sender comes again; an event about nothing of ours is kept and is fine.
func (b *Billing) Webhook(ctx context.Context, body []byte, signature string) error {
	e, err := webhook.ConstructEventWithOptions(body, signature, b.config.StripeWebhookSecret, webhook.ConstructEventOptions{
		Tolerance: webhookTolerance, IgnoreAPIVersionMismatch: true,
	})
	if err == nil && signedAt(signature).After(time.Now().Add(webhookTolerance)) {
		err = webhook.ErrTooOld
	}
	if err != nil {
		return &models.Error{Code: models.Unauthorized, Message: "The signature is missing, wrong or more than five minutes off.", Err: err}
	}
	object := eventObject(e)
	err = b.db.RecordStripeEvent(ctx, models.StripeEvent{
		ID: e.ID, Type: string(e.Type), APIVersion: e.APIVersion, Livemode: e.Livemode, ObjectID: object.ID,
	})
	if err != nil {
		return err
	}
	err = b.handle(ctx, e, object)
	word := ""
	if err != nil {
		word = err.Error()
	}
	if mark := b.db.MarkStripeEvent(ctx, e.ID, word); err == nil {
		err = mark
	}
	return err
}

// hint is what an event's object says about what it belongs to. Nothing else of it is believed.
type hint struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	ClientReferenceID string            `json:"client_reference_id"`
	Metadata          map[string]string `json:"metadata"`
	PaymentIntent     reference         `json:"payment_intent"`
	Customer          reference         `json:"customer"`
	Before            struct {
		Customer reference `json:"customer"`
	} `json:"-"`
}

// reference is the id of an object, or the object itself.
type reference string

// UnmarshalJSON takes either.
func (r *reference) UnmarshalJSON(text []byte) error {
	var id string
	if json.Unmarshal(text, &id) == nil {
		*r = reference(id)
		return nil
	}
	var object struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(text, &object) == nil {
		*r = reference(object.ID)
	}
	return nil // of another shape: it names nothing
}

func eventObject(e stripe.Event) hint {
	var h hint
	if e.Data == nil {
		return h
	}
	// An object of a shape that we do not know has no id for us, and is kept as that.
	_ = json.Unmarshal(e.Data.Raw, &h)
	if id, ok := e.Data.PreviousAttributes["customer"].(string); ok {
		h.Before.Customer = reference(id)
	}
	return h
}

func (b *Billing) handle(ctx context.Context, e stripe.Event, object hint) error {
	if e.Livemode != b.Live() {
		b.log.Warn("event of the other mode", "event", e.ID, "type", e.Type, "livemode", e.Livemode)
		return nil
	}
	switch object.Object {
	case "customer":
		if string(e.Type) == eventCustomerDeleted {
			return b.forgetCustomer(ctx, object.ID)
		}
		return b.syncCustomer(ctx, object.ID)
	case "payment_method":
		return b.syncCustomer(ctx, or(string(object.Customer), string(object.Before.Customer)))
	}
	t, err := b.purchaseOf(ctx, object)
	if models.CodeOf(err) == models.NotFound {
		b.log.Warn("event about nothing of ours", "event", e.ID, "type", e.Type, "object", object.ID)
		return nil
	}
	if err != nil {
		return err
	}
	if string(e.Type) == eventFraudWarning {
		b.note(ctx, models.PaymentDifference{Kind: "fraud-warning", ObjectID: object.ID, TopUpID: t.ID, AccountID: t.AccountID,
			Words: "The card's network warns that this payment is likely fraud. Refunding it now avoids a dispute."})
	}
	_, err = b.Converge(ctx, t.ID)
	return err
}

// purchaseOf finds the purchase that an object belongs to: by the name we gave it, by its payment,
// or by what the payment provider says of that payment.
func (b *Billing) purchaseOf(ctx context.Context, o hint) (models.TopUp, error) {
	id := or(o.Metadata["topup_id"], o.ClientReferenceID)
	payment := string(o.PaymentIntent)
	if o.Object == "payment_intent" {
		payment = o.ID
	}
	if id == "" && payment != "" {
		t, err := b.db.TopUpByPayment(ctx, payment)
		if models.CodeOf(err) != models.NotFound {
			return t, err
		}
		p, err := b.readIntent(ctx, payment)
		if err != nil {
			return t, err
		}
		id = p.Metadata["topup_id"]
	}
	if id == "" {
		return models.TopUp{}, models.Errorf(models.NotFound, "It belongs to nothing of ours.")
	}
	t, err := b.db.TopUpByID(ctx, id)
	if err != nil {
		return t, err
	}
	return t, b.adopt(ctx, t, o.Object, o.ID)
}

// adopt notes the checkout or the payment of a purchase whose opening we never got an answer to.
// Converge checks that it is the purchase's own.
func (b *Billing) adopt(ctx context.Context, t models.TopUp, object, id string) error {
	switch {
	case object == "checkout.session" && t.SessionID == "" && t.Kind != models.TopUpAuto:
		params := &stripe.CheckoutSessionParams{}
		params.Context = ctx
		s, err := b.stripe.CheckoutSessions.Get(id, params)
		if err != nil {
			return stripeError("show the checkout", err)
		}
		if s.Metadata["topup_id"] == t.ID {
			return b.db.SetTopUpSession(ctx, t.ID, s.ID, s.URL)
		}
	case object == "payment_intent" && t.PaymentIntent == "" && t.Kind == models.TopUpAuto:
		p, err := b.readIntent(ctx, id)
		if err != nil {
			return err
		}
		if p.Metadata["topup_id"] == t.ID {
			return b.db.SetTopUpPayment(ctx, t.ID, p.ID)
		}
	}
	return nil
}

// signedAt is the time in a signature header whose signature has been checked.
func signedAt(header string) time.Time {
	for _, part := range strings.Split(header, ",") {
		if t, ok := strings.CutPrefix(strings.TrimSpace(part), "t="); ok {
			if seconds, err := strconv.ParseInt(t, 10, 64); err == nil {
				return time.Unix(seconds, 0)
			}
		}
	}
	return time.Time{}
}
