package stripefake

import (
	"context"
	"time"

	"bourse/models"
)

// Action is what the person at a page of the sandbox does.
type Action string

// The actions: at the checkout, then on the payment.
const (
	Pay          Action = "pay"
	Decline      Action = "decline"
	Authenticate Action = "authenticate" // the bank asks; then Confirm or Refuse
	Later        Action = "later"        // the money is promised; then Arrive or Bounce
	Abandon      Action = "abandon"

	Confirm    Action = "confirm"
	Refuse     Action = "refuse"
	Arrive     Action = "arrive"
	Bounce     Action = "bounce"
	GiveBack   Action = "refund" // at the provider, not here
	FailRefund Action = "fail-refund"
	Contest    Action = "dispute"
	Win        Action = "win"
	Lose       Action = "lose"
	Warn       Action = "warn" // an early warning of fraud
)

// Choice is an action with what belongs to it.
type Choice struct {
	Action Action
	Card   string // how the card behaves when it is charged again, if it is kept
	Cents  int64  // of GiveBack; 0 = all that is left
}

var errOver = models.Errorf(models.Conflict, "This checkout is over already.")

// act does something as one thing, then tells what happened.
func (f *Fake) act(ctx context.Context, do func(c *call) error) error {
	c := &call{}
	f.mu.Lock()
	err := do(c)
	f.mu.Unlock()
	if err != nil {
		return err
	}
	return f.send(ctx, c.events)
}

// Act plays one choice at a checkout and delivers the events that follow from it. A checkout that
// is over is a Conflict. An error of the delivery comes with the session: the payment stands.
func (f *Fake) Act(ctx context.Context, id string, choice Choice) (*Session, error) {
	var s *Session
	err := f.act(ctx, func(c *call) error {
		var err error
		if s, err = f.Session(ctx, id); err != nil {
			return err
		}
		if s.Status != "open" {
			return errOver
		}
		if err := f.choose(ctx, c, s, choice); err != nil {
			return err
		}
		return f.saveSession(ctx, s)
	})
	return s, err
}

func (f *Fake) choose(ctx context.Context, c *call, s *Session, choice Choice) error {
	if choice.Action == Abandon {
		s.Status, s.URL = "expired", nil
		c.tell("checkout.session.expired", s)
		return nil
	}
	p, err := f.intentOf(ctx, s)
	if err != nil {
		return err
	}
	m := f.newCard(choice.Card)
	switch choice.Action {
	case Pay:
		if err := f.succeed(ctx, c, p, m); err != nil {
			return err
		}
		f.complete(c, s, "paid")
	case Decline:
		s.Declines++
		_, err := f.decline(ctx, c, p, m, "card_declined", "generic_decline", "Your card was declined.")
		return err
	case Authenticate:
		p.Status, p.PaymentMethod = "requires_action", m.ID
		p.NextAction = map[string]any{"type": "use_stripe_sdk"}
		c.tell("payment_intent.requires_action", p)
		if err := f.put(ctx, "payment_method", m.ID, "", m.Created, m); err != nil {
			return err
		}
		return f.saveIntent(ctx, p)
	case Later:
		p.Status, p.PaymentMethod = "processing", m.ID
		if err := f.put(ctx, "payment_method", m.ID, "", m.Created, m); err != nil {
			return err
		}
		c.tell("payment_intent.processing", p)
		f.complete(c, s, "unpaid")
		return f.saveIntent(ctx, p)
	default:
		return models.Errorf(models.Invalid, "This cannot be chosen at a checkout.")
	}
	return nil
}

// intentOf is the payment of a checkout, made with the first try.
func (f *Fake) intentOf(ctx context.Context, s *Session) (*Intent, error) {
	if s.PaymentIntent != nil {
		return get[Intent](ctx, f, "pi_test_", *s.PaymentIntent)
	}
	p := &Intent{ID: newID("pi_test_"), Object: "payment_intent", Livemode: f.config.Live, Amount: s.AmountTotal, Created: f.config.Now().Unix(), Currency: "usd", Customer: s.Customer,
		Metadata: s.IntentMetadata, Status: "requires_payment_method", Session: s.ID, SaveCard: s.SaveCard}
	s.PaymentIntent = &p.ID
	return p, f.saveIntent(ctx, p)
}

func (f *Fake) complete(c *call, s *Session, status string) {
	s.Status, s.PaymentStatus, s.URL = "complete", status, nil
	f.invoice(s)
	c.tell("checkout.session.completed", s)
}

