// Package conformance runs official clients, unmodified, against a house of its own.
package conformance

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/harness"
)

const clientTime = 3 * time.Minute

func TestClients(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatal("no Node.js on this machine: run .ci/setup")
	}
	if _, err := os.Stat("node_modules"); err != nil {
		t.Fatal("the clients are not installed: run .ci/setup")
	}
	h := harness.Start(t, nil)
	rich := h.Person("rich@example.com", 10*models.NanoPerUSD)
	poor := h.Person("poor@example.com", 0)
	scripts, err := filepath.Glob("*.test.js")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		t.Run(script, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), clientTime)
			defer cancel()
			cmd := exec.CommandContext(ctx, "node", "--test", "--test-reporter=spec", script)
			cmd.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "FORCE_COLOR=0",
				"BOURSE_URL="+h.URL+"/api/v1", "BOURSE_KEY="+rich.Key, "BOURSE_POOR_KEY="+poor.Key, "BOURSE_MANAGEMENT_KEY="+h.ManagementKey(rich))
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			} else {
				t.Logf("%s", out)
			}
		})
	}
}
