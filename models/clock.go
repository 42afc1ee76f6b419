package models

import (
	"context"
	"fmt"
	"time"
)

// databaseClock is PostgreSQL's own time in microseconds. Signs of life of several replicas are
// written and judged by this one clock: a replica whose own runs an hour ahead would otherwise take
// the others for dead.
const databaseClock = "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint"

// now is the time in microseconds by which holds live: the database's, where several processes
// share one. On SQLite there is one process, which knows its own holds by name.
func (db *DB) now(ctx context.Context) (int64, error) {
	if db.dialect != PostgreSQL {
		return time.Now().UnixMicro(), nil
	}
	var us int64
	if err := db.r(ctx).Raw("SELECT " + databaseClock).Scan(&us).Error; err != nil {
		return 0, fmt.Errorf("read the database's clock: %w", err)
	}
	return us, nil
}

// now is the same inside a transaction of the ledger, read once.
func (m *MoneyTx) now(ctx context.Context) (int64, error) {
	if m.nowUs == 0 && m.dialect != PostgreSQL {
		m.nowUs = time.Now().UnixMicro()
	}
	if m.nowUs == 0 {
		m.pg.ask(func(r row) error { return r.Scan(&m.nowUs) }, "SELECT "+databaseClock)
		if err := m.pg.send(ctx); err != nil {
			return 0, fmt.Errorf("read the database's clock: %w", err)
		}
	}
	return m.nowUs, nil
}
