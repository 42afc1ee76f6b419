package web

import (
	"container/list"
	"sync"
)

// cacheBytesMax bounds what is kept of drawn pages: about 600 pages of the models list.
const cacheBytesMax = 8 << 20

// pageKey is everything that a public page depends on beside the version of what it shows.
type pageKey struct {
	path     string
	theme    string
	encoding string
	keysOff  bool
	partial  bool
}

type cachedPage struct {
	key     pageKey
	version string
	body    []byte
}

// pageCache keeps the public pages drawn last, ready to send. The zero value is ready to use.
type pageCache struct {
	mu    sync.Mutex
	byKey map[pageKey]*list.Element
	order list.List // most recently used first
	bytes int
}

// get returns a kept body of this version, nil when there is none.
func (p *pageCache) get(key pageKey, version string) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.byKey[key]
	if e == nil {
		return nil
	}
	page := e.Value.(*cachedPage)
	if page.version != version {
		p.drop(e)
		return nil
	}
	p.order.MoveToFront(e)
	return page.body
}

// put keeps a body, forgetting those not asked for the longest. The body must not change any more.
func (p *pageCache) put(key pageKey, version string, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byKey == nil {
		p.byKey = map[pageKey]*list.Element{}
	}
	if e := p.byKey[key]; e != nil {
		p.drop(e)
	}
	p.byKey[key] = p.order.PushFront(&cachedPage{key, version, body})
	p.bytes += size(key, body)
	for p.bytes > cacheBytesMax {
		p.drop(p.order.Back())
	}
}

func (p *pageCache) drop(e *list.Element) {
	page := p.order.Remove(e).(*cachedPage)
	delete(p.byKey, page.key)
	p.bytes -= size(page.key, page.body)
}

// size counts an address as well: a stranger may send a thousand long ones.
func size(key pageKey, body []byte) int { return len(key.path) + len(body) + 256 }
