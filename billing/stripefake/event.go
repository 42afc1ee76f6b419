package stripefake

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Event is something that happened, as it is told to the marketplace.
type Event struct {
	ID              string         `json:"id"`
	Object          string         `json:"object"`
	APIVersion      string         `json:"api_version"`
	Created         int64          `json:"created"`
	Data            map[string]any `json:"data"`
	Livemode        bool           `json:"livemode"`
	PendingWebhooks int64          `json:"pending_webhooks"`
	Request         any            `json:"request"`
	Type            string         `json:"type"`
}

// send tells the marketplace what happened, as far as the faults let it.
func (f *Fake) send(ctx context.Context, list []happened) error {
	var errs []error
	for _, h := range list {
		e, err := f.write(ctx, h)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, f.tell(ctx, e))
	}
	return errors.Join(errs...)
}

// write makes an event of what happened and keeps it, undelivered.
func (f *Fake) write(ctx context.Context, h happened) (Event, error) {
	version := f.faultsNow().Version
	if version == "" {
		version = Pinned
	}
	object, err := shape(h.object, version)
	if err != nil {
		return Event{}, err
	}
	e := Event{ID: newID("evt_test_"), Object: "event", APIVersion: version, Created: f.config.Now().Unix(), Livemode: f.config.Live, PendingWebhooks: 1, Type: h.kind,
		Data: map[string]any{"object": object}, Request: map[string]any{"id": nil, "idempotency_key": nil}}
	if d, ok := h.object.(detached); ok {
		e.Data["previous_attributes"] = d.previous
	}
	return e, f.put(ctx, "event", e.ID, "", e.Created, e)
}

// shape writes an object the way a version of the API does. What is ours alone is left out.
func shape(v any, version string) (map[string]any, error) {
	if d, ok := v.(detached); ok {
		v = d.Method
	}
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	object := map[string]any{}
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, err
	}
	for name := range object {
		if strings.HasPrefix(name, "fake_") {
			delete(object, name)
		}
	}
	if version == Pinned {
		return object, nil
	}
	// Since 2022-11-15 charges list no refunds, since 2025-03-31 payments and charges name no
	// invoice; newer objects have fields that the pinned client does not know.
	switch object["object"] {
	case "checkout.session":
		object["presentment_details"], object["adaptive_pricing"], object["customer_account"] = nil, map[string]any{"enabled": false}, nil
		object["collected_information"] = map[string]any{"business_name": nil, "shipping_details": nil}
	case "charge", "payment_intent":
		object["presentment_details"], object["customer_account"] = nil, nil
		delete(object, "invoice")
	case "dispute":
		object["enhanced_eligibility_types"], object["payment_method_details"] = []string{}, map[string]any{"type": "card", "card": map[string]any{"brand": "visa", "case_type": "chargeback"}}
	}
	return object, nil
}

// deliver signs an event and hands it over; one that was taken is noted as that.
func (f *Fake) deliver(ctx context.Context, e Event) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if f.config.Deliver == nil {
		return nil
	}
	if err := f.config.Deliver(ctx, body, Sign(body, f.config.WebhookSecret, time.Now())); err != nil {
		return fmt.Errorf("deliver %s: %w", e.Type, err)
	}
	e.PendingWebhooks = 0
	return f.put(ctx, "event", e.ID, "", e.Created, e)
}

func (f *Fake) listEvents(c *call) (any, *problem) {
	all, err := list[Event](c.Context(), f, "event", "", since(c))
	if err != nil {
		return nil, broken(err)
	}
	if want := c.Form.Get("delivery_success"); want != "" {
		kept := all[:0]
		for _, e := range all {
			if (e.PendingWebhooks == 0) == (want == "true") {
				kept = append(kept, e)
			}
		}
		all = kept
	}
	return cut(c, all, func(e *Event) string { return e.ID }), nil
}

func (f *Fake) createWebhook(c *call) (any, *problem) {
	if c.PostForm.Get("url") == "" {
		return nil, invalid("url", "Missing required param: url.")
	}
	w := map[string]any{"id": newID("we_test_"), "object": "webhook_endpoint", "url": c.PostForm.Get("url"), "status": "enabled", "livemode": false,
		"api_version": c.PostForm.Get("api_version"), "created": f.config.Now().Unix()}
	if err := f.put(c.Context(), "webhook_endpoint", w["id"].(string), "", f.config.Now().Unix(), w); err != nil {
		return nil, broken(err)
	}
	w["secret"] = f.config.WebhookSecret // told once
	return w, nil
}

func (f *Fake) listWebhooks(c *call) (any, *problem) {
	all, err := list[map[string]any](c.Context(), f, "webhook_endpoint", "", time.Time{})
	if err != nil {
		return nil, broken(err)
	}
	all = slices.DeleteFunc(all, func(m *map[string]any) bool { return (*m)["deleted"] == true })
	return cut(c, all, func(m *map[string]any) string { return fmt.Sprint((*m)["id"]) }), nil
}

func (f *Fake) deleteWebhook(c *call) (any, *problem) {
	gone := map[string]any{"id": c.id, "object": "webhook_endpoint", "deleted": true}
	if err := f.put(c.Context(), "webhook_endpoint", c.id, "", f.config.Now().Unix(), gone); err != nil {
		return nil, broken(err)
	}
	return gone, nil
}

// Sign makes the Stripe-Signature header of a body: HMAC-SHA256 over "<unix time>.<body>".
func Sign(body []byte, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.", at.Unix())
	mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
