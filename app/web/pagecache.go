package web

import (
	"container/list"
	"sync"
)

// cacheBytesMax bounds what is kept of drawn pages: about 600 pages of the models list.
const cacheBytesMax = 8 << 20

// pageOverhead is about what the headers and addresses of one page take.
const pageOverhead = 4 << 10

// pageKey is everything that a public page depends on beside the version of what it shows.
type pageKey struct {
	path     string
	theme    string
	density  string
	encoding string
	keysOff  bool
	partial  bool
}

type cachedPage struct {
	key     pageKey
	version string
	body    []byte
	header  []headerLine // of the answer, when it was sent once
	aliases []readyKey
}

// headerLine is one header as net/http keeps it.
type headerLine struct {
	name   string
	values []string
}

// readyPage is an answer that only has to be sent. Nobody may change it.
type readyPage struct {
	header []headerLine
	etag   string
	body   []byte
	page   *list.Element
}

// pageCache keeps the public pages drawn last, ready to send. The zero value is ready to use.
type pageCache struct {
	mu    sync.Mutex
	byKey map[pageKey]*list.Element
	sent  map[readyKey]*readyPage // the addresses that led to the pages
	order list.List               // most recently used first
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
	p.byKey[key] = p.order.PushFront(&cachedPage{key: key, version: version, body: body})
	p.bytes += size(key, body)
	for p.bytes > cacheBytesMax {
		p.drop(p.order.Back())
	}
}

// ready returns the answer to an address when its page is kept in this version.
func (p *pageCache) ready(key readyKey, version string) *readyPage {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.sent[key]
	if r == nil {
		return nil
	}
	if r.page.Value.(*cachedPage).version != version {
		p.drop(r.page)
		return nil
	}
	if p.order.Front() != r.page {
		p.order.MoveToFront(r.page)
	}
	return r
}

// alias notes that an address is answered by a page that is kept, with these headers.
func (p *pageCache) alias(address readyKey, key pageKey, header []headerLine, etag string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.byKey[key]
	if e == nil || p.sent[address] != nil {
		return
	}
	page := e.Value.(*cachedPage)
	if len(page.aliases) >= aliasesMax {
		return
	}
	if p.sent == nil {
		p.sent = map[readyKey]*readyPage{}
	}
	page.aliases = append(page.aliases, address)
	if page.header == nil {
		page.header = header
	}
	p.sent[address] = &readyPage{page.header, etag, page.body, e}
}

func (p *pageCache) drop(e *list.Element) {
	page := p.order.Remove(e).(*cachedPage)
	delete(p.byKey, page.key)
	for _, address := range page.aliases {
		delete(p.sent, address)
	}
	p.bytes -= size(page.key, page.body)
}

// size counts the address as well, and what else is kept of it: a stranger may send a thousand long ones.
func size(key pageKey, body []byte) int { return len(key.path) + len(body) + pageOverhead }
