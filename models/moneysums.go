package models

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// AccountState is an account's sums inside a transaction, locked until it ends.
type AccountState struct {
	ID       string
	Posted   Amount
	Sandbox  Amount
	Held     Amount
	HeldReal Amount
	Frozen   bool
	EntryUs  int64  // of its newest entry
	Promo    Amount // the part of Posted that was given with an end date
	Disputes int64
	Watch    Watch

	was rarely // as it was read
}

// rarely is what of an account a charge hardly ever changes.
type rarely struct {
	promo    Amount
	disputes int64
	watch    Watch
}

// Watch is what the ledger looks out for on an account.
type Watch struct {
	AutoBelow Amount // a top-up is ordered below it; -1 never
	AutoArmed bool
	AutoEpoch int64
	LowBelow  Amount // a letter is written below it; -1 never
	LowArmed  bool
	LowEpoch  int64
}

// Lock reads and locks the accounts and then the windows, making the windows that are missing.
// Accounts that do not exist are absent from the answer.
func (m *MoneyTx) Lock(ctx context.Context, ids []string, keys []WindowKey) (map[string]*AccountState, map[WindowKey]*WindowState, error) {
	accounts := make(map[string]*AccountState, len(ids))
	windows := make(map[WindowKey]*WindowState, len(keys))
	var asked []question
	if len(ids) > 0 {
		asked = append(asked, m.accountsQuestion(ids, accounts))
	}
	if len(keys) > 0 {
		asked = append(asked, m.windowsQuestion(keys, windows))
	}
	if err := m.read(ctx, asked...); err != nil {
		return nil, nil, fmt.Errorf("lock accounts and key windows: %w", err)
	}
	if len(windows) == len(keys) {
		return accounts, windows, nil
	}
	if err := m.makeWindows(ctx, keys, windows); err != nil {
		return nil, nil, err
	}
	if err := m.read(ctx, m.windowsQuestion(keys, windows)); err != nil {
		return nil, nil, fmt.Errorf("lock key windows: %w", err)
	}
	return accounts, windows, nil
}

func (m *MoneyTx) accountsQuestion(ids []string, into map[string]*AccountState) question {
	b := m.bulk("id:t")
	for _, id := range ids {
		b.add(id)
	}
	clock, lock := "0", ""
	if m.dialect == PostgreSQL {
		clock, lock = databaseClock, " FOR UPDATE OF a" // the time comes along without a way of its own
	}
	return question{b, `SELECT a.id, a.posted_nano, a.sandbox_nano, a.held_nano, a.held_real_nano, a.frozen, a.entry_us, a.promo_nano, a.disputes,
		a.auto_below_nano, a.auto_armed, a.auto_epoch, a.low_below_nano, a.low_armed, a.low_epoch, ` + clock + `
		FROM account AS a, {v} WHERE a.id = v.id ORDER BY a.id` + lock, func(r row) error {
		a := &AccountState{}
		w := &a.Watch
		err := r.Scan(&a.ID, &a.Posted, &a.Sandbox, &a.Held, &a.HeldReal, &a.Frozen, &a.EntryUs, &a.Promo, &a.Disputes,
			&w.AutoBelow, &w.AutoArmed, &w.AutoEpoch, &w.LowBelow, &w.LowArmed, &w.LowEpoch, &m.nowUs)
		a.was = rarely{a.Promo, a.Disputes, a.Watch}
		into[a.ID] = a
		return err
	}}
}

