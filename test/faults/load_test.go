package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourse/models"
)

const (
	model     = "meta-llama/llama-3.3-70b-instruct"
	loadCalls = 2_000_000 // of one load, at most
	callTime  = 60 * time.Second
)

// load is many callers at once. It remembers which answers came whole: those are what the house
// must have charged, whatever happened to it.
type load struct {
	key     string
	url     func() string
	client  *http.Client
	stopped atomic.Bool
	wg      sync.WaitGroup
	calls   atomic.Int64

	mu      sync.Mutex
	acked   []string
	refused map[int]int // by status
	broken  int         // no answer, or half of one
}

// customer makes somebody with credit and a key.
func (h *house) customer(usd string) (account, key string) {
	h.t.Helper()
	email := fmt.Sprintf("c%d@example.com", time.Now().UnixNano())
	h.must("user", "create", email)
	h.must("grant", email, usd, "--reason", "load")
	key = h.must("key", "create", email, "--name", "load")
	h.books(func(db *models.DB) {
		u, err := db.UserByEmail(context.Background(), email)
		if err != nil {
			h.t.Fatal(err)
		}
		a, err := db.AccountOfUser(context.Background(), u.ID)
		if err != nil {
			h.t.Fatal(err)
		}
		account = a.ID
	})
	return account, key
}

// begin lets callers run until end.
func begin(key string, callers int, urls ...string) *load {
	var turn atomic.Int64
	l := &load{key: key, refused: map[int]int{}, url: func() string { return urls[int(turn.Add(1))%len(urls)] },
		client: &http.Client{Timeout: callTime, Transport: &http.Transport{MaxIdleConnsPerHost: callers}}}
	for i := range callers {
		l.wg.Go(func() {
			for !l.stopped.Load() && l.calls.Add(1) < loadCalls {
				l.call(i%2 == 0)
			}
		})
	}
	return l
}

// end stops the callers and waits for their last answers.
func (l *load) end() {
	l.stopped.Store(true)
	l.wg.Wait()
	l.client.CloseIdleConnections()
}

// answered is how many whole answers came so far.
func (l *load) answered() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// until waits for so many more whole answers.
func (l *load) until(t *testing.T, more int) {
	t.Helper()
	want := l.answered() + more
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(startTime); l.answered() < want; <-tick.C {
		if time.Now().After(end) {
			l.mu.Lock()
			defer l.mu.Unlock()
			t.Fatalf("%d of %d answers after %s; refused %v, broken %d", len(l.acked), want, startTime, l.refused, l.broken)
		}
	}
}

func (l *load) call(stream bool) {
	body := fmt.Sprintf(`{"model":%q,"stream":%t,"max_tokens":50,"messages":[{"role":"user","content":"Say yes."}]}`, model, stream)
	req, err := http.NewRequest(http.MethodPost, l.url()+"/api/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		panic(err) // the address is ours
	}
	req.Header.Set("Authorization", "Bearer "+l.key)
	answer, err := l.client.Do(req)
	if err != nil {
		l.note("", 0)
		time.Sleep(time.Millisecond) // the house may be down: do not spin
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		io.Copy(io.Discard, answer.Body) // to use the connection again
		l.note("", answer.StatusCode)
		return
	}
	l.note(whole(answer, stream), 0)
}

// whole returns the generation's id when the answer came to its end, and "" otherwise.
func whole(answer *http.Response, stream bool) string {
	if !stream {
		var a struct {
			ID    string `json:"id"`
			Usage *struct {
				Cost float64 `json:"cost"`
			} `json:"usage"`
		}
		if json.NewDecoder(answer.Body).Decode(&a) != nil || a.Usage == nil {
			return ""
		}
		return a.ID
	}
	charged := false
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		line := lines.Text()
		charged = charged || strings.Contains(line, `"usage":{`)
		// Whoever sees the usage knows the answer is complete, even if the connection dies before
		// the last line.
		if charged {
			return answer.Header.Get("X-Generation-Id")
		}
	}
	return ""
}

func (l *load) note(id string, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case id != "":
		l.acked = append(l.acked, id)
	case status != 0:
		l.refused[status]++
	default:
		l.broken++
	}
}

// count is how many calls were refused with the status.
func (l *load) count(status int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused[status]
}

// snapshot is what had been answered until now, as a load that is over.
func (l *load) snapshot() *load {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &load{acked: append([]string(nil), l.acked...), refused: map[int]int{}, broken: l.broken}
}
