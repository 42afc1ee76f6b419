package models

import (
	"context"
	"fmt"
	"time"
)

// Outbox is work that a transaction ordered: it is there if and only if that was committed.
type Outbox struct {
	ID        string // decides that it is ordered once
	Topic     string
	AccountID string
	Payload   string
	DueUs     int64
	Attempts  int64
	DoneUs    int64
	LastError string
	CreatedUs int64
}

// InsertOutbox orders work with the ledger's transaction.
func (m *MoneyTx) InsertOutbox(ctx context.Context, list []Outbox) error {
	b := m.bulk("id:t topic:t account_id:t payload:t due_us:i attempts:i done_us:i last_error:t created_us:i")
	for _, o := range list {
		b.add(o.ID, o.Topic, o.AccountID, o.Payload, o.DueUs, int64(0), int64(0), "", o.DueUs)
	}
	err := b.insert(ctx, m, "outbox", "ON CONFLICT (id) DO NOTHING")
	if err != nil {
		return fmt.Errorf("order work: %w", err)
	}
	return nil
}

// PutOutbox orders work outside of the ledger; the same ID again is no second order.
func (db *DB) PutOutbox(ctx context.Context, o Outbox) error {
	err := db.w(ctx).Exec(`INSERT INTO outbox (id, topic, account_id, payload, due_us, attempts, done_us, last_error, created_us)
		VALUES (?, ?, ?, ?, ?, 0, 0, '', ?) ON CONFLICT (id) DO NOTHING`, o.ID, o.Topic, o.AccountID, o.Payload, o.DueUs, o.CreatedUs).Error
	if err != nil {
		return fmt.Errorf("order work: %w", err)
	}
	return nil
}

// ClaimOutbox returns work that is due, and makes it due again only after the lease: of two
// replicas that look at once, one gets each piece.
func (db *DB) ClaimOutbox(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]Outbox, error) {
	var due, mine []Outbox
	err := db.w(ctx).Table("outbox").Where("done_us = 0 AND due_us <= ?", now.UnixMicro()).Order("due_us").Limit(limit).Find(&due).Error
	if err != nil {
		return nil, fmt.Errorf("list work: %w", err)
	}
	for _, o := range due {
		q := db.w(ctx).Exec("UPDATE outbox SET due_us = ?, attempts = attempts + 1 WHERE id = ? AND due_us = ? AND done_us = 0",
			now.Add(lease).UnixMicro(), o.ID, o.DueUs)
		if q.Error != nil {
			return mine, fmt.Errorf("claim work: %w", q.Error)
		}
		if q.RowsAffected == 1 {
			o.Attempts++
			mine = append(mine, o)
		}
	}
	return mine, nil
}

// EndOutbox notes that a piece of work is done.
func (db *DB) EndOutbox(ctx context.Context, id string, now time.Time) error {
	if err := db.w(ctx).Exec("UPDATE outbox SET done_us = ?, last_error = '' WHERE id = ?", now.UnixMicro(), id).Error; err != nil {
		return fmt.Errorf("end work: %w", err)
	}
	return nil
}

// DelayOutbox puts a piece of work off.
func (db *DB) DelayOutbox(ctx context.Context, id string, due time.Time, lastError string) error {
	if err := db.w(ctx).Exec("UPDATE outbox SET due_us = ?, last_error = ? WHERE id = ?", due.UnixMicro(), lastError, id).Error; err != nil {
		return fmt.Errorf("put work off: %w", err)
	}
	return nil
}

// OutboxOf lists an account's work of one topic, newest first.
func (db *DB) OutboxOf(ctx context.Context, accountID, topic string) ([]Outbox, error) {
	var out []Outbox
	err := db.r(ctx).Table("outbox").Where("account_id = ? AND topic = ?", accountID, topic).Order("created_us DESC").Limit(outboxListMax).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list work: %w", err)
	}
	return out, nil
}

const outboxListMax = 1000

// ForgetPaymentTraces removes what nobody asks for any more: work that was done, refused cards, and
// the sandbox's answers to keys, each from before a moment.
func (db *DB) ForgetPaymentTraces(ctx context.Context, before time.Time) error {
	for _, q := range []string{
		"DELETE FROM outbox WHERE done_us <> 0 AND done_us < ?",
		"DELETE FROM card_failure WHERE created_us < ?",
		"DELETE FROM sandbox_object WHERE kind = 'idempotency' AND created_us < ?",
	} {
		if err := db.w(ctx).Exec(q, before.UnixMicro()).Error; err != nil {
			return fmt.Errorf("forget old traces of payments: %w", err)
		}
	}
	return nil
}
