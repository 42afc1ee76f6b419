package faults

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"bourse/test/pgtest"
)

// TestVersions has a newer program migrate the database while an older one serves: that goes on, as
// migrations only add, and another older one refuses to start and says why.
func TestVersions(t *testing.T) {
	h := newHouse(t, quick(t), map[string]string{"DATABASE_URL": pgtest.URL(t), "HOLD_TIMEOUT_SECONDS": "4"})
	account, key := h.customer("100")
	h.start()
	l := begin(key, callers, h.url)
	l.until(t, 200)
	alter(t, h, "ALTER TABLE generation ADD COLUMN of_the_future TEXT NOT NULL DEFAULT ''")
	alter(t, h, "ALTER TABLE account ADD COLUMN of_the_future BIGINT NOT NULL DEFAULT 0")
	alter(t, h, "INSERT INTO schema_version (version, applied_at) VALUES (999999, now())")
	l.until(t, 200)
	if out, err := h.tool("serve"); err == nil || !strings.Contains(err.Error(), "start a newer program") {
		t.Errorf("an older program on a newer database: %v %s", err, out)
	}
	if out, err := h.tool("grant", "customer@example.com", "1", "--reason", "test"); err == nil || !strings.Contains(err.Error(), "start a newer program") {
		t.Errorf("an older command on a newer database: %v %s", err, out)
	}
	l.until(t, 200)
	l.end()
	h.kill()
	alter(t, h, "DELETE FROM schema_version WHERE version = 999999")
	h.settle("a newer program migrates the database", account, l)
}

func alter(t *testing.T, h *house, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), cliTime)
	defer cancel()
	conn, err := pgx.Connect(ctx, h.env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
