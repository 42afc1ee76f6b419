package catalog

import (
	"cmp"
	"math"
	"slices"

	"bourse/models"
)

// Order is how a list is sorted.
type Order int

// The orders. What is missing sorts last in both directions.
const (
	OrderNewest Order = iota
	OrderOldest
	OrderCheapest // by the mix
	OrderDearest
	OrderLongest // context
	OrderShortest
	OrderName
	OrderNameBack
	OrderInput
	OrderInputBack
	OrderOutput
	OrderOutputBack
	OrderDrop // biggest price drop in 30 days first
	OrderRise
	OrderProviders // most first
	OrderProvidersBack
	OrderPopular // most paying accounts in 30 days first
	OrderWeekly  // most tokens in 7 days first
	OrderWeeklyBack
)

// OrderInfo describes an order to people and names it in URLs, as OpenRouter does where it can.
type OrderInfo struct {
	Order   Order
	Name    string
	Label   string
	Reverse Order // what a second click on the column's head means
}

var orders = [...]OrderInfo{
	{OrderNewest, "newest", "Newest", OrderOldest},
	{OrderOldest, "oldest", "Oldest", OrderNewest},
	{OrderCheapest, "pricing-low-to-high", "Cheapest", OrderDearest},
	{OrderDearest, "pricing-high-to-low", "Dearest", OrderCheapest},
	{OrderLongest, "context-high-to-low", "Longest context", OrderShortest},
	{OrderShortest, "context-low-to-high", "Shortest context", OrderLongest},
	{OrderName, "name", "Name", OrderNameBack},
	{OrderNameBack, "name-z-to-a", "Name, Z to A", OrderName},
	{OrderInput, "input-low-to-high", "Cheapest input", OrderInputBack},
	{OrderInputBack, "input-high-to-low", "Dearest input", OrderInput},
	{OrderOutput, "output-low-to-high", "Cheapest output", OrderOutputBack},
	{OrderOutputBack, "output-high-to-low", "Dearest output", OrderOutput},
	{OrderDrop, "drop", "Biggest price drop", OrderRise},
	{OrderRise, "rise", "Biggest price rise", OrderDrop},
	{OrderProviders, "providers-high-to-low", "Most providers", OrderProvidersBack},
	{OrderProvidersBack, "providers-low-to-high", "Fewest providers", OrderProviders},
	{OrderPopular, "most-popular", "Most popular", OrderPopular},
	{OrderWeekly, "top-weekly", "Most used in a week", OrderWeeklyBack},
	{OrderWeeklyBack, "weekly-low-to-high", "Least used in a week", OrderWeekly},
}

// Orders lists all orders.
func Orders() []OrderInfo { return orders[:] }

// Info describes the order.
func (o Order) Info() OrderInfo { return orders[o] }

// String is the order's name in URLs.
func (o Order) String() string { return orders[o].Name }

func parseOrder(name string) (Order, bool) {
	for _, info := range orders {
		if info.Name == name {
			return info.Order, true
		}
	}
	return OrderNewest, false
}

// sortKey is what one model is sorted by, as a number worked out once: lower comes first.
type sortKey struct {
	figure uint64
	entry  int32
	offer  int32 // whose price is shown
}

func (a sortKey) compare(b sortKey) int {
	if a.figure != b.figure {
		return cmp.Compare(a.figure, b.figure)
	}
	return cmp.Compare(a.entry, b.entry) // models come by id
}

// missing sorts behind everything, in both directions.
const missing = math.MaxUint64

// static reports whether an order looks at models alone, whatever offer is shown.
func static(o Order) bool {
	switch o {
	case OrderCheapest, OrderDearest, OrderInput, OrderInputBack, OrderOutput, OrderOutputBack:
		return false
	}
	return true
}

// first moves the n lowest keys to the front, sorted; what follows is in any order.
func first(keys []sortKey, n int) {
	if n >= len(keys)/4 {
		slices.SortFunc(keys, sortKey.compare)
		return
	}
	// A heap of the lowest found so far, the highest of them on top.
	for i := n/2 - 1; i >= 0; i-- {
		sink(keys[:n], i)
	}
	for i := n; i < len(keys); i++ {
		if keys[i].figure <= keys[0].figure && keys[i].compare(keys[0]) < 0 {
			keys[i], keys[0] = keys[0], keys[i]
			sink(keys[:n], 0)
		}
	}
	slices.SortFunc(keys[:n], sortKey.compare)
}

func sink(heap []sortKey, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && heap[child].compare(heap[child+1]) < 0 {
			child++
		}
		if heap[i].compare(heap[child]) >= 0 {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}

func keyOf(r *Row, order Order) uint64 {
	switch order {
	case OrderNewest, OrderOldest:
		return figure(int64(r.day), r.day > 0, order == OrderNewest)
	case OrderCheapest, OrderDearest:
		return figure(int64(r.Mix), r.HasMix, order == OrderDearest)
	case OrderLongest, OrderShortest:
		return figure(r.ContextLength, r.ContextLength > 0, order == OrderLongest)
	case OrderInput, OrderInputBack:
		rate, ok := r.rate(models.UnitInput)
		return figure(int64(rate), ok, order == OrderInputBack)
	case OrderOutput, OrderOutputBack:
		rate, ok := r.rate(models.UnitOutput)
		return figure(int64(rate), ok, order == OrderOutputBack)
	case OrderDrop, OrderRise:
		// A change is above −100 percent; a billionth of it is the least that is told apart.
		return figure(int64((r.Change30+100)*1e7), r.HasChange, order == OrderRise)
	case OrderProviders, OrderProvidersBack:
		return figure(int64(r.Entry.Providers), true, order == OrderProviders)
	case OrderPopular:
		return figure(r.Use.Accounts, r.Use.Accounts > 0, true)
	case OrderWeekly, OrderWeeklyBack:
		return figure(r.Use.Tokens, r.Use.Tokens > 0, order == OrderWeekly)
	}
	return figure(int64(r.place), true, order == OrderNameBack)
}

// figure turns what is not below zero into a key, round when the largest comes first.
func figure(n int64, known, descending bool) uint64 {
	switch {
	case !known:
		return missing
	case descending:
		return missing - 1 - uint64(max(n, 0))
	}
	return uint64(max(n, 0))
}

func (r *Row) rate(u models.Unit) (models.Rate, bool) {
	if r.Shown == nil {
		return 0, false
	}
	return r.Shown.Rate(u)
}

// dayNumber turns a date into a number that sorts like it: 2026-08-22 → 20260822; 0 for none.
func dayNumber(date string) int {
	t, ok := parseDay(date)
	if !ok {
		return 0
	}
	return 10_000*t.Year() + 100*int(t.Month()) + t.Day()
}
