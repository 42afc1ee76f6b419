package models

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// MoneyStore runs the ledger's transactions on the writer. What they mean is billing's business;
// here is only their SQL. It belongs to one goroutine.
type MoneyStore struct {
	db   *DB
	pool *sql.DB
	// stmts are the statements by their text, compiled once on SQLite's one writing connection;
	// pgx keeps its own for each connection. There are as many as this package writes.
	stmts map[string]*sql.Stmt
	fresh []string          // met without being compiled: compiled after the transaction
	ones  map[string]oneRow // the statements for one row, by the text that they were made of
	specs map[string][]bulkColumn
}

// Money opens the ledger's store on this database.
func (db *DB) Money() (*MoneyStore, error) {
	pool, err := db.writerPool()
	if err != nil {
		return nil, err
	}
	return &MoneyStore{db: db, pool: pool, stmts: map[string]*sql.Stmt{}, ones: map[string]oneRow{}, specs: map[string][]bulkColumn{}}, nil
}

// Close releases the statements.
func (s *MoneyStore) Close() {
	for _, stmt := range s.stmts {
		stmt.Close()
	}
	clear(s.stmts)
}

// compile prepares what was met for the first time. A failure costs time only.
func (s *MoneyStore) compile(ctx context.Context) {
	for _, query := range s.fresh {
		if stmt, err := s.pool.PrepareContext(ctx, query); err == nil {
			s.stmts[query] = stmt
		}
	}
	s.fresh = s.fresh[:0]
}

// oneRow is the statement for one row, made once.
func (s *MoneyStore) oneRow(query string, b *bulk) oneRow {
	one, ok := s.ones[query]
	if !ok {
		one = b.oneRow(query)
		s.ones[query] = one
	}
	return one
}

// MoneyTx is one transaction of the ledger. Rows are locked in one order, accounts by id and then
// key windows, so that two replicas can never wait for each other in a circle.
type MoneyTx struct {
	store   *MoneyStore
	tx      *sql.Tx
	dialect string
	nowUs   int64 // by the clock of holds; 0 while nobody asked
}

