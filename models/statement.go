package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Statement is a span of an account's ledger: what there was, what moved, what there is.
type Statement struct {
	From, To time.Time // To is not part of it
	Opening  Amount
	Closing  Amount
	Count    int64
	In, Out  Amount // sums of what came in and what went out; Out is not positive
}

func (db *DB) entriesOf(ctx context.Context, accountID string) *gorm.DB {
	return db.r(ctx).Table("ledger_entry AS e").Where("e.account_id LIKE 'acc-%' AND e.account_id IN ?", sides(accountID)) // as the index has it
}

// Statement sums up an account's ledger from one moment up to another.
func (db *DB) Statement(ctx context.Context, accountID string, from, to time.Time) (Statement, error) {
	s := Statement{From: from, To: to}
	var err error
	if s.Opening, err = db.balanceBefore(ctx, accountID, from); err != nil {
		return s, err
	}
	var sums struct {
		Count int64
		Came  Amount
		Went  Amount
	}
	err = db.entriesOf(ctx, accountID).Where("e.created_us >= ? AND e.created_us < ?", from.UnixMicro(), to.UnixMicro()).
		Select(`COUNT(*) AS count, COALESCE(SUM(CASE WHEN e.amount_nano > 0 THEN e.amount_nano ELSE 0 END), 0) AS came,
			COALESCE(SUM(CASE WHEN e.amount_nano < 0 THEN e.amount_nano ELSE 0 END), 0) AS went`).Scan(&sums).Error
	if err != nil {
		return s, fmt.Errorf("sum a statement: %w", err)
	}
	s.Count, s.In, s.Out = sums.Count, sums.Came, sums.Went
	s.Closing = s.Opening + s.In + s.Out
	return s, nil
}

// balanceBefore is what the account had before a moment: the balance after its last entry by then.
func (db *DB) balanceBefore(ctx context.Context, accountID string, at time.Time) (Amount, error) {
	var last []Amount
	err := db.entriesOf(ctx, accountID).Where("e.created_us < ?", at.UnixMicro()).
		Order("e.created_us DESC, e.seq DESC").Limit(1).Pluck("e.balance_nano", &last).Error
	if err != nil {
		return 0, fmt.Errorf("read an opening balance: %w", err)
	}
	if len(last) == 0 {
		return 0, nil
	}
	return last[0], nil
}

// EachEntry calls fn for every movement of the span, oldest first, in constant memory. An error
// of fn ends it and is returned.
func (db *DB) EachEntry(ctx context.Context, accountID string, from, to time.Time, fn func(EntryLine) error) error {
	rows, err := db.entriesOf(ctx, accountID).Joins("JOIN ledger_tx AS t ON t.id = e.tx_id").
		Select("t.id, t.kind, t.ref, t.note, e.amount_nano, e.balance_nano, e.created_us").
		Where("e.created_us >= ? AND e.created_us < ?", from.UnixMicro(), to.UnixMicro()).
		Order("e.created_us, e.seq").Rows()
	if err != nil {
		return fmt.Errorf("list a statement: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e EntryLine
		if err := rows.Scan(&e.TxID, &e.Kind, &e.Ref, &e.Note, &e.Amount, &e.Balance, &e.CreatedUs); err != nil {
			return fmt.Errorf("read a statement: %w", err)
		}
		if err := fn(e); err != nil {
			return err
		}
	}
	return rows.Err()
}
