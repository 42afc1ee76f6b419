package billing

import (
	"context"
	"encoding/json"
	"time"

	"bourse/models"
)

// The topics of the outbox.
const (
	topicAutoTopUp = "autotopup"
	topicLow       = "low"
	topicLetter    = "letter"
)

const (
	outboxLease    = 5 * time.Minute // longer than any one piece of work takes
	outboxBatch    = 50
	outboxWait     = 15 * time.Second // before the second try; then twice as long each time
	outboxWaitMost = time.Hour
	letterTries    = 12 // about half a day
)

// RunOutbox does the work that committed transactions ordered, as far as it is due. What fails is
// tried again later and longer apart.
func (b *Billing) RunOutbox(ctx context.Context) error {
	list, err := b.db.ClaimOutbox(ctx, b.now(), outboxLease, outboxBatch)
	for _, o := range list {
		problem := b.work(ctx, o)
		if problem == nil {
			if err := b.db.EndOutbox(ctx, o.ID, b.now()); err != nil {
				return err
			}
			continue
		}
		b.log.Warn("ordered work failed", "work", o.ID, "attempt", o.Attempts, "err", problem)
		if o.Topic != topicAutoTopUp && o.Attempts >= letterTries {
			if err := b.db.EndOutbox(ctx, o.ID, b.now()); err != nil {
				return err
			}
			continue
		}
		wait := min(outboxWait<<min(o.Attempts-1, 10), outboxWaitMost)
		if err := b.db.DelayOutbox(ctx, o.ID, b.now().Add(wait), problem.Error()); err != nil {
			return err
		}
	}
	return err
}

func (b *Billing) work(ctx context.Context, o models.Outbox) error {
	switch o.Topic {
	case topicAutoTopUp:
		return b.autoTopUp(ctx, o)
	case topicLow:
		return b.lowLetter(ctx, o.AccountID)
	case topicLetter:
		var l letter
		if err := json.Unmarshal([]byte(o.Payload), &l); err != nil {
			return err
		}
		return b.post(ctx, o.AccountID, l)
	}
	return models.Errorf(models.Internal, "nobody does %s", o.Topic)
}

// letter is a letter to the owner of an account, or to the operators.
type letter struct {
	Subject string `json:"subject"`
	Body    string `json:"body"`
}

// order is the letter as work for the outbox; the same id is one letter.
func (l letter) order(id, accountID string, now time.Time) models.Outbox {
	payload, _ := json.Marshal(l) // of two strings
	return models.Outbox{ID: topicLetter + ":" + id, Topic: topicLetter, AccountID: accountID, Payload: string(payload), DueUs: now.UnixMicro(), CreatedUs: now.UnixMicro()}
}

// OrderLetter is a letter to the owner of an account as work for the outbox, to be put there with
// what it tells of; the same id is one letter.
func OrderLetter(id, accountID, subject, body string, now time.Time) models.Outbox {
	return letter{subject, body}.order(id, accountID, now)
}

// post sends a letter to the owner of an account; without an account, to the operators.
func (b *Billing) post(ctx context.Context, accountID string, l letter) error {
	if b.config.Letter == nil {
		return nil
	}
	var to []string
	if accountID == "" {
		var err error
		if to, err = b.db.OperatorEmails(ctx); err != nil {
			return err
		}
	} else {
		account, err := b.db.AccountByID(ctx, accountID)
		if err != nil {
			return err
		}
		owner, err := b.db.UserByID(ctx, account.UserID)
		if err != nil {
			return err
		}
		to = []string{owner.Email}
	}
	for _, address := range to {
		if err := b.config.Letter(address, l.Subject, l.Body); err != nil {
			return err
		}
	}
	return nil
}

// lowLetter tells somebody that little credit is left, unless there is enough again or more comes
// by itself.
func (b *Billing) lowLetter(ctx context.Context, accountID string) error {
	a, err := b.db.AccountByID(ctx, accountID)
	if err != nil || a.LowBelow < 0 || a.Posted >= a.LowBelow || a.AutoBelow >= 0 {
		return err
	}
	return b.post(ctx, accountID, letter{"Your credit is low", "You have $" + a.Posted.USD() + " of credit left, less than the $" + a.LowBelow.USD() +
		" below which you asked to be told. When it is used up, calls are refused.\n\nAdd credit: " + b.config.BaseURL + "/credits\n"})
}

// tracesKept is how long it can be seen what was done for payments.
const tracesKept = 30 * 24 * time.Hour

// Sweep forgets what nobody asks for any more.
func (b *Billing) Sweep(ctx context.Context) error {
	return b.db.ForgetPaymentTraces(ctx, b.now().Add(-tracesKept))
}
