package stripefake

import (
	"context"
	"fmt"

	"bourse/models"
)

// Action is what the person at the sandbox checkout does.
type Action string

// The actions.
const (
	Pay     Action = "pay"
	Decline Action = "decline"
	Abandon Action = "abandon"
)

// Act plays one action on an open session and delivers the event that follows from it. A session
// that is over already is a Conflict.
func (f *Fake) Act(ctx context.Context, id string, action Action) (*Session, error) {
	s, err := f.Session(ctx, id)
	if err != nil {
		return nil, err
	}
	if s.Status != "open" {
		return s, models.Errorf(models.Conflict, "This checkout is over already.")
	}
	kind := ""
	switch action {
	case Pay:
		intent := "pi_test_" + string(models.AppendRandom(nil, 24))
		s.PaymentIntent, s.PaymentStatus, s.Status, s.URL = &intent, "paid", "complete", nil
		kind = "checkout.session.completed"
	case Decline:
		s.Declines++
	case Abandon:
		s.Status, s.URL = "expired", nil
		kind = "checkout.session.expired"
	default:
		return s, models.Errorf(models.Invalid, "Choose pay, decline or abandon.")
	}
	if err := f.save(ctx, s); err != nil {
		return nil, err
	}
	if kind == "" {
		return s, nil
	}
	if err := f.event(ctx, kind, s); err != nil {
		// As with the real provider: the payment stands, the page that the buyer returns to
		// looks for itself.
		return s, fmt.Errorf("deliver %s: %w", kind, err)
	}
	return s, nil
}
