package models

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresTx is a transaction of the ledger on PostgreSQL, where each way to the database and back
// is time during which others wait for the rows that it has locked. So statements wait until an
// answer is needed, or the commit is due, and then go together.
type postgresTx struct {
	conn  *pgx.Conn
	batch *pgx.Batch
	scans []func(row) error // of the statements in the batch, nil for those that answer with no rows
}

// rollbackTime bounds the wait for the end of a transaction that failed.
const rollbackTime = 5 * time.Second

func (s *MoneyStore) runPostgres(ctx context.Context, fn func(ctx context.Context, m *MoneyTx) error) error {
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // gives it back to the pool, which drops one that is broken
	return conn.Raw(func(driver any) error {
		p := &postgresTx{conn: driver.(*stdlib.Conn).Conn(), batch: &pgx.Batch{}}
		p.later("begin")
		err := fn(ctx, &MoneyTx{store: s, pg: p, dialect: PostgreSQL})
		if err == nil {
			p.later("commit")
			err = p.send(ctx)
		}
		if err != nil {
			p.rollback()
		}
		return err
	})
}

// later has a statement go with the next ones.
func (p *postgresTx) later(query string, args ...any) {
	p.batch.Queue(query, args...)
	p.scans = append(p.scans, nil)
}

// ask has a statement go with the next ones, and its rows be read then.
func (p *postgresTx) ask(scan func(row) error, query string, args ...any) {
	p.batch.Queue(query, args...)
	p.scans = append(p.scans, scan)
}

// send sends what waits and reads all the answers. After the first statement that fails the database
// does none of the others.
func (p *postgresTx) send(ctx context.Context) error {
	batch, scans := p.batch, p.scans
	p.batch, p.scans = &pgx.Batch{}, nil
	results := p.conn.SendBatch(ctx, batch)
	for _, scan := range scans {
		if err := receive(results, scan); err != nil {
			results.Close() // the first error is the one worth telling
			return err
		}
	}
	return results.Close()
}

func receive(results pgx.BatchResults, scan func(row) error) error {
	if scan == nil {
		tag, err := results.Exec()
		if err == nil && tag.String() == "ROLLBACK" {
			err = pgx.ErrTxCommitRollback
		}
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("read an answer: %w", err)
		}
	}
	return rows.Err()
}

// rollback ends what was begun. A connection on which that fails is of no use any more.
func (p *postgresTx) rollback() {
	if p.conn.IsClosed() || p.conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTime)
	defer cancel()
	if _, err := p.conn.Exec(ctx, "rollback"); err != nil {
		p.conn.Close(ctx)
	}
}
