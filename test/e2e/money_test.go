package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"bourse/models"
	"bourse/test/harness"
)

// mustUSD reads what people or programs are shown as an amount.
func mustUSD(t *testing.T, s string) models.Amount {
	t.Helper()
	clean := strings.NewReplacer("$", "", ",", "", " ", "", "\u00a0", "", "\u202f", "", "−", "-").Replace(strings.TrimSpace(s))
	amount, err := models.ParseUSD(clean)
	if err != nil {
		t.Fatalf("%q is no amount: %v", s, err)
	}
	return amount
}

type finalChunk struct {
	ID    string `json:"id"`
	Usage *struct {
		Cost json.Number `json:"cost"`
	} `json:"usage"`
}

// lastUsage is the chunk of a stream that says what it cost.
func lastUsage(t *testing.T, a harness.Answer) finalChunk {
	t.Helper()
	events := a.Events(t)
	if len(events) < 3 || events[len(events)-1] != "[DONE]" {
		t.Fatalf("the stream does not end as it should: %q", events)
	}
	var last finalChunk
	if err := json.Unmarshal([]byte(events[len(events)-2]), &last); err != nil || last.Usage == nil {
		t.Fatalf("no usage in the last chunk (%v): %s", err, events[len(events)-2])
	}
	return last
}
