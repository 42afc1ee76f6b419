package routing

import (
	"cmp"

	"bourse/app/market"
	"bourse/app/wire"
)

// The ways to sort that a client can ask for. Any of them switches the drawing by price off.
const (
	SortPrice      = "price"
	SortThroughput = "throughput"
	SortLatency    = "latency"
)

// balanced reports whether the first endpoint is drawn by its price.
func balanced(sort string) bool {
	return sort != SortPrice && sort != SortThroughput && sort != SortLatency
}

// compareBy puts the better first by what was measured. Those of which nothing is known come last,
// by price.
func compareBy(sort string, a, b Candidate) int {
	if sort != SortThroughput && sort != SortLatency || !a.speed.Known && !b.speed.Known {
		return 0
	}
	if a.speed.Known != b.speed.Known {
		return compareLate(!a.speed.Known, !b.speed.Known)
	}
	if sort == SortLatency {
		return cmp.Compare(a.speed.Latency.P50, b.speed.Latency.P50)
	}
	return cmp.Compare(b.speed.Throughput.P50, a.speed.Throughput.P50)
}

func compareLate(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// misses reports whether an endpoint is known to be slower than the client would like: such ones
// go last, and are never left out.
func misses(s market.Speed, p *wire.ProviderPrefs) bool {
	const millis = 1000
	if !s.Known {
		return false
	}
	least, most := p.MinThroughput, p.MaxLatency
	for _, c := range [...]struct{ least, through, most, latency float64 }{
		{least.P50, s.Throughput.P50, most.P50, s.Latency.P50}, {least.P75, s.Throughput.P75, most.P75, s.Latency.P75},
		{least.P90, s.Throughput.P90, most.P90, s.Latency.P90}, {least.P99, s.Throughput.P99, most.P99, s.Latency.P99},
	} {
		if c.through < c.least || c.most > 0 && c.latency > c.most*millis {
			return true
		}
	}
	return false
}