// SaveAccounts writes the sums back, and the rest where it changed.
func (m *MoneyTx) SaveAccounts(ctx context.Context, accounts []*AccountState) error {
	b := m.bulk("id:t posted:i sandbox:i held:i held_real:i entry:i")
	rest := m.bulk("id:t promo:i disputes:i auto_armed:b auto_epoch:i low_armed:b low_epoch:i")
	for _, a := range accounts {
		b.add(a.ID, int64(a.Posted), int64(a.Sandbox), int64(a.Held), int64(a.HeldReal), a.EntryUs)
		if w := a.Watch; a.was != (rarely{a.Promo, a.Disputes, w}) {
			rest.add(a.ID, int64(a.Promo), a.Disputes, w.AutoArmed, w.AutoEpoch, w.LowArmed, w.LowEpoch)
		}
	}
	err := b.exec(ctx, m, `UPDATE account SET posted_nano = v.posted, sandbox_nano = v.sandbox, held_nano = v.held,
		held_real_nano = v.held_real, entry_us = v.entry FROM {v} WHERE account.id = v.id`)
	if err == nil {
		err = rest.exec(ctx, m, `UPDATE account SET promo_nano = v.promo, disputes = v.disputes, auto_armed = v.auto_armed, auto_epoch = v.auto_epoch,
			low_armed = v.low_armed, low_epoch = v.low_epoch FROM {v} WHERE account.id = v.id`)
	}
	if err != nil {
		return fmt.Errorf("save accounts: %w", err)
	}
	return nil
}

// WindowKey names one spending window of one API key.
type WindowKey struct {
	KeyID string
	Kind  string // total, daily, weekly, monthly
	Start int64  // microseconds since 1970, UTC; 0 for total
}

// WindowState is what a key spent and holds in one window, locked until the transaction ends.
type WindowState struct {
	Key   WindowKey
	Spent Amount
	Held  Amount
}

// makeWindows inserts those that were not found.
func (m *MoneyTx) makeWindows(ctx context.Context, keys []WindowKey, found map[WindowKey]*WindowState) error {
	// In the one order, because an insert waits for another replica's insert of the same row.
	slices.SortFunc(keys, func(x, y WindowKey) int {
		return cmp.Or(cmp.Compare(x.KeyID, y.KeyID), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Start, y.Start))
	})
	b := m.bulk("key_id:t kind:t start_us:i")
	for _, k := range keys {
		if found[k] == nil {
			b.add(k.KeyID, k.Kind, k.Start)
		}
	}
	if err := b.insert(ctx, m, "key_window", "ON CONFLICT DO NOTHING"); err != nil {
		return fmt.Errorf("make key windows: %w", err)
	}
	return nil
}

func (m *MoneyTx) windowsQuestion(keys []WindowKey, into map[WindowKey]*WindowState) question {
	b := m.bulk("key_id:t kind:t start_us:i")
	for _, k := range keys {
		b.add(k.KeyID, k.Kind, k.Start)
	}
	lock := ""
	if m.dialect == PostgreSQL {
		lock = " ORDER BY 1, 2, 3 FOR UPDATE OF w"
	}
	return question{b, `SELECT w.key_id, w.kind, w.start_us, w.spent_nano, w.held_nano FROM key_window AS w, {v}
		WHERE w.key_id = v.key_id AND w.kind = v.kind AND w.start_us = v.start_us` + lock, func(r row) error {
		w := &WindowState{}
		err := r.Scan(&w.Key.KeyID, &w.Key.Kind, &w.Key.Start, &w.Spent, &w.Held)
		into[w.Key] = w
		return err
	}}
}

// SaveWindows writes the windows back.
func (m *MoneyTx) SaveWindows(ctx context.Context, windows []*WindowState) error {
	b := m.bulk("key_id:t kind:t start_us:i spent:i held:i")
	for _, w := range windows {
		b.add(w.Key.KeyID, w.Key.Kind, w.Key.Start, int64(w.Spent), int64(w.Held))
	}
	err := b.exec(ctx, m, `UPDATE key_window SET spent_nano = v.spent, held_nano = v.held FROM {v}
		WHERE key_window.key_id = v.key_id AND key_window.kind = v.kind AND key_window.start_us = v.start_us`)
	if err != nil {
		return fmt.Errorf("save key windows: %w", err)
	}
	return nil
}
