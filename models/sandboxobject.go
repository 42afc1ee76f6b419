package models

import (
	"context"
	"fmt"
	"time"
)

// SandboxObject is an object of the payment sandbox, as JSON.
type SandboxObject struct {
	ID      string
	Kind    string
	Ref     string // what it belongs to
	Created time.Time
	Body    []byte
}

// PutSandboxObject keeps an object of the payment sandbox.
func (db *DB) PutSandboxObject(ctx context.Context, o SandboxObject) error {
	err := db.w(ctx).Exec(`INSERT INTO sandbox_object (id, kind, ref, body, created_us, updated_us) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET ref = excluded.ref, body = excluded.body, updated_us = excluded.updated_us`,
		o.ID, o.Kind, o.Ref, string(o.Body), o.Created.UnixMicro(), time.Now().UnixMicro()).Error
	if err != nil {
		return fmt.Errorf("keep sandbox object: %w", err)
	}
	return nil
}

// SandboxObjects lists the bodies of one kind, newest first: of what belongs to ref, or of all with
// "", made since a moment.
func (db *DB) SandboxObjects(ctx context.Context, kind, ref string, since time.Time, limit int) ([][]byte, error) {
	var list []string
	q := db.w(ctx).Table("sandbox_object").Where("kind = ? AND created_us >= ?", kind, since.UnixMicro())
	if ref != "" {
		q = q.Where("ref = ?", ref)
	}
	if err := q.Order("created_us DESC, id DESC").Limit(limit).Pluck("body", &list).Error; err != nil {
		return nil, fmt.Errorf("list sandbox objects: %w", err)
	}
	out := make([][]byte, len(list))
	for i, s := range list {
		out[i] = []byte(s)
	}
	return out, nil
}

// SandboxObject reads an object of the payment sandbox; one that does not exist is NotFound.
func (db *DB) SandboxObject(ctx context.Context, id string) ([]byte, error) {
	var body []string
	err := db.w(ctx).Table("sandbox_object").Where("id = ?", id).Limit(1).Pluck("body", &body).Error
	if err != nil {
		return nil, fmt.Errorf("read sandbox object: %w", err)
	}
	if len(body) == 0 {
		return nil, Errorf(NotFound, "There is no such object.")
	}
	return []byte(body[0]), nil
}
