package catalog_test

import (
	"testing"

	"bourse/app/catalog"
)

func TestOrdersByUse(t *testing.T) {
	c, _ := imported(t, onlyOpenAI)
	before := c.Current()
	if before.Used {
		t.Error("something is told before anything was counted")
	}
	err := c.SetUse(t.Context(), map[string]catalog.Use{
		"openai/gpt-4o":               {Tokens: 500, Accounts: 7, Weeks: []int64{1, 500}},
		"anthropic/claude-sonnet-4.5": {Tokens: 900, Accounts: 6},
		"deepseek/deepseek-v3.2":      {Tokens: -1},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := c.Current()
	if !s.Used || s.Version == before.Version {
		t.Error("a page that was drawn before is still shown")
	}
	for query, want := range map[string][2]string{
		"order=top-weekly":         {"anthropic/claude-sonnet-4.5", "openai/gpt-4o"},
		"sort=most-popular":        {"openai/gpt-4o", "anthropic/claude-sonnet-4.5"},
		"order=weekly-low-to-high": {"openai/gpt-4o", "anthropic/claude-sonnet-4.5"},
	} {
		rows := s.Search(filter(t, query)).Rows
		if rows[0].ID != want[0] || rows[1].ID != want[1] {
			t.Errorf("%s: %s, %s", query, rows[0].ID, rows[1].ID)
		}
		if rows[2].Use.Tokens > 0 || rows[2].Use.Accounts > 0 {
			t.Errorf("%s: %+v is third", query, rows[2].Use)
		}
	}
}
