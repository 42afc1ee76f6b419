package pgtest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"bourse/test/pgtest"
)

func TestURL(t *testing.T) {
	t.Run("each caller has an empty database of its own", func(t *testing.T) {
		for range 2 {
			conn, err := pgx.Connect(t.Context(), pgtest.URL(t))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), `CREATE TABLE only_here (n BIGINT)`); err != nil {
				t.Error(err)
			}
			conn.Close(t.Context())
		}
	})
}
