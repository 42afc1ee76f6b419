package models_test

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"bourse/models"
)

func TestIDs(t *testing.T) {
	shape := regexp.MustCompile(`^gen-(\d+)-[0-9A-Za-z]{20}$`)
	const each, makers = 5000, 8
	var mu sync.Mutex
	seen := make(map[string]bool, each*makers)
	var wg sync.WaitGroup
	for range makers {
		wg.Go(func() {
			list := make([]string, 0, each)
			for range each {
				list = append(list, models.NewID("gen"))
			}
			mu.Lock()
			defer mu.Unlock()
			for _, id := range list {
				if seen[id] {
					t.Errorf("%s was minted twice", id)
				}
				seen[id] = true
			}
		})
	}
	wg.Wait()
	for id := range seen {
		parts := shape.FindStringSubmatch(id)
		if parts == nil {
			t.Fatalf("%s has another shape", id)
		}
		second, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil || time.Since(time.Unix(second, 0)) > time.Minute {
			t.Fatalf("%s does not say when it was minted", id)
		}
	}
}

// TestRandomCharactersAreEven counts characters: none is more than a little likelier than another.
func TestRandomCharactersAreEven(t *testing.T) {
	const n = 620_000
	text := string(models.AppendRandom([]byte("x"), n))
	if len(text) != n+1 || text[0] != 'x' {
		t.Fatalf("%d characters", len(text))
	}
	for _, c := range "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" {
		// 10000 are expected with a deviation of 100.
		if got := strings.Count(text[1:], string(c)); got < 9300 || got > 10700 {
			t.Errorf("%c came %d times of %d", c, got, n)
		}
	}
}
