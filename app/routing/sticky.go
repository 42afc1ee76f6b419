package routing

import (
	"hash/maphash"
	"sync"
	"time"

	"bourse/app/catalog"
	"bourse/app/wire"
	"bourse/models"
)

const (
	stickyIdle = 10 * time.Minute // about as long as providers keep what they cached
	stickyMax  = 100_000          // conversations
)

// Sticky remembers which endpoint answered a conversation last, so that the next request finds
// the provider's cache warm. It is a wish and no promise: health goes first.
type Sticky struct {
	now  func() time.Time
	seed maphash.Seed

	mu  sync.Mutex
	all map[uint64]stuck
}

type stuck struct {
	tag   string
	until time.Time
}

// NewSticky remembers nothing yet.
func NewSticky(now func() time.Time) *Sticky {
	return &Sticky{now: now, seed: maphash.MakeSeed(), all: map[uint64]stuck{}}
}

// Conversation names a conversation of an account with a model; 0 is none.
func (s *Sticky) Conversation(account, model string, r *wire.ChatRequest) uint64 {
	name := r.SessionID
	if name == "" {
		name = r.CacheKey
	}
	if name == "" && r.Opening == 0 {
		return 0
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, part := range [...]string{account, model, name} {
		h.WriteString(part)
		h.WriteByte(0)
	}
	if name == "" {
		for shift := 0; shift < 64; shift += 8 {
			h.WriteByte(byte(r.Opening >> shift))
		}
	}
	return max(h.Sum64(), 1)
}

// Answered notes who answered a conversation. Without a session of the client's own it counts only
// where the provider has cached something and reads that more cheaply.
func (s *Sticky) Answered(conversation uint64, session bool, o *catalog.Offer, u models.Usage) {
	if conversation == 0 || !session && (u.CacheRead+u.CacheWrite+u.CacheWrite1h == 0 || !cheaperCached(o)) {
		return
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) >= stickyMax {
		for k, v := range s.all {
			if !now.Before(v.until) {
				delete(s.all, k)
			}
		}
		if len(s.all) >= stickyMax {
			clear(s.all) // all of them in use: their next answers bring them back
		}
	}
	s.all[conversation] = stuck{o.Tag, now.Add(stickyIdle)}
}

func cheaperCached(o *catalog.Offer) bool {
	cached, ok := o.Rate(models.UnitCacheRead)
	plain, _ := o.Rate(models.UnitInput)
	return ok && cached < plain
}

// tag is the endpoint that answered the conversation last, "" when none is remembered.
func (s *Sticky) tag(conversation uint64) string {
	if s == nil || conversation == 0 {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.all[conversation]; s.now().Before(v.until) {
		return v.tag
	}
	return ""
}
