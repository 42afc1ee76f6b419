package conformance

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bourse/app/auth"
	"bourse/models"
	"bourse/test/harness"
)

const commandTime = 30 * time.Second

var block = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```")

// TestWhatTheDocumentationSaysIsTrue runs every command and every program of the documentation that
// this machine can run, as somebody would who copies it.
func TestWhatTheDocumentationSaysIsTrue(t *testing.T) {
	for _, program := range []string{"curl", "node", "sh", "xargs"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("no %s on this machine: run .ci/setup", program)
		}
	}
	h := harness.Start(t, nil)
	reader := h.Person("reader@example.com", 10*models.NanoPerUSD)
	management, _, _, err := h.Keys.Create(t.Context(), auth.CreateKey{UserID: reader.User.ID, AccountID: reader.Account.ID,
		FormID: models.NewID("form"), Name: "management", Limit: -1, Management: true})
	if err != nil {
		t.Fatal(err)
	}
	spare, err := h.Keys.Verify(t.Context(), h.NewKey(reader, -1))
	if err != nil {
		t.Fatal(err)
	}
	key := []string{"BOURSE_API_KEY=" + reader.Key, "BOURSE_MANAGEMENT_KEY=" + management, "HASH=" + spare.KeyHash}
	tried := 0
	for _, m := range block.FindAllStringSubmatch(get(t, h.URL+"/llms-full.txt"), -1) {
		if m[1] != "sh" || !strings.HasPrefix(m[2], "curl") || strings.Contains(m[2], "…") {
			continue // the operator's commands, and what has to be filled in, are tried by hand
		}
		tried++
		out := run(t, key, "", "sh", "-c", m[2])
		if strings.TrimSpace(out) == "" || strings.Contains(out, `{"error"`) {
			t.Errorf("%s\nanswers\n%s", m[2], out)
		}
	}
	if tried < 10 {
		t.Errorf("only %d commands were found", tried)
	}
	for _, page := range []string{"openai-sdk", "anthropic-sdk", "gemini-sdk"} {
		var program []string
		for _, m := range block.FindAllStringSubmatch(get(t, h.URL+"/docs/"+page+".md"), -1) {
			if m[1] == "js" {
				program = append(program, m[2])
			}
		}
		folder := t.TempDir()
		clients, err := filepath.Abs("node_modules")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(clients, filepath.Join(folder, "node_modules")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "page.mjs"), []byte(strings.Join(program, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		if out := run(t, key, folder, "node", "page.mjs"); len(out) < 50 {
			t.Errorf("%s says %q", page, out)
		}
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 4<<20))
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", address, answer.StatusCode, err)
	}
	return string(body)
}

func run(t *testing.T, env []string, folder, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = folder
	cmd.Env = append(append(os.Environ(), "NO_PROXY=127.0.0.1"), env...)
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
