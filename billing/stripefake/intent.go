package stripefake

import (
	"context"
	"net/http"
	"strconv"
)

// The ways in which a card may behave.
const (
	CardGood         = "good"
	CardAuthenticate = "authenticate" // its bank wants its owner to confirm
	CardDecline      = "decline"
	CardDelay        = "delay" // the money comes later, or not
)

func (f *Fake) createIntent(c *call) (any, *problem) {
	form := c.PostForm
	amount, err := strconv.ParseInt(form.Get("amount"), 10, 64)
	if err != nil || amount < 50 || amount > 99_999_999 {
		return nil, invalid("amount", "Amount must be at least $0.50 usd")
	}
	if form.Get("currency") != "usd" {
		return nil, invalid("currency", "The sandbox knows the currency usd only")
	}
	p := &Intent{ID: newID("pi_test_"), Object: "payment_intent", Livemode: f.config.Live, Amount: amount, Created: f.config.Now().Unix(), Currency: "usd",
		Metadata: metadata(form, "metadata"), Status: "requires_payment_method"}
	if id := form.Get("customer"); id != "" {
		if _, err := get[Customer](c.Context(), f, "cus_test_", id); err != nil {
			return nil, missing("customer", id)
		}
		p.Customer = &id
	}
	if form.Get("confirm") != "true" {
		if err := f.saveIntent(c.Context(), p); err != nil {
			return nil, broken(err)
		}
		return p, nil
	}
	return f.confirm(c, p, form.Get("payment_method"), form.Get("off_session") == "true")
}

func (f *Fake) confirmIntent(c *call) (any, *problem) {
	p, err := get[Intent](c.Context(), f, "pi_test_", c.id)
	if err != nil {
		return nil, missing("payment_intent", c.id)
	}
	if p.Status != "requires_payment_method" && p.Status != "requires_confirmation" && p.Status != "requires_action" {
		return nil, &problem{status: http.StatusBadRequest, kind: "invalid_request_error", code: "payment_intent_unexpected_state",
			words: "You cannot confirm this PaymentIntent because it has a status of " + p.Status + "."}
	}
	p.Return = c.PostForm.Get("return_url")
	return f.confirm(c, p, c.PostForm.Get("payment_method"), c.PostForm.Get("off_session") == "true")
}

// confirm tries a payment with a card that is kept.
func (f *Fake) confirm(c *call, p *Intent, method string, offSession bool) (any, *problem) {
	m, err := get[Method](c.Context(), f, "pm_test_", method)
	if err != nil {
		return nil, missing("payment_method", method)
	}
	if p.Customer == nil || m.Customer == nil || *m.Customer != *p.Customer {
		return nil, invalid("payment_method", "The payment method is not attached to the customer.")
	}
	p.PaymentMethod, p.NextAction = m.ID, nil
	if m.Later == CardAuthenticate && !offSession {
		p.Status, p.NextAction = "requires_action", map[string]any{"type": "redirect_to_url",
			"redirect_to_url": map[string]any{"url": f.config.PagesURL + "payment/" + p.ID, "return_url": p.Return}}
		if err := f.saveIntent(c.Context(), p); err != nil {
			return nil, broken(err)
		}
		c.tell("payment_intent.requires_action", p)
		return p, nil
	}
	declined, err := f.attempt(c.Context(), c, p, m)
	if err != nil {
		return nil, broken(err)
	}
	if declined != nil {
		declined["payment_intent"] = p
		return nil, &problem{status: http.StatusPaymentRequired, kind: "card_error", code: declined["code"].(string), words: declined["message"].(string), more: declined}
	}
	return p, nil
}

// attempt plays what the card does; the answer is the card's error, nil when there is none.
func (f *Fake) attempt(ctx context.Context, c *call, p *Intent, m *Method) (map[string]any, error) {
	switch m.Later {
	case CardGood:
		return nil, f.succeed(ctx, c, p, m)
	case CardDelay:
		p.Status = "processing"
		c.tell("payment_intent.processing", p)
		return nil, f.saveIntent(ctx, p)
	}
	code, reason, words := "card_declined", "insufficient_funds", "Your card has insufficient funds."
	if m.Later == CardAuthenticate {
		code, reason, words = "authentication_required", "authentication_required", "Your card was declined. This transaction requires authentication."
	}
	return f.decline(ctx, c, p, m, code, reason, words)
}

func (f *Fake) decline(ctx context.Context, c *call, p *Intent, m *Method, code, reason, words string) (map[string]any, error) {
	charge := f.charge(p, m)
	charge.Status, charge.Paid = "failed", false
	charge.Outcome = map[string]string{"risk_level": "normal", "type": "issuer_declined", "seller_message": words}
	if err := f.put(ctx, "charge", charge.ID, p.ID, charge.Created, charge); err != nil {
		return nil, err
	}
	failure := map[string]any{"type": "card_error", "code": code, "decline_code": reason, "message": words, "charge": charge.ID}
	p.Status, p.LatestCharge = "requires_payment_method", charge.ID
	p.LastPaymentError = map[string]any{"type": "card_error", "code": code, "decline_code": reason, "message": words, "charge": charge.ID,
		"payment_method": m}
	c.tell("payment_intent.payment_failed", p)
	return failure, f.saveIntent(ctx, p)
}

