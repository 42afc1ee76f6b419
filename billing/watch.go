package billing

import (
	"strconv"

	"bourse/models"
)

// borne decides whether a posting that takes from a customer finds what it takes: that part of the
// credit, unheld.
func (b *applier) borne(p Posting) error {
	for _, e := range p.Entries {
		id, part, ok := customer(e.AccountID)
		if !ok || e.Amount >= 0 {
			continue
		}
		a := b.accounts[id]
		source, available := SourceBalance, a.Posted-a.Held
		switch part {
		case sideSandbox:
			available = min(available, a.Sandbox)
		case sidePromo:
			available = min(available, a.Promo)
		case sidePaid:
			// The real credit without what was given, and without what runs on it.
			available = min(available, a.Posted-a.Sandbox-a.HeldReal) - max(a.Promo, 0)
		}
		if available < -e.Amount {
			return &Refusal{Source: source, Needed: -e.Amount, Available: max(available, 0)}
		}
	}
	return nil
}

// dispute counts the disputes of the accounts that the transaction moves.
func (b *applier) dispute(tx *models.LedgerTx, by int64) {
	if by == 0 {
		return
	}
	for _, e := range tx.Entries {
		if id, _, ok := customer(e.AccountID); ok {
			b.accounts[id].Disputes = max(b.accounts[id].Disputes+by, 0)
		}
	}
}

// watch orders what falls due when a balance passes one of its account's marks: the order is in
// the same transaction as the charge that passed it, so neither is ever there without the other.
func (b *applier) watch(accounts []*models.AccountState) []models.Outbox {
	var due []models.Outbox
	order := func(topic, account string, epoch int64) {
		due = append(due, models.Outbox{ID: topic + ":" + account + ":" + strconv.FormatInt(epoch, 10), Topic: topic, AccountID: account,
			Payload: strconv.FormatInt(epoch, 10), DueUs: b.now()})
	}
	for _, a := range accounts {
		w := &a.Watch
		if w.AutoBelow >= 0 && w.AutoArmed && a.Posted < w.AutoBelow && !a.Frozen && a.Disputes == 0 {
			w.AutoArmed = false
			w.AutoEpoch++
			order(topicAutoTopUp, a.ID, w.AutoEpoch)
		}
		switch {
		case w.LowBelow < 0:
		case a.Posted >= w.LowBelow:
			w.LowArmed = true
		case w.LowArmed:
			w.LowArmed = false
			w.LowEpoch++
			order(topicLow, a.ID, w.LowEpoch)
		}
	}
	return due
}
