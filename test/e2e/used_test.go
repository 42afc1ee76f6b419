package e2e

import (
	"testing"

	"bourse/test/harness"
)

// TestUsedStates opens the pages of a marketplace that has been used for twelve weeks.
func TestUsedStates(t *testing.T) {
	t.Parallel()
	h := harness.Start(t, nil)
	h.Used()
	states(t, openTab(t, h.URL), []page{
		{name: "rankings", path: "/rankings"},
		{name: "rankings-accounts-day", path: "/rankings?by=accounts&view=day"},
		{name: "rankings-free", path: "/rankings?traffic=free"},
		{name: "rankings-sandbox", path: "/rankings?traffic=sandbox&view=month"},
		{name: "models-used", path: "/models?order=top-weekly&per=20"},
		{name: "model-used", path: "/models/anthropic/claude-sonnet-4.5"},
	})
}
