package billing

import (
	"context"
	"errors"
	"strconv"
	"time"

	"bourse/models"
)

// AutoOrder is what somebody asks for: when the credit falls below a mark, buy an amount, as long
// as a month's purchases stay within a cap. All in cents.
type AutoOrder struct {
	Enabled            bool
	Below, Amount, Cap int64
}

// How long an order waits after a card was refused once, and twice. The third time it is off.
const (
	autoWaitFirst  = time.Hour
	autoWaitSecond = 24 * time.Hour
	autoFailures   = 3
	autoFrozenWait = time.Hour
	// confirmWithin is how long a payment waits for its owner before it is given up.
	confirmWithin = 24 * time.Hour
)

// AutoTopUp reads an account's order; without one it is off.
func (b *Billing) AutoTopUp(ctx context.Context, accountID string) (models.AutoTopUp, error) {
	return b.db.AutoTopUpOf(ctx, accountID)
}

// WhyNoAuto says why an account cannot have an automatic top-up yet, "" when it can.
func (b *Billing) WhyNoAuto(ctx context.Context, accountID string) (string, error) {
	if b.config.AutomaticTax {
		return "Tax is computed at the checkout here, so credit cannot be bought without going there.", nil
	}
	payer, err := b.db.PayerOf(ctx, accountID)
	if err != nil {
		return "", err
	}
	if payer.PaymentMethod == "" {
		return "No card is kept. Buy credit once and tick “Keep this card” at the amount.", nil
	}
	if b.Sandbox == nil && b.config.AutoAfter > 0 {
		first, err := b.db.FirstPaid(ctx, accountID)
		if err != nil {
			return "", err
		}
		if first.IsZero() || b.now().Sub(first) < b.config.AutoAfter {
			return "It can be switched on when your first payment is " + strconv.Itoa(int(b.config.AutoAfter/time.Hour)) + " hours old.", nil
		}
	}
	return "", nil
}

