package models

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// MoneyStore runs the ledger's transactions on the writer. What they mean is billing's business;
// here is only their SQL. It belongs to one goroutine.
type MoneyStore struct {
	db    *DB
	pool  *sql.DB
	lite  sqliteStatements  // pgx keeps its own for each connection
	ones  map[string]oneRow // the statements for one row, by the text that they were made of
	specs map[string][]bulkColumn
}

// Money opens the ledger's store on this database.
func (db *DB) Money() (*MoneyStore, error) {
	pool, err := db.writerPool()
	if err != nil {
		return nil, err
	}
	return &MoneyStore{db: db, pool: pool, ones: map[string]oneRow{}, specs: map[string][]bulkColumn{}}, nil
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
	lite    *sqliteTx   // on SQLite
	pg      *postgresTx // on PostgreSQL
	dialect string
	nowUs   int64 // by the clock of holds; 0 while nobody asked
}

// Run executes fn in one transaction and commits it. When the error is Retryable the commit may
// have happened all the same: a repeat must look for its own rows first.
func (s *MoneyStore) Run(ctx context.Context, fn func(ctx context.Context, m *MoneyTx) error) error {
	if s.db.dialect == PostgreSQL {
		return s.runPostgres(ctx, fn)
	}
	return s.runSQLite(ctx, fn)
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
	err := b.read(ctx, m, "SELECT t.id, t.hash FROM ledger_tx AS t, {v} WHERE t.id = v.id", func(r row) error {
		var id, hash string
		err := r.Scan(&id, &hash)
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
