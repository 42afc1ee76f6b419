package models

import (
	"context"
	"fmt"
	"time"
)

// StripeEvent is a webhook event that was delivered, as often as it was. It is a hint to look at
// the object, never the truth about it.
type StripeEvent struct {
	ID         string
	Type       string
	APIVersion string `gorm:"column:api_version"`
	Livemode   bool
	ObjectID   string
	ReceivedUs int64
	Deliveries int64
	LastError  string
}

// RecordStripeEvent stores an event, or counts one more delivery of it.
func (db *DB) RecordStripeEvent(ctx context.Context, e StripeEvent) error {
	err := db.w(ctx).Exec(`INSERT INTO stripe_event (id, type, api_version, livemode, object_id, received_us, deliveries, last_error)
		VALUES (?, ?, ?, ?, ?, ?, 1, '') ON CONFLICT (id) DO UPDATE SET deliveries = stripe_event.deliveries + 1`,
		e.ID, e.Type, e.APIVersion, e.Livemode, e.ObjectID, time.Now().UnixMicro()).Error
	if err != nil {
		return fmt.Errorf("record event: %w", err)
	}
	return nil
}

// MarkStripeEvent records how handling an event ended; "" means well.
func (db *DB) MarkStripeEvent(ctx context.Context, id, lastError string) error {
	if err := db.w(ctx).Exec("UPDATE stripe_event SET last_error = ? WHERE id = ?", lastError, id).Error; err != nil {
		return fmt.Errorf("mark event: %w", err)
	}
	return nil
}

// StripeEvents lists the newest events that were delivered.
func (db *DB) StripeEvents(ctx context.Context, limit int) ([]StripeEvent, error) {
	var out []StripeEvent
	if err := db.r(ctx).Table("stripe_event").Order("received_us DESC").Limit(limit).Find(&out).Error; err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return out, nil
}

// Received is when an event came first.
func (e StripeEvent) Received() time.Time { return fromMicro(e.ReceivedUs) }