// invoice writes the invoice of a session that is paid, where one was asked for.
func (f *Fake) invoice(s *Session) {
	if s.Invoiced && s.PaymentStatus == "paid" {
		id := newID("in_test_")
		s.Invoice = &id
	}
}

// newCard is a test card: how it behaves later decides its number.
func (f *Fake) newCard(later string) *Method {
	number := map[string]string{CardAuthenticate: "3184", CardDecline: "0341", CardDelay: "0077"}[later]
	if number == "" {
		later, number = CardGood, "4242"
	}
	return &Method{ID: newID("pm_test_"), Object: "payment_method", Created: f.config.Now().Unix(), Type: "card", Later: later,
		Card: Card{Brand: "visa", Last4: number, ExpMonth: 12, ExpYear: int64(f.config.Now().Year() + 3), Fingerprint: "fake" + number}}
}

// Payment is a payment with everything that happened to it, for the sandbox's page.
type Payment struct {
	Intent   Intent
	Refunds  []*Refund
	Disputes []*Dispute
}

// Payment reads a payment.
func (f *Fake) Payment(ctx context.Context, id string) (*Payment, error) {
	p, err := get[Intent](ctx, f, "pi_test_", id)
	if err != nil {
		return nil, err
	}
	v := &Payment{Intent: *p}
	if v.Refunds, err = list[Refund](ctx, f, "refund", id, time.Time{}); err != nil {
		return nil, err
	}
	v.Disputes, err = list[Dispute](ctx, f, "dispute", id, time.Time{})
	return v, err
}

// ActOnPayment plays one choice on a payment and delivers the events that follow from it. A choice
// that does not fit how the payment stands is a Conflict.
func (f *Fake) ActOnPayment(ctx context.Context, id string, choice Choice) error {
	return f.act(ctx, func(c *call) error {
		v, err := f.Payment(ctx, id)
		if err != nil {
			return err
		}
		p := &v.Intent
		switch choice.Action {
		case Confirm, Refuse, Arrive, Bounce:
			return f.decide(ctx, c, p, choice.Action)
		case GiveBack:
			if _, problem := f.refund(ctx, c, p, choice.Cents, nil); problem != nil {
				return models.Errorf(models.Conflict, "%s", problem.words)
			}
			return nil
		case FailRefund:
			for _, r := range v.Refunds {
				if r.Status != "failed" {
					return f.failRefund(ctx, c, r)
				}
			}
			return models.Errorf(models.Conflict, "There is no refund that could fail.")
		case Contest:
			return f.dispute(ctx, c, p)
		case Win, Lose:
			if len(v.Disputes) == 0 {
				return models.Errorf(models.Conflict, "There is no dispute.")
			}
			return f.closeDispute(ctx, c, v.Disputes[0], choice.Action == Win)
		case Warn:
			charge, _ := p.LatestCharge.(string)
			c.tell("radar.early_fraud_warning.created", map[string]any{"id": newID("issfr_test_"), "object": "radar.early_fraud_warning", "charge": charge,
				"payment_intent": p.ID, "fraud_type": "made_with_stolen_card", "actionable": true, "livemode": false})
			return nil
		}
		return models.Errorf(models.Invalid, "This cannot be done to a payment.")
	})
}

// decide ends a payment that waited for its owner or for the money.
func (f *Fake) decide(ctx context.Context, c *call, p *Intent, action Action) error {
	wants := "requires_action"
	if action == Arrive || action == Bounce {
		wants = "processing"
	}
	id, _ := p.PaymentMethod.(string)
	m, err := get[Method](ctx, f, "pm_test_", id)
	if p.Status != wants || err != nil {
		return models.Errorf(models.Conflict, "This payment does not wait for that.")
	}
	var s *Session
	if p.Session != "" {
		if s, err = f.Session(ctx, p.Session); err != nil {
			return err
		}
	}
	good := action == Confirm || action == Arrive
	if good {
		err = f.succeed(ctx, c, p, m)
	} else if action == Refuse {
		_, err = f.decline(ctx, c, p, m, "payment_intent_authentication_failure", "", "The card's owner did not confirm the payment.")
	} else {
		_, err = f.decline(ctx, c, p, m, "payment_method_provider_decline", "", "The bank did not send the money.")
	}
	if err != nil || s == nil {
		return err
	}
	switch action {
	case Confirm:
		f.complete(c, s, "paid")
	case Refuse:
		s.Declines++
	case Arrive:
		s.PaymentStatus = "paid"
		f.invoice(s)
		c.tell("checkout.session.async_payment_succeeded", s)
	case Bounce:
		c.tell("checkout.session.async_payment_failed", s)
	}
	return f.saveSession(ctx, s)
}
