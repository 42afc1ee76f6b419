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

// PutSandboxObject keeps an object of the payment sandbox as JSON.
func (db *DB) PutSandboxObject(ctx context.Context, id, kind string, body []byte) error {
	err := db.w(ctx).Exec(`INSERT INTO sandbox_object (id, kind, body, updated_us) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET body = excluded.body, updated_us = excluded.updated_us`,
		id, kind, string(body), time.Now().UnixMicro()).Error
	if err != nil {
		return fmt.Errorf("keep sandbox object: %w", err)
	}
	return nil
}

// SandboxObject reads an object of the payment sandbox; one that does not exist is NotFound.
func (db *DB) SandboxObject(ctx context.Context, id string) ([]byte, error) {
	var body []string
	err := db.r(ctx).Table("sandbox_object").Where("id = ?", id).Limit(1).Pluck("body", &body).Error
	if err != nil {
		return nil, fmt.Errorf("read sandbox object: %w", err)
	}
	if len(body) == 0 {
		return nil, Errorf(NotFound, "There is no such object.")
	}
	return []byte(body[0]), nil
}
