package catalog

import (
	"cmp"
	"slices"
	"strings"

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

func sortRows(rows []Row, order Order) {
	value, descending := sortKey(order)
	slices.SortStableFunc(rows, func(a, b Row) int {
		if value == nil {
			c := cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
			if descending {
				return -c
			}
			return c
		}
		va, oka := value(&a)
		vb, okb := value(&b)
		switch {
		case oka != okb:
			if oka {
				return -1
			}
			return 1
		case va != vb && descending:
			return cmp.Compare(vb, va)
		case va != vb:
			return cmp.Compare(va, vb)
		}
		return strings.Compare(a.ID, b.ID)
	})
}

// sortKey is the figure an order sorts by, and its direction; no function means the name.
func sortKey(order Order) (value func(*Row) (float64, bool), descending bool) {
	switch order {
	case OrderNewest, OrderOldest:
		return rowDay, order == OrderNewest
	case OrderCheapest, OrderDearest:
		return func(r *Row) (float64, bool) { return float64(r.Mix), r.HasMix }, order == OrderDearest
	case OrderLongest, OrderShortest:
		return func(r *Row) (float64, bool) { return float64(r.ContextLength), r.ContextLength > 0 }, order == OrderLongest
	case OrderInput, OrderInputBack:
		return rowRate(models.UnitInput), order == OrderInputBack
	case OrderOutput, OrderOutputBack:
		return rowRate(models.UnitOutput), order == OrderOutputBack
	case OrderDrop, OrderRise:
		return func(r *Row) (float64, bool) { return r.Change30, r.HasChange }, order == OrderRise
	case OrderProviders, OrderProvidersBack:
		return func(r *Row) (float64, bool) { return float64(r.Entry.Providers), true }, order == OrderProviders
	}
	return nil, order == OrderNameBack
}

func rowRate(u models.Unit) func(*Row) (float64, bool) {
	return func(r *Row) (float64, bool) {
		if r.Shown == nil {
			return 0, false
		}
		rate, ok := r.Shown.Rate(u)
		return float64(rate), ok
	}
}

// rowDay turns the release date into a number that sorts like it: 2026-08-22 → 20260822.
func rowDay(r *Row) (float64, bool) {
	if len(r.Created) != len("2026-08-22") {
		return 0, false
	}
	n := 0
	for i := range len(r.Created) {
		if c := r.Created[i]; c >= '0' && c <= '9' {
			n = 10*n + int(c-'0')
		}
	}
	return float64(n), true
}
