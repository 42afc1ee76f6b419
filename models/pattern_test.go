package models_test

import (
	"testing"

	"bourse/models"
)

func TestMatchesAny(t *testing.T) {
	for name, want := range map[string]bool{"o3-pro": true, "gpt-5.4-pro": true, "gpt-5-codex-mini": true, "codex": true, "pro": false, "gpt-5": false, "o3-pro-x": false, "exact": true, "": false} {
		if got := models.MatchesAny([]string{"*-pro", "*codex*", "exact"}, name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
