package demo

import (
	"hash/maphash"
	"sync"
)

const (
	cacheBlockTokens = 64
	cacheTokensMin   = 256 // shorter prefixes are never reported as cached
	cacheBlocksMax   = 8_192
)

// prefixCache remembers beginnings of prompts by their hash, the oldest forgotten first, so that a
// long prompt that comes again is counted as read from the cache.
type prefixCache struct {
	seed maphash.Seed

	mu    sync.Mutex
	known map[uint64]bool
	order []uint64 // a ring once it is full
	next  int
}

func newPrefixCache() *prefixCache {
	return &prefixCache{seed: maphash.MakeSeed(), known: make(map[uint64]bool)}
}

// read tells how many tokens at the beginning of the prompt were seen before, and remembers the
// prompt. The owner keeps the prompts of different people apart.
func (c *prefixCache) read(owner string, tokens []string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	var hash maphash.Hash
	hash.SetSeed(c.seed)
	hash.WriteString(owner)
	cached, unbroken := 0, true
	for i, token := range tokens {
		hash.WriteByte(0)
		hash.WriteString(token)
		if (i+1)%cacheBlockTokens != 0 {
			continue
		}
		sum := hash.Sum64()
		if unbroken = unbroken && c.known[sum]; unbroken {
			cached = i + 1
		}
		c.remember(sum)
	}
	// The last token is always computed: the answer begins with it.
	if cached == len(tokens) {
		cached -= cacheBlockTokens
	}
	if cached < cacheTokensMin {
		return 0
	}
	return cached
}

func (c *prefixCache) remember(sum uint64) {
	if c.known[sum] {
		return
	}
	c.known[sum] = true
	if len(c.order) < cacheBlocksMax {
		c.order = append(c.order, sum)
		return
	}
	delete(c.known, c.order[c.next])
	c.order[c.next] = sum
	c.next = (c.next + 1) % cacheBlocksMax
}
