package models

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// put writes rows of the catalogue in one statement, replacing those with the same key. In a
// table with a column seed an import of seed leaves alone what a person made, which has none; rows
// of a person replace every other.
func (db *DB) put(ctx context.Context, b *bulk, seed, table string, key ...string) error {
	var set []string
	seeded := false
	for _, c := range b.columns {
		if !slices.Contains(key, c.name) {
			set = append(set, c.name+" = excluded."+c.name)
		}
		seeded = seeded || c.name == "seed"
	}
	// WHERE TRUE parts the SELECT from ON CONFLICT, which SQLite would read as a join.
	query := "INSERT INTO " + table + " (" + b.names() + ") SELECT " + b.names() +
		" FROM {v} WHERE TRUE ON CONFLICT (" + strings.Join(key, ", ") + ") DO UPDATE SET " + strings.Join(set, ", ")
	if seeded && seed != "" {
		query += " WHERE " + table + ".seed <> ''"
	}
	return db.writeBulk(ctx, b, table, query)
}

// writeBulk runs one statement over the rows, in the transaction when db is bound to one. It goes
// past gorm, whose placeholders would take the arrays apart.
func (db *DB) writeBulk(ctx context.Context, b *bulk, table, query string) error {
	if b.rows == 0 {
		return nil
	}
	pool := db.w(ctx).Statement.ConnPool
	if _, err := pool.ExecContext(ctx, b.fill(query, db.dialect), b.args(db.dialect)...); err != nil {
		return fmt.Errorf("write %d rows of %s: %w", b.rows, table, err)
	}
	return nil
}

// RetireSeedRows marks as retired the offers that an older import wrote and this one did not:
// nobody sells them any more, but generations still name them.
func (db *DB) RetireSeedRows(ctx context.Context, seed string) error {
	err := db.w(ctx).Exec("UPDATE endpoint SET status = 'retired' WHERE seed <> '' AND seed <> ?", seed).Error
	if err != nil {
		return fmt.Errorf("retire offers: %w", err)
	}
	return nil
}

// RetireEndpoints marks offers as retired by a person: no import of the embedded catalogue brings
// them back.
func (db *DB) RetireEndpoints(ctx context.Context, list []Endpoint) error {
	for _, e := range list {
		err := db.w(ctx).Exec("UPDATE endpoint SET status = 'retired', seed = '' WHERE model = ? AND tag = ?", e.Model, e.Tag).Error
		if err != nil {
			return fmt.Errorf("retire %s at %s: %w", e.Model, e.Tag, err)
		}
	}
	return nil
}

// jsonText writes a list or record for a TEXT column; nil and empty lists become "".
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil || string(b) == "null" || string(b) == "[]" || string(b) == "{}" {
		return "" // the types of the catalogue always marshal
	}
	return string(b)
}

// fromJSONText reads what jsonText wrote.
func fromJSONText(text string, into any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}

const seedSetting = "catalogue_seed"

// SeedVersion is the fingerprint of the catalogue imported last, "" when none was.
func (db *DB) SeedVersion(ctx context.Context) (string, error) {
	var kept []string
	if err := db.r(ctx).Table("setting").Where("name = ?", seedSetting).Pluck("value", &kept).Error; err != nil {
		return "", fmt.Errorf("read setting %s: %w", seedSetting, err)
	}
	if len(kept) == 0 {
		return "", nil
	}
	return kept[0], nil
}

// SetSeedVersion records the fingerprint of the catalogue just imported.
func (db *DB) SetSeedVersion(ctx context.Context, version string) error {
	err := db.w(ctx).Exec("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		seedSetting, version).Error
	if err != nil {
		return fmt.Errorf("keep setting %s: %w", seedSetting, err)
	}
	return nil
}

// CatalogueMark changes whenever prices, offers or imported facts do; reading it is cheap.
func (db *DB) CatalogueMark(ctx context.Context) (string, error) {
	seed, err := db.SeedVersion(ctx)
	if err != nil {
		return "", err
	}
	var prices int64
	if err := db.r(ctx).Table("price_version").Count(&prices).Error; err != nil {
		return "", fmt.Errorf("count prices: %w", err)
	}
	var sold int64 // an offer may end without a new price
	if err := db.r(ctx).Table("endpoint").Where("status <> 'retired'").Count(&sold).Error; err != nil {
		return "", fmt.Errorf("count offers: %w", err)
	}
	return fmt.Sprintf("%s %d %d", seed, prices, sold), nil
}
