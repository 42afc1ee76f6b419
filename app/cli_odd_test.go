package app_test

import (
	"strings"
	"testing"
)

func TestLedgerOddCommand(t *testing.T) {
	t.Setenv("DATA_DIR", t.TempDir())
	t.Setenv("DATABASE_URL", "")
	if out, errs, code := run(t, "migrate"); code != 0 {
		t.Fatal(out, errs)
	}
	if out, errs, code := run(t, "ledger", "odd", "--days", "3"); code != 0 || !strings.Contains(out, "last 3 days") {
		t.Errorf("%d %s %s", code, out, errs)
	}
	for _, args := range [][]string{{"--days", "0"}, {"--days", "x"}, {"more"}} {
		if out, errs, code := run(t, append([]string{"ledger", "odd"}, args...)...); code != 2 || errs == "" {
			t.Errorf("%v: %d %s %s", args, code, out, errs)
		}
	}
}