// SetAutoTopUp switches an account's automatic top-up on with new terms, or off. Terms that make no
// sense are Invalid, each named by its field: below, each, cap.
func (b *Billing) SetAutoTopUp(ctx context.Context, accountID string, o AutoOrder) error {
	old, err := b.db.AutoTopUpOf(ctx, accountID)
	if err != nil {
		return err
	}
	now := b.now().UnixMicro()
	if !o.Enabled {
		old.Enabled, old.Reason, old.ResumeUs, old.Failures, old.UpdatedUs = false, "", 0, 0, now
		return b.db.SaveAutoTopUp(ctx, old, models.Arm{})
	}
	why, err := b.WhyNoAuto(ctx, accountID)
	if err != nil {
		return err
	}
	if why != "" {
		return models.Errorf(models.Invalid, "%s", why)
	}
	var wrong []error
	if o.Below < 100 || o.Below > b.config.MaxCents {
		wrong = append(wrong, models.FieldError("below", "Choose a mark from $1.00 to $%s.", dollars(b.config.MaxCents)))
	}
	if o.Amount < b.config.MinCents || o.Amount > b.config.MaxCents {
		wrong = append(wrong, models.FieldError("each", "Choose an amount from $%s to $%s.", dollars(b.config.MinCents), dollars(b.config.MaxCents)))
	} else if each := o.Amount + b.Processing(o.Amount); o.Cap < each || o.Cap > capCentsMost {
		wrong = append(wrong, models.FieldError("cap", "A month must bear one purchase at least: from $%s to $%s.", dollars(each), dollars(capCentsMost)))
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	underway, err := b.autoUnderway(ctx, accountID)
	if err != nil {
		return err
	}
	return b.db.SaveAutoTopUp(ctx, models.AutoTopUp{AccountID: accountID, Enabled: true, Below: cents(o.Below), AmountCents: o.Amount, CapCents: o.Cap, UpdatedUs: now},
		models.Arm{On: !underway, Order: autoOrder, NowUs: now})
}

// capCentsMost bounds what a month may cost.
const capCentsMost = 100_000_000

// autoOrder is the piece of work that one crossing of the mark orders.
func autoOrder(accountID string, epoch, now int64) models.Outbox {
	n := strconv.FormatInt(epoch, 10)
	return models.Outbox{ID: topicAutoTopUp + ":" + accountID + ":" + n, Topic: topicAutoTopUp, AccountID: accountID, Payload: n, DueUs: now, CreatedUs: now}
}

// autoUnderway reports whether an ordered purchase has not come to its end.
func (b *Billing) autoUnderway(ctx context.Context, accountID string) (bool, error) {
	orders, err := b.db.OutboxOf(ctx, accountID, topicAutoTopUp)
	if err != nil {
		return false, err
	}
	if len(orders) > 0 && orders[0].DoneUs == 0 {
		return true, nil
	}
	last, err := b.db.TopUpsOfKind(ctx, accountID, models.TopUpAuto, 1)
	return len(last) > 0 && last[0].Status == models.TopUpPending, err
}

// AutoTopUps lists an account's automatic purchases, newest first.
func (b *Billing) AutoTopUps(ctx context.Context, accountID string, limit int) ([]models.TopUp, error) {
	return b.db.TopUpsOfKind(ctx, accountID, models.TopUpAuto, limit)
}

// stopAuto switches the automatic top-up off and says why, by letter too. Off already, nothing
// happens.
func (b *Billing) stopAuto(ctx context.Context, accountID, why string) error {
	old, err := b.db.AutoTopUpOf(ctx, accountID)
	if err != nil || !old.Enabled {
		return err
	}
	old.Enabled, old.Reason, old.ResumeUs, old.UpdatedUs = false, why, 0, b.now().UnixMicro()
	if err := b.db.SaveAutoTopUp(ctx, old, models.Arm{}); err != nil {
		return err
	}
	return b.db.PutOutbox(ctx, b.autoLetter("Automatic top-up is off", why).order("auto-off:"+accountID+":"+strconv.FormatInt(old.UpdatedUs, 10), accountID, b.now()))
}

func (b *Billing) autoLetter(subject, why string) letter {
	return letter{subject, why + "\n\nNothing was charged. See what was tried and change it: " + b.config.BaseURL + "/credits/auto\n"}
}

// ResumeAutoTopUps lets orders go on whose wait is over.
func (b *Billing) ResumeAutoTopUps(ctx context.Context) error {
	list, err := b.db.WaitingAutoTopUps(ctx, b.now(), outboxBatch)
	if err != nil {
		return err
	}
	for _, o := range list {
		now := b.now().UnixMicro()
		o.ResumeUs, o.UpdatedUs = 0, now
		if err := b.db.SaveAutoTopUp(ctx, o, models.Arm{On: true, Order: autoOrder, NowUs: now}); err != nil {
			return err
		}
	}
	return nil
}

// autoPaid is an automatic purchase that is in the books: the next crossing orders the next one.
func (b *Billing) autoPaid(ctx context.Context, t models.TopUp) error {
	o, err := b.db.AutoTopUpOf(ctx, t.AccountID)
	if err != nil || !o.Enabled {
		return err
	}
	now := b.now().UnixMicro()
	o.Failures, o.Reason, o.ResumeUs, o.UpdatedUs = 0, "", 0, now
	return b.db.SaveAutoTopUp(ctx, o, models.Arm{On: true, Epoch: t.Epoch, Order: autoOrder, NowUs: now})
}

// autoFailed ends an automatic purchase that brought nothing, once: it waits longer each time and
// stops at the third in a row.
func (b *Billing) autoFailed(ctx context.Context, t models.TopUp, words string) error {
	now := b.now()
	var l letter
	next := func(o models.AutoTopUp) models.AutoTopUp {
		o.Failures++
		o.UpdatedUs = now.UnixMicro()
		o.Reason = "A purchase of $" + dollars(t.ChargeCents) + " was refused: " + words
		wait := autoWaitFirst
		switch {
		case o.Failures >= autoFailures:
			o.Enabled, o.ResumeUs = false, 0
			o.Reason += " That was the third time in a row, so automatic top-up is off."
			l = b.autoLetter("Automatic top-up is off", o.Reason)
			return o
		case o.Failures == 2:
			wait = autoWaitSecond
		}
		o.ResumeUs = now.Add(wait).UnixMicro()
		o.Reason += " The next try is not before " + now.Add(wait).UTC().Format("2 January 15:04") + " UTC."
		l = b.autoLetter("Automatic top-up did not work", o.Reason)
		return o
	}
	return b.db.FailAutoTopUp(ctx, t, words, next, func() models.Outbox { return l.order("auto-failed:"+t.ID, t.AccountID, now) })
}

// autoNeedsOwner is an automatic purchase that the card's bank wants its owner to confirm: nothing
// more is bought by itself, and a letter says where to confirm.
func (b *Billing) autoNeedsOwner(ctx context.Context, t models.TopUp) error {
	o, err := b.db.AutoTopUpOf(ctx, t.AccountID)
	if err != nil {
		return err
	}
	if o.Enabled {
		o.Enabled, o.ResumeUs, o.UpdatedUs = false, 0, b.now().UnixMicro()
		o.Reason = "Your bank wants you to confirm payments with this card, so nothing can be bought without you."
		if err := b.db.SaveAutoTopUp(ctx, o, models.Arm{}); err != nil {
			return err
		}
	}
	l := letter{"Please confirm a payment of $" + dollars(t.ChargeCents), "Your credit fell below your mark, and your bank wants you to confirm the payment that would top it up. Nothing is charged before you do, " +
		"and automatic top-up is off until you switch it on again.\n\nConfirm within 24 hours: " + b.returnURL(t.ID) + "\n"}
	return b.db.PutOutbox(ctx, l.order("auto-confirm:"+t.ID, t.AccountID, b.now()))
}
