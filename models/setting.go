package models

import (
	"context"
	"fmt"
)

// SettingOnce returns the value of a setting; when there is none it keeps and returns the given
// one. Replicas that start together agree on whichever came first.
func (db *DB) SettingOnce(ctx context.Context, name, value string) (string, error) {
	err := db.w(ctx).Exec("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, value).Error
	if err != nil {
		return "", fmt.Errorf("keep setting %s: %w", name, err)
	}
	var kept []string
	if err := db.w(ctx).Table("setting").Where("name = ?", name).Pluck("value", &kept).Error; err != nil {
		return "", fmt.Errorf("read setting %s: %w", name, err)
	}
	if len(kept) == 0 {
		return "", Errorf(Internal, "setting %s vanished", name)
	}
	return kept[0], nil
}
