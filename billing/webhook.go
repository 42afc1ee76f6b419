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

// hint is what an event's object says about which purchase it belongs to.
type hint struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	ClientReferenceID string            `json:"client_reference_id"`
	Metadata          map[string]string `json:"metadata"`
}

func eventObject(e stripe.Event) hint {
	var h hint
	if e.Data != nil {
		// An object of a shape that we do not know has no id for us, and is kept as that.
		_ = json.Unmarshal(e.Data.Raw, &h)
	}
	return h
}

func (b *Billing) handle(ctx context.Context, e stripe.Event, object hint) error {
	if e.Livemode != b.Live() {
		b.log.Warn("event of the other mode", "event", e.ID, "type", e.Type, "livemode", e.Livemode)
		return nil
	}
	id := object.Metadata["topup_id"]
	if id == "" {
		id = object.ClientReferenceID
	}
	if id == "" {
		b.log.Info("event about nothing of ours", "event", e.ID, "type", e.Type)
		return nil
	}
	_, err := b.Converge(ctx, id)
	if models.CodeOf(err) == models.NotFound {
		b.log.Warn("event about an unknown purchase", "event", e.ID, "type", e.Type, "topup", id)
		return nil
	}
	return err
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
