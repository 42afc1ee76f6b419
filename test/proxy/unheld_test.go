package proxy

import (
	"net/http"
	"strings"
	"testing"

	"bourse/billing"
	"bourse/models"
	"bourse/test/fake"
)

// TestNothingIsSentWithoutAHold spends an account's credit where this process does not see it, so
// that a hold for which nobody waits is refused while the upstream answers already: however the
// stream goes on, the client is told so, and gets nothing of it.
func TestNothingIsSentWithoutAHold(t *testing.T) {
	const word = "secret"
	text := strings.Repeat(word+" ", 40)
	for name, answers := range map[string]fake.Behaviour{
		"a stream that is over at once": fake.Answer(text, fake.Usage{Prompt: 10, Completion: 40}),
		"a stream without an end":       endless,
		"a stream that breaks":          fake.HalfStream(text, 3),
		"a stream of garbage":           fake.Raw(http.StatusOK, "text/event-stream", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""+word+"\"}}]}\n\ndata: {\n\n"),
	} {
		t.Run(name, func(t *testing.T) {
			m := open(t, nil)
			person := m.Person("spender@example.com", 10*models.NanoPerUSD)
			if a := m.Chat(person.Key, only(nil)); a.Status != http.StatusOK {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			elsewhere, err := billing.NewLedger(m.DB)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(elsewhere.Close)
			left := m.Available(person)
			if err := elsewhere.Post(t.Context(), billing.Posting{Kind: "test", Ref: models.NewID("t"), Entries: []models.LedgerEntry{
				{AccountID: person.Account.ID, Amount: -left}, {AccountID: "house:test", Amount: left}}}); err != nil {
				t.Fatal(err)
			}
			m.cheap.Always(answers)
			before := len(m.cheap.Seen())
			a := m.Chat(person.Key, only(map[string]any{"stream": true}))
			if a.Status != http.StatusPaymentRequired || strings.Contains(string(a.Body), word) || strings.Contains(string(a.Body), "word") {
				t.Errorf("%d %s", a.Status, a.Body)
			}
			if len(m.cheap.Seen()) == before {
				t.Error("the upstream was not asked, so this shows nothing")
			}
			if now := m.Available(person); now != 0 {
				t.Errorf("the balance is %s", now.USD())
			}
			m.Audit()
		})
	}
}
