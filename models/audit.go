package models

import (
	"context"
	"fmt"
	"time"
)

// Breach is one row on which an invariant of the ledger does not hold.
type Breach struct {
	Invariant string
	Row       string // what it is about
	Want      string
	Got       string
}

// auditRowsMax bounds how many offending rows of one invariant are told.
const auditRowsMax = 50

// audits are the invariants as queries that return the offending rows: what it is about, what
// should be, what is.
var audits = []struct{ name, query string }{
	{"every transaction sums to zero", `SELECT tx_id AS row, '0' AS want, CAST(SUM(amount_nano) AS TEXT) AS got
		FROM ledger_entry GROUP BY tx_id HAVING SUM(amount_nano) <> 0`},
	{"every transaction has at least two entries", `SELECT t.id AS row, '>= 2' AS want, CAST(COUNT(e.tx_id) AS TEXT) AS got
		FROM ledger_tx t LEFT JOIN ledger_entry e ON e.tx_id = t.id GROUP BY t.id HAVING COUNT(e.tx_id) < 2`},
	{"every entry belongs to a transaction", `SELECT e.tx_id AS row, 'a transaction' AS want, 'none' AS got
		FROM ledger_entry e WHERE NOT EXISTS (SELECT 1 FROM ledger_tx t WHERE t.id = e.tx_id)`},
	{"an account's balance is the sum of its entries", `SELECT a.id AS row, CAST(COALESCE(s.total, 0) AS TEXT) AS want, CAST(a.posted_nano AS TEXT) AS got
		FROM account a LEFT JOIN (SELECT REPLACE(REPLACE(account_id, '/sandbox', ''), '/promo', '') AS id, SUM(amount_nano) AS total FROM ledger_entry
		WHERE account_id LIKE 'acc-%' GROUP BY 1) s ON s.id = a.id WHERE a.posted_nano <> COALESCE(s.total, 0)`},
	{"an account's sandbox credit is the sum of its sandbox entries", `SELECT a.id AS row, CAST(COALESCE(s.total, 0) AS TEXT) AS want, CAST(a.sandbox_nano AS TEXT) AS got
		FROM account a LEFT JOIN (SELECT account_id, SUM(amount_nano) AS total FROM ledger_entry
		WHERE account_id LIKE 'acc-%/sandbox' GROUP BY 1) s ON s.account_id = a.id || '/sandbox' WHERE a.sandbox_nano <> COALESCE(s.total, 0)`},
	{"an account's promotional credit is the sum of its promotional entries", `SELECT a.id AS row, CAST(COALESCE(s.total, 0) AS TEXT) AS want, CAST(a.promo_nano AS TEXT) AS got
		FROM account a LEFT JOIN (SELECT account_id, SUM(amount_nano) AS total FROM ledger_entry
		WHERE account_id LIKE 'acc-%/promo' GROUP BY 1) s ON s.account_id = a.id || '/promo' WHERE a.promo_nano <> COALESCE(s.total, 0) OR a.promo_nano < 0`},
	{"held credit is the sum of open holds", `SELECT a.id AS row, CAST(COALESCE(s.total, 0) AS TEXT) AS want, CAST(a.held_nano AS TEXT) AS got
		FROM account a LEFT JOIN (SELECT account_id, SUM(hold_nano) AS total FROM generation WHERE state = 0 GROUP BY account_id) s
		ON s.account_id = a.id WHERE a.held_nano <> COALESCE(s.total, 0)`},
	{"held real credit is the sum of open holds that need it", `SELECT a.id AS row, CAST(COALESCE(s.total, 0) AS TEXT) AS want, CAST(a.held_real_nano AS TEXT) AS got
		FROM account a LEFT JOIN (SELECT account_id, SUM(hold_nano) AS total FROM generation WHERE state = 0 AND real_credit GROUP BY account_id) s
		ON s.account_id = a.id WHERE a.held_real_nano <> COALESCE(s.total, 0)`},
	{"a charged generation has one transaction of its cost and fee", `SELECT g.id AS row, CAST(g.cost_nano + g.fee_nano AS TEXT) AS want, COALESCE(CAST(s.total AS TEXT), 'none') AS got
		FROM generation g LEFT JOIN (SELECT tx_id, -SUM(amount_nano) AS total FROM ledger_entry WHERE account_id LIKE 'acc-%' GROUP BY tx_id) s
		ON s.tx_id = 'usage:' || g.id WHERE g.state IN (1, 3) AND g.cost_nano + g.fee_nano <> COALESCE(s.total, 0)`},
	{"a generation that is open or void has no charge", `SELECT g.id AS row, 'no transaction' AS want, t.id AS got
		FROM generation g JOIN ledger_tx t ON t.id = 'usage:' || g.id WHERE g.state IN (0, 2)`},
	{"what a key spent is the sum of its charges", `SELECT w.key_id AS row, CAST(COALESCE(s.total, 0) AS TEXT) AS want, CAST(w.spent_nano AS TEXT) AS got
		FROM key_window w LEFT JOIN (SELECT key_id, SUM(cost_nano + fee_nano) AS total FROM generation WHERE state IN (1, 3) GROUP BY key_id) s
		ON s.key_id = w.key_id WHERE w.kind = 'total' AND w.spent_nano <> COALESCE(s.total, 0)`},
	{"what a key holds is the sum of its open holds", `SELECT w.key_id AS row, CAST(COALESCE(s.total, 0) AS TEXT) AS want, CAST(w.held_nano AS TEXT) AS got
		FROM key_window w LEFT JOIN (SELECT key_id, SUM(hold_nano) AS total FROM generation WHERE state = 0 GROUP BY key_id) s
		ON s.key_id = w.key_id WHERE w.kind = 'total' AND w.held_nano <> COALESCE(s.total, 0)`},
	{"a paid top-up has one transaction of its amount", `SELECT u.id AS row, CAST(u.credit_nano AS TEXT) AS want, COALESCE(CAST(s.total AS TEXT), 'none') AS got
		FROM topup u LEFT JOIN (SELECT tx_id, SUM(amount_nano) AS total FROM ledger_entry WHERE account_id LIKE 'acc-%' GROUP BY tx_id) s
		ON s.tx_id = 'topup:' || u.id WHERE u.status = 'paid' AND u.credit_nano <> COALESCE(s.total, 0)`},
	{"what was credited was paid", `SELECT t.id AS row, 'a paid top-up' AS want, COALESCE(u.status, 'none') AS got
		FROM ledger_tx t LEFT JOIN topup u ON u.id = t.ref WHERE t.kind = 'topup' AND u.credited_us <> 0 AND u.status <> 'paid'`},
	{"no more is refunded than was charged", `SELECT u.id AS row, CAST(u.charge_cents + u.tax_cents AS TEXT) AS want, CAST(s.total AS TEXT) AS got
		FROM topup u JOIN (SELECT topup_id, SUM(amount_cents) AS total FROM refund WHERE status <> 'failed' GROUP BY topup_id) s
		ON s.topup_id = u.id WHERE s.total > u.charge_cents + u.tax_cents`},
	{"a refund has one transaction, and one more when it came back", `SELECT r.id AS row, CASE WHEN r.status = 'failed' THEN '0' ELSE CAST(-r.credit_nano AS TEXT) END AS want, COALESCE(CAST(s.total AS TEXT), 'none') AS got
		FROM refund r LEFT JOIN (SELECT t.ref, SUM(e.amount_nano) AS total FROM ledger_tx t JOIN ledger_entry e ON e.tx_id = t.id
		WHERE t.kind IN ('refund', 'refund-reversed') AND e.account_id LIKE 'acc-%' GROUP BY t.ref) s ON s.ref = r.id
		WHERE r.status IN ('succeeded', 'failed') AND COALESCE(s.total, 0) <> CASE WHEN r.status = 'failed' THEN 0 ELSE -r.credit_nano END`},
	{"an account counts its disputes", `SELECT a.id AS row, CAST(COALESCE(s.n, 0) AS TEXT) AS want, CAST(a.disputes AS TEXT) AS got
		FROM account a LEFT JOIN (SELECT account_id, COUNT(*) AS n FROM dispute WHERE status IN ('open', 'lost') AND released_us = 0 GROUP BY account_id) s
		ON s.account_id = a.id WHERE a.disputes <> COALESCE(s.n, 0)`},
}