// Run executes fn in one transaction and commits it. When the error is Retryable the commit may
// have happened all the same: a repeat must look for its own rows first.
func (s *MoneyStore) Run(ctx context.Context, fn func(ctx context.Context, m *MoneyTx) error) error {
	if s.db.dialect != PostgreSQL {
		// A statement on the file beside us cannot hang on a network, and the driver would start a
		// goroutine for each to watch over a context that can end.
		ctx = context.WithoutCancel(ctx)
	}
	tx, err := s.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(ctx, &MoneyTx{store: s, tx: tx, dialect: s.db.dialect}); err != nil {
		tx.Rollback() // the first error is the one worth telling
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	if len(s.fresh) > 0 {
		s.compile(ctx)
	}
	return nil
}

// bulk is newBulk that reads each description once.
func (m *MoneyTx) bulk(spec string) *bulk {
	columns, ok := m.store.specs[spec]
	if !ok {
		columns = newBulk(spec).columns
		m.store.specs[spec] = columns
	}
	return &bulk{columns: slices.Clone(columns)}
}

// run executes a statement, compiled or from its text.
func (m *MoneyTx) run(ctx context.Context, query string) func(args ...any) (sql.Result, error) {
	if stmt := m.stmt(ctx, query); stmt != nil {
		return func(args ...any) (sql.Result, error) { return stmt.ExecContext(ctx, args...) }
	}
	return func(args ...any) (sql.Result, error) { return m.tx.ExecContext(ctx, query, args...) }
}

// ask runs a statement that answers with rows, compiled or from its text.
func (m *MoneyTx) ask(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := m.stmt(ctx, query); stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	return m.tx.QueryContext(ctx, query, args...)
}

// stmt is the compiled statement, nil when it runs from its text.
func (m *MoneyTx) stmt(ctx context.Context, query string) *sql.Stmt {
	if m.dialect == PostgreSQL {
		return nil
	}
	if stmt := m.store.stmts[query]; stmt != nil {
		return m.tx.StmtContext(ctx, stmt)
	}
	m.store.fresh = append(m.store.fresh, query)
	return nil
}

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

// LockAccounts reads and locks the accounts; ids that do not exist are absent from the answer.
func (m *MoneyTx) LockAccounts(ctx context.Context, ids []string) (map[string]*AccountState, error) {
	b := m.bulk("id:t")
	for _, id := range ids {
		b.add(id)
	}
	clock, lock := "0", ""
	if m.dialect == PostgreSQL {
		clock, lock = databaseClock, " FOR UPDATE OF a" // the time comes along without a way of its own
	}
	out := make(map[string]*AccountState, len(ids))
	err := b.read(ctx, m, `SELECT a.id, a.posted_nano, a.sandbox_nano, a.held_nano, a.held_real_nano, a.frozen, a.entry_us, a.promo_nano, a.disputes,
		a.auto_below_nano, a.auto_armed, a.auto_epoch, a.low_below_nano, a.low_armed, a.low_epoch, `+clock+`
		FROM account AS a, {v} WHERE a.id = v.id ORDER BY a.id`+lock, func(rows *sql.Rows) error {
		a := &AccountState{}
		w := &a.Watch
		err := rows.Scan(&a.ID, &a.Posted, &a.Sandbox, &a.Held, &a.HeldReal, &a.Frozen, &a.EntryUs, &a.Promo, &a.Disputes,
			&w.AutoBelow, &w.AutoArmed, &w.AutoEpoch, &w.LowBelow, &w.LowArmed, &w.LowEpoch, &m.nowUs)
		a.was = rarely{a.Promo, a.Disputes, a.Watch}
		out[a.ID] = a
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lock accounts: %w", err)
	}
	return out, nil
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

// LockWindows reads and locks the windows, making those that are missing.
func (m *MoneyTx) LockWindows(ctx context.Context, keys []WindowKey) (map[WindowKey]*WindowState, error) {
	out, err := m.lockWindows(ctx, keys)
	if err != nil || len(out) == len(keys) {
		return out, err
	}
	// In the one order, because an insert waits for another replica's insert of the same row.
	slices.SortFunc(keys, func(x, y WindowKey) int {
		return cmp.Or(cmp.Compare(x.KeyID, y.KeyID), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Start, y.Start))
	})
	b := m.bulk("key_id:t kind:t start_us:i")
	for _, k := range keys {
		if out[k] == nil {
			b.add(k.KeyID, k.Kind, k.Start)
		}
	}
	err = b.insert(ctx, m, "key_window", "ON CONFLICT DO NOTHING")
	if err != nil {
		return nil, fmt.Errorf("make key windows: %w", err)
	}
	return m.lockWindows(ctx, keys)
}

func (m *MoneyTx) lockWindows(ctx context.Context, keys []WindowKey) (map[WindowKey]*WindowState, error) {
	b := m.bulk("key_id:t kind:t start_us:i")
	for _, k := range keys {
		b.add(k.KeyID, k.Kind, k.Start)
	}
	lock := ""
	if m.dialect == PostgreSQL {
		lock = " ORDER BY 1, 2, 3 FOR UPDATE OF w"
	}
	out := make(map[WindowKey]*WindowState, len(keys))
	err := b.read(ctx, m, `SELECT w.key_id, w.kind, w.start_us, w.spent_nano, w.held_nano FROM key_window AS w, {v}
		WHERE w.key_id = v.key_id AND w.kind = v.kind AND w.start_us = v.start_us`+lock, func(rows *sql.Rows) error {
		w := &WindowState{}
		err := rows.Scan(&w.Key.KeyID, &w.Key.Kind, &w.Key.Start, &w.Spent, &w.Held)
		out[w.Key] = w
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lock key windows: %w", err)
	}
	return out, nil
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

// LedgerTx is one balanced set of entries; its ID decides that it happens once.
type LedgerTx struct {
	ID        string // kind:ref
	Kind      string
	Ref       string
	Hash      string // of the entries: the same ID with other entries is an error, not a repeat
	Note      string
	Actor     string
	CreatedUs int64
	Entries   []LedgerEntry
}

// LedgerEntry is one signed movement of one account. Balance is the account's sum after it, kept
// for customers' accounts only.
type LedgerEntry struct {
	AccountID string
	Amount    Amount
	Balance   Amount
}

// PostedHashes returns the hashes of those transactions that exist already, by id.
func (m *MoneyTx) PostedHashes(ctx context.Context, ids []string) (map[string]string, error) {
	b := m.bulk("id:t")
	for _, id := range ids {
		b.add(id)
	}
	out := map[string]string{}
	err := b.read(ctx, m, "SELECT t.id, t.hash FROM ledger_tx AS t, {v} WHERE t.id = v.id", func(rows *sql.Rows) error {
		var id, hash string
		err := rows.Scan(&id, &hash)
		out[id] = hash
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for transactions: %w", err)
	}
	return out, nil
}

// InsertTxs appends the transactions with their entries.
func (m *MoneyTx) InsertTxs(ctx context.Context, txs []*LedgerTx) error {
	head := m.bulk("id:t kind:t ref:t hash:t note:t actor:t created_us:i")
	lines := m.bulk("tx_id:t seq:i account_id:t amount_nano:i balance_nano:i created_us:i")
	for _, t := range txs {
		head.add(t.ID, t.Kind, t.Ref, t.Hash, t.Note, t.Actor, t.CreatedUs)
		for i, e := range t.Entries {
			lines.add(t.ID, int64(i), e.AccountID, int64(e.Amount), int64(e.Balance), t.CreatedUs)
		}
	}
	if err := head.insert(ctx, m, "ledger_tx", ""); err != nil {
		return fmt.Errorf("append transactions: %w", err)
	}
	if err := lines.insert(ctx, m, "ledger_entry", ""); err != nil {
		return fmt.Errorf("append entries: %w", err)
	}
	return nil
}
