package models

import (
	"context"
	"fmt"
	"time"
)

// AddPriceVersions adds prices; one whose id exists already is the same price and is left alone.
func (db *DB) AddPriceVersions(ctx context.Context, list []PriceVersion) error {
	b := newBulk("id:t model:t tag:t pricing:t effective_us:i recorded_us:i source:t flag:t")
	now := time.Now().UnixMicro()
	for _, v := range list {
		b.add(v.ID, v.Model, v.Tag, jsonText(v.Pricing), v.EffectiveFrom.UnixMicro(), now, v.Source, v.Flag)
	}
	return db.writeBulk(ctx, b, "price_version", "INSERT INTO price_version ("+b.names()+") SELECT "+
		b.names()+" FROM {v} WHERE TRUE ON CONFLICT (id) DO NOTHING")
}

type priceVersionRow struct {
	ID          string
	Model       string
	Tag         string
	Pricing     string
	EffectiveUs int64
	Source      string
	Flag        string
}

// PriceVersions lists every price of every offer, oldest first within an offer. Of two that begin
// at the same moment the later recorded comes last.
func (db *DB) PriceVersions(ctx context.Context) ([]PriceVersion, error) {
	var rows []priceVersionRow
	err := db.r(ctx).Table("price_version").Order("model, tag, effective_us, recorded_us, id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read prices: %w", err)
	}
	out := make([]PriceVersion, len(rows))
	for i, r := range rows {
		if out[i], err = r.version(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PriceVersion returns one price by its id.
func (db *DB) PriceVersion(ctx context.Context, id string) (PriceVersion, error) {
	var rows []priceVersionRow
	if err := db.r(ctx).Table("price_version").Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return PriceVersion{}, fmt.Errorf("read price %s: %w", id, err)
	}
	if len(rows) == 0 {
		return PriceVersion{}, Errorf(NotFound, "There is no price %q.", clip(id))
	}
	return rows[0].version()
}

func (r priceVersionRow) version() (PriceVersion, error) {
	v := PriceVersion{
		ID: r.ID, Model: r.Model, Tag: r.Tag, EffectiveFrom: time.UnixMicro(r.EffectiveUs).UTC(),
		Source: r.Source, Flag: r.Flag,
	}
	if err := fromJSONText(r.Pricing, &v.Pricing); err != nil {
		return v, fmt.Errorf("price %s: %w", r.ID, err)
	}
	return v, nil
}