// Audit checks the invariants of the ledger on every row, in one read transaction so that a
// server that goes on working cannot make it see half a change. Holds whose last beat is older
// than holdAgeMax are breaches too.
func (db *DB) Audit(ctx context.Context, holdAgeMax time.Duration) ([]Breach, error) {
	var out []Breach
	tx := db.reader.WithContext(ctx).Begin()
	if err := tx.Error; err != nil {
		return nil, fmt.Errorf("begin audit: %w", err)
	}
	defer tx.Rollback()
	if db.dialect == PostgreSQL {
		if err := tx.Exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").Error; err != nil {
			return nil, fmt.Errorf("begin audit: %w", err)
		}
	}
	for _, a := range audits {
		var rows []Breach
		if err := tx.Raw(a.query+" LIMIT ?", auditRowsMax).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("audit %q: %w", a.name, err)
		}
		for i := range rows {
			rows[i].Invariant = a.name
		}
		out = append(out, rows...)
	}
	var stale []string
	now, err := db.now(ctx)
	if err != nil {
		return nil, err
	}
	if err := tx.Table("generation").Where("state = 0 AND beat_us < ?", now-holdAgeMax.Microseconds()).Limit(auditRowsMax).Pluck("id", &stale).Error; err != nil {
		return nil, fmt.Errorf("audit old holds: %w", err)
	}
	for _, id := range stale {
		out = append(out, Breach{"no hold is open longer than " + holdAgeMax.String(), id, "resolved", "open"})
	}
	return out, nil
}

// LedgerSums adds up the entries of each account of the house (not of customers), by name.
func (db *DB) LedgerSums(ctx context.Context) (map[string]Amount, error) {
	type row struct {
		AccountID string
		Total     Amount
	}
	var rows []row
	err := db.r(ctx).Table("ledger_entry").Select("account_id, SUM(amount_nano) AS total").
		Where("account_id NOT LIKE 'acc-%'").Group("account_id").Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("sum the house's accounts: %w", err)
	}
	out := map[string]Amount{}
	for _, r := range rows {
		out[r.AccountID] = r.Total
	}
	return out, nil
}
