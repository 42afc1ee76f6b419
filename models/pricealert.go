package models

import (
	"context"
	"fmt"
	"time"
)

// PriceAlertsMax bounds how many price alerts an account may have.
const PriceAlertsMax = 50

// The states of a price alert.
const (
	AlertArmed = "armed" // a letter goes out when the price is at or below the mark
	AlertFired = "fired" // it went out; the price has to be above the mark again first
	AlertEnded = "ended" // the model is not sold any more
)

// PriceAlert is somebody's wish to hear when a price of a model is at or below a mark.
type PriceAlert struct {
	ID        string
	AccountID string
	Model     string
	Price     string // which price: a unit or a mix
	Offers    string // of which offers; "" = all
	Below     Rate   `gorm:"column:below_pico"`
	State     string
	Epoch     int64 // how often the state has changed
	ToldUs    int64 // when the last letter was ordered; 0 = never
	ToldRate  Rate  `gorm:"column:told_pico"`
	ToldTag   string
	CreatedUs int64
}

// Told is when the last letter about a price was ordered; zero when none was.
func (a PriceAlert) Told() time.Time { return fromMicro(a.ToldUs) }

// Created is when the alert was set.
func (a PriceAlert) Created() time.Time { return fromMicro(a.CreatedUs) }

// PriceAlerts lists an account's alerts, the newest first.
func (db *DB) PriceAlerts(ctx context.Context, accountID string) ([]PriceAlert, error) {
	var out []PriceAlert
	err := db.r(ctx).Table("price_alert").Where("account_id = ?", accountID).Order("created_us DESC, id").Limit(PriceAlertsMax).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list price alerts: %w", err)
	}
	return out, nil
}

// PriceAlert reads one alert.
func (db *DB) PriceAlert(ctx context.Context, id string) (PriceAlert, error) {
	var a PriceAlert
	err := db.r(ctx).Table("price_alert").Where("id = ?", id).Take(&a).Error
	if isMissing(err) {
		return a, Errorf(NotFound, "There is no such alert. It may have been removed already.")
	}
	if err != nil {
		return a, fmt.Errorf("read price alert: %w", err)
	}
	return a, nil
}

// InsertPriceAlert keeps a new alert; the same one again is a Conflict, one too many Invalid.
func (db *DB) InsertPriceAlert(ctx context.Context, a PriceAlert) error {
	return db.Tx(ctx, func(tx *DB) error {
		if tx.dialect == PostgreSQL { // two forms at once are counted one after the other
			if err := tx.w(ctx).Exec("SELECT pg_advisory_xact_lock(hashtext(?))", "price_alert "+a.AccountID).Error; err != nil {
				return fmt.Errorf("lock price alerts: %w", err)
			}
		}
		var n int64
		if err := tx.w(ctx).Table("price_alert").Where("account_id = ?", a.AccountID).Count(&n).Error; err != nil {
			return fmt.Errorf("count price alerts: %w", err)
		}
		if n >= PriceAlertsMax {
			return Errorf(Invalid, "You have %d price alerts, and an account keeps no more. Remove one first.", PriceAlertsMax)
		}
		err := tx.w(ctx).Table("price_alert").Create(&a).Error
		if isDuplicate(err) {
			return Errorf(Conflict, "You have this alert already.")
		}
		if err != nil {
			return fmt.Errorf("insert price alert: %w", err)
		}
		return nil
	})
}

// DeletePriceAlert forgets an alert; one that is gone already is as well.
func (db *DB) DeletePriceAlert(ctx context.Context, id string) error {
	if err := db.w(ctx).Exec("DELETE FROM price_alert WHERE id = ?", id).Error; err != nil {
		return fmt.Errorf("delete price alert: %w", err)
	}
	return nil
}

// OpenPriceAlerts lists alerts that have not ended, in the order of their ids, those after one id.
func (db *DB) OpenPriceAlerts(ctx context.Context, after string, limit int) ([]PriceAlert, error) {
	var out []PriceAlert
	err := db.w(ctx).Table("price_alert").Where("state <> ? AND id > ?", AlertEnded, after).Order("id").Limit(limit).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list open price alerts: %w", err)
	}
	return out, nil
}

// MovePriceAlert writes an alert's new state and orders the letter that tells of it, both or
// neither. It reports false when the alert has changed since it was read: somebody else was first.
func (db *DB) MovePriceAlert(ctx context.Context, a PriceAlert, letter *Outbox) (bool, error) {
	moved := false
	err := db.Tx(ctx, func(tx *DB) error {
		q := tx.w(ctx).Exec("UPDATE price_alert SET state = ?, epoch = epoch + 1, told_us = ?, told_pico = ?, told_tag = ? WHERE id = ? AND epoch = ?",
			a.State, a.ToldUs, int64(a.ToldRate), a.ToldTag, a.ID, a.Epoch)
		if q.Error != nil {
			return fmt.Errorf("move price alert: %w", q.Error)
		}
		if moved = q.RowsAffected == 1; !moved || letter == nil {
			return nil
		}
		return tx.PutOutbox(ctx, *letter)
	})
	return moved && err == nil, err
}
