package auth

import (
	"context"
	"strings"

	"bourse/models"
)

// KeyChange is what an owner wants to be otherwise about a key; nil leaves it as it is.
type KeyChange struct {
	Name      *string
	Limit     *models.Amount // -1 for none
	Reset     *string        // "", daily, weekly, monthly
	PerMinute *int64         // 0 for as many as it likes
	Disabled  *bool
}

// Change changes a key of one person; its text, its account and its end stay. A limit below what
// is spent already is taken: the key is then refused until its window starts again.
func (k *Keys) Change(ctx context.Context, row models.APIKey, c KeyChange) (models.APIKey, error) {
	now := k.now().UnixMicro()
	set(&row.Name, c.Name)
	set(&row.Limit, c.Limit)
	set(&row.LimitReset, c.Reset)
	set(&row.PerMinute, c.PerMinute)
	if c.Disabled != nil && *c.Disabled != (row.DisabledUs != 0) {
		if row.DisabledUs = 0; *c.Disabled {
			row.DisabledUs = now
		}
	}
	row.Name, row.UpdatedUs = strings.TrimSpace(row.Name), now
	if row.Limit < 0 {
		row.LimitReset = ""
	}
	in := CreateKey{Name: row.Name, Limit: row.Limit, Reset: row.LimitReset, PerMinute: row.PerMinute}
	if err := in.check(); err != nil {
		return row, err
	}
	if err := k.db.UpdateKey(ctx, row); err != nil {
		return row, err
	}
	k.drop(row.Hash)
	k.log.Info("key changed", "key", row.ID, "user", row.UserID)
	return row, nil
}

func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

// ByHash reads one key of a person by its hash. A revoked one, another's, and one that manages
// keys is NotFound: programs manage the keys that call models.
func (k *Keys) ByHash(ctx context.Context, userID, hash string) (models.APIKey, error) {
	row, err := k.db.KeyOfUserByHash(ctx, userID, hash)
	if err == nil && (row.RevokedUs != 0 || row.Management) {
		err = models.Errorf(models.NotFound, "There is no such key.")
	}
	k.addUse(&row)
	return row, err
}

// Callers lists the keys of a person that call models and are not revoked, newest first.
func (k *Keys) Callers(ctx context.Context, userID string) ([]models.APIKey, error) {
	all, err := k.List(ctx, userID)
	list := all[:0]
	for _, row := range all {
		if row.RevokedUs == 0 && !row.Management {
			list = append(list, row)
		}
	}
	return list, err
}
