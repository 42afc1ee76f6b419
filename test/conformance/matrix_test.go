package conformance

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

const (
	// goClientTime is long because the official clients take minutes to compile the first time,
	// unless .ci/setup has done it.
	goClientTime = 11 * time.Minute
	tableModel   = "meta-llama/llama-3.3-70b-instruct"
)

// kases are the columns of the table.
var kases = []string{"plain", "stream", "tools", "error", "mid-stream error", "cancel"}

// rows are the clients and doors that the table must have, with the columns that make sense there.
var rows = []struct {
	client, door string
	kases        []string
}{
	{"openai", "chat/completions", kases}, {"openai", "responses", kases},
	{"openai", "completions", []string{"plain", "stream", "error", "mid-stream error", "cancel"}},
	{"openai", "embeddings", []string{"plain", "error"}},
	{"@openrouter/sdk", "chat/completions", kases}, {"@openrouter/sdk", "responses", kases},
	{"@openrouter/sdk", "embeddings", []string{"plain", "error"}},
	{"@anthropic-ai/sdk", "messages", kases}, {"@anthropic-ai/sdk", "messages/count_tokens", []string{"plain"}},
	{"openai-go", "chat/completions", kases}, {"openai-go", "responses", kases},
	{"openai-go", "embeddings", []string{"plain", "error"}},
	{"anthropic-sdk-go", "messages", kases}, {"anthropic-sdk-go", "messages/count_tokens", []string{"plain"}},
	{"@google/genai", "generateContent", kases}, {"@google/genai", "countTokens, models", []string{"plain"}},
	{"genai", "generateContent", kases}, {"genai", "countTokens, models", []string{"plain"}},
}

// obedient is an upstream that does what the prompt says, and counts the clients that left.
type obedient struct{ left atomic.Int64 }

func (o *obedient) behave(w http.ResponseWriter, r *http.Request, q fake.Request) {
	usage := fake.Usage{Prompt: 10, Completion: 5}
	switch {
	case bytes.Contains(q.Body, []byte("USE A TOOL")):
		fake.CallTool("get_weather", `{"city":"Paris"}`, usage)(w, r, q)
	case bytes.Contains(q.Body, []byte("BREAK OFF")):
		fake.HalfStream("This will never be said to its end.", 4)(w, r, q)
	case bytes.Contains(q.Body, []byte("NEVER STOP")):
		fake.Slow(strings.Repeat("on ", 3000), usage, 0, 10*time.Millisecond)(w, r, q)
		if r.Context().Err() != nil {
			o.left.Add(1)
		}
	default:
		fake.Answer("The market is open today.", usage)(w, r, q)
	}
}

// passed finds "ok 3 - client|door|case" and the same in Go's words.
var passed = regexp.MustCompile(`(?m)^\s*ok \d+ - (.+?)\|(.+?)\|(.+?)$|^\s*CELL (.+?)\|(.+?)\|(.+?)$`)

// TestTable runs official clients, unmodified, through every door in every case, and prints the
// table of what passed.
func TestTable(t *testing.T) {
	up, o := fake.New(t), &obedient{}
	up.Always(o.behave)
	h := harness.Start(t, map[string]string{"NOVITA_API_KEY": up.Key, "NOVITA_BASE_URL": up.URL})
	p := h.Person("table@example.com", 10*models.NanoPerUSD)
	env := append(os.Environ(), "NO_PROXY=127.0.0.1", "FORCE_COLOR=0", "BOURSE_URL="+h.URL+"/api/v1", "BOURSE_KEY="+p.Key, "BOURSE_MODEL="+tableModel)
	table := map[string][]string{} // client with version and door, to the cases that passed
	run := func(limit time.Duration, folder, name string, args ...string) {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir, cmd.Env = folder, env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s %v: %v\n%s", name, args, err, out)
		}
		for _, cell := range passed.FindAllStringSubmatch(string(out), -1) {
			client, door, kase := cell[1]+cell[4], cell[2]+cell[5], cell[3]+cell[6]
			table[client+"|"+door] = append(table[client+"|"+door], strings.TrimSpace(kase))
		}
	}
	scripts, err := filepath.Glob("matrix/*.test.js")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	run(clientTime, ".", "node", append([]string{"--test", "--test-reporter=tap"}, scripts...)...)
	run(goClientTime, "go", "go", "test", "-count=1", "-vet=off", "-v", ".")
	if o.left.Load() == 0 {
		t.Error("no provider noticed that a client had left")
	}
	t.Log("\n" + draw(t, table))
}

// draw writes the table and complains about every cell that is not in it.
func draw(t *testing.T, table map[string][]string) string {
	var out strings.Builder
	w := bufio.NewWriter(&out)
	fmt.Fprintf(w, "| client | door | %s |\n|---|---|%s\n", strings.Join(kases, " | "), strings.Repeat("---|", len(kases)))
	for _, row := range rows {
		name := ""
		for key := range table {
			client, door, _ := strings.Cut(key, "|")
			if who, _, _ := strings.Cut(client, " "); who == row.client && door == row.door {
				name = client
			}
		}
		fmt.Fprintf(w, "| %s | %s |", name, row.door)
		for _, kase := range kases {
			mark := "ok"
			switch {
			case !slices.Contains(row.kases, kase):
				mark = "–"
			case !slices.Contains(table[name+"|"+row.door], kase):
				mark = "FAILED"
				t.Errorf("%s %s: %s did not pass", row.client, row.door, kase)
			}
			fmt.Fprintf(w, " %s |", mark)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	return out.String()
}