func (f *Fake) charge(p *Intent, m *Method) *Charge {
	return &Charge{ID: newID("ch_test_"), Object: "charge", Livemode: f.config.Live, Amount: p.Amount, Created: f.config.Now().Unix(), Currency: "usd", Customer: p.Customer,
		Metadata: p.Metadata, Outcome: map[string]string{"risk_level": "normal", "type": "authorized"}, Paid: true, PaymentIntent: p.ID, Status: "succeeded",
		MethodDetails: map[string]any{"type": "card", "card": m.Card}, BillingDetails: map[string]any{"name": "Sandbox buyer"}}
}

// succeed is the money arriving.
func (f *Fake) succeed(ctx context.Context, c *call, p *Intent, m *Method) error {
	charge := f.charge(p, m)
	txn, err := f.move(ctx, "charge", charge.ID, p.Amount, (p.Amount*stripeFeeBps+9999)/10_000+stripeFeeCents)
	if err != nil {
		return err
	}
	charge.BalanceTransact = txn.ID
	if err := f.put(ctx, "charge", charge.ID, p.ID, charge.Created, charge); err != nil {
		return err
	}
	p.Status, p.AmountReceived, p.LatestCharge, p.LastPaymentError, p.NextAction = "succeeded", p.Amount, charge.ID, nil, nil
	p.PaymentMethod = m.ID
	if p.SaveCard && p.Customer != nil && m.Customer == nil {
		m.Customer = p.Customer
		c.tell("payment_method.attached", m)
	}
	if err := f.put(ctx, "payment_method", m.ID, customerOf(m.Customer), m.Created, m); err != nil {
		return err
	}
	c.tell("charge.succeeded", charge)
	c.tell("payment_intent.succeeded", p)
	return f.saveIntent(ctx, p)
}

// What a payment costs the marketplace.
const (
	stripeFeeBps   = 290
	stripeFeeCents = 30
)

func customerOf(id *string) string {
	if id == nil {
		return ""
	}
	return *id
}

func (f *Fake) getIntent(c *call) (any, *problem) {
	p, err := get[Intent](c.Context(), f, "pi_test_", c.id)
	if err != nil {
		return nil, missing("payment_intent", c.id)
	}
	f.expand(c, p)
	return p, nil
}

// expand puts objects in the place of their ids, where that is asked for.
func (f *Fake) expand(c *call, p *Intent) {
	for _, what := range append(c.Form["expand[]"], c.Form["expand[0]"]...) {
		f.expandOne(c, p, what)
	}
	for i := 1; c.Form.Has("expand[" + strconv.Itoa(i) + "]"); i++ {
		f.expandOne(c, p, c.Form.Get("expand["+strconv.Itoa(i)+"]"))
	}
}

func (f *Fake) expandOne(c *call, p *Intent, what string) {
	switch id, _ := p.LatestCharge.(string); {
	case what == "latest_charge" && id != "":
		if charge, err := get[Charge](c.Context(), f, "ch_test_", id); err == nil {
			p.LatestCharge = charge
		}
	case what == "payment_method":
		if id, ok := p.PaymentMethod.(string); ok {
			if m, err := get[Method](c.Context(), f, "pm_test_", id); err == nil {
				p.PaymentMethod = m
			}
		}
	}
}

func (f *Fake) listIntents(c *call) (any, *problem) {
	all, err := list[Intent](c.Context(), f, "payment_intent", c.Form.Get("customer"), since(c))
	if err != nil {
		return nil, broken(err)
	}
	return cut(c, all, func(p *Intent) string { return p.ID }), nil
}

func (f *Fake) cancelIntent(c *call) (any, *problem) {
	p, err := get[Intent](c.Context(), f, "pi_test_", c.id)
	if err != nil {
		return nil, missing("payment_intent", c.id)
	}
	if p.Status == "succeeded" || p.Status == "canceled" || p.Status == "processing" {
		return nil, &problem{status: http.StatusBadRequest, kind: "invalid_request_error", code: "payment_intent_unexpected_state",
			words: "You cannot cancel this PaymentIntent because it has a status of " + p.Status + "."}
	}
	p.Status, p.NextAction = "canceled", nil
	if err := f.saveIntent(c.Context(), p); err != nil {
		return nil, broken(err)
	}
	c.tell("payment_intent.canceled", p)
	return p, nil
}

// saveIntent keeps a payment; what was expanded for an answer is kept as its id.
func (f *Fake) saveIntent(ctx context.Context, p *Intent) error {
	flat := *p
	if charge, ok := p.LatestCharge.(*Charge); ok {
		flat.LatestCharge = charge.ID
	}
	return f.put(ctx, "payment_intent", p.ID, customerOf(p.Customer), p.Created, &flat)
}
