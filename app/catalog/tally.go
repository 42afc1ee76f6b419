package catalog

// lanes counts up to eight options at once: a set of them is added as one number that has a byte for
// each, and the bytes are carried over before they are full.
type lanes struct {
	sum   uint64
	total [8]int
}

// lanesMost is how often may be added before the bytes have to be carried over.
const lanesMost = 255

// spread puts each bit of a byte into a byte of its own, the lowest into the lowest.
func spread(b uint8) uint64 {
	const ones, diagonal, sevens = 0x0101010101010101, 0x8040201008040201, 0x7f7f7f7f7f7f7f7f
	return (uint64(b)*ones&diagonal + sevens) >> 7 & ones
}

func (l *lanes) add(set uint8) { l.sum += spread(set) }

func (l *lanes) carry() {
	for i := range l.total {
		l.total[i] += int(l.sum >> (8 * i) & 0xff)
	}
	l.sum = 0
}

// tally counts the options of every facet while a search passes over the catalogue once.
type tally struct {
	plan      *plan
	types     []int
	authors   []int
	providers []int
	stamp     []int32 // per provider: the entry last counted for it
	prices    lanes
	contexts  lanes
	regions   lanes
	inputs    lanes
	outputs   lanes
	features  lanes
	policy    lanes
	flags     lanes
	added     int // since the last carry
}

func newTally(p *plan) *tally {
	s := p.snapshot
	t := &tally{
		plan: p, types: make([]int, len(Types)), authors: make([]int, len(s.Authors)),
		providers: make([]int, len(s.Providers)), stamp: make([]int32, len(s.Providers)),
	}
	for i := range t.stamp {
		t.stamp[i] = none
	}
	return t
}

// visit counts one model that at most one group refuses, and gives the offer to show when none does.
func (t *tally) visit(i int32, entryFails int) int32 {
	p := t.plan
	e := &p.entries[i]
	if t.added++; t.added > lanesMost {
		t.settle()
		t.added = 1
	}
	if p.ofOffers {
		return t.visitOffers(i, e, entryFails)
	}
	switch entryFails {
	case 0:
		t.pass(e, &e.any, e.any.bucket[min(p.Mix, MixWrite)])
		if p.Mix == MixCustom {
			t.prices.sum -= spread(e.any.bucket[MixWrite]) // it was another mix's
			t.prices.add(t.customBuckets(e))
		}
		for _, provider := range p.sellers[e.from:e.to] {
			if provider == nobody {
				break
			}
			t.providers[provider]++
		}
		return p.bestOf(e)
	case failType:
		if e.kind >= 0 {
			t.types[e.kind]++
		}
	case failAuthor:
		t.authors[e.author]++
	}
	return none
}

func (t *tally) customBuckets(e *leanEntry) uint8 {
	var all uint8
	for j := e.from; j < e.to; j++ {
		all |= t.plan.bucketOf(j)
	}
	return all
}

// pass counts a model that is found, with what its passing offers have.
func (t *tally) pass(e *leanEntry, got *leanOffer, buckets uint8) {
	if e.kind >= 0 {
		t.types[e.kind]++
	}
	t.authors[e.author]++
	t.prices.add(buckets)
	t.contexts.add(got.contexts)
	t.regions.add(got.region)
	t.inputs.add(e.inputs)
	t.outputs.add(e.outputs)
	t.features.add(uint8(got.features & (1<<facetFeatures - 1)))
	t.policy.add(got.policy)
	flags := e.flags
	if got.routable {
		flags |= flagCallable
	}
	t.flags.add(flags)
}

// visitOffers is visit where something is asked of offers: those that only one group refuses count
// for that group's options.
func (t *tally) visitOffers(i int32, e *leanEntry, entryFails int) int32 {
	p := t.plan
	best := none
	var got, alone leanOffer // of the offers that pass, and of those that one group alone refuses
	var buckets, aloneBuckets uint8
	typeOnly, authorOnly := false, false
	for j := e.from; j < e.to; j++ {
		o := &p.offers[j]
		switch entryFails | p.offerFails(j) {
		case 0:
			best = p.better(best, j)
			got.join(o)
			buckets |= p.bucketOf(j)
			t.countProvider(o.provider, i)
		case failPrice:
			aloneBuckets |= p.bucketOf(j)
		case failContext:
			alone.contexts |= o.contexts
		case failRegion:
			alone.region |= o.region
		case failProvider:
			t.countProvider(o.provider, i)
		case failType:
			typeOnly = true
		case failAuthor:
			authorOnly = true
		}
	}
	if best != none {
		got.contexts |= alone.contexts
		got.region |= alone.region
		t.pass(e, &got, buckets|aloneBuckets)
		return best
	}
	t.prices.add(aloneBuckets)
	t.contexts.add(alone.contexts)
	t.regions.add(alone.region)
	if typeOnly && e.kind >= 0 {
		t.types[e.kind]++
	}
	if authorOnly {
		t.authors[e.author]++
	}
	return none
}

func (t *tally) countProvider(provider uint16, entry int32) {
	if provider != nobody && t.stamp[provider] != entry {
		t.stamp[provider] = entry
		t.providers[provider]++
	}
}

// settle carries all lanes over.
func (t *tally) settle() {
	for _, l := range []*lanes{&t.prices, &t.contexts, &t.regions, &t.inputs, &t.outputs, &t.features, &t.policy, &t.flags} {
		l.carry()
	}
	t.added = 0
}
