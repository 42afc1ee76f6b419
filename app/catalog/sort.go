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

// sortKey is what one row is sorted by, worked out once.
type sortKey struct {
	row     int
	missing bool
	figure  float64 // already turned round for descending orders
	text    string
}

func sortRows(rows []Row, order Order) {
	keys := make([]sortKey, len(rows))
	for i := range rows {
		keys[i] = keyOf(&rows[i], order)
		keys[i].row = i
	}
	back := order == OrderNameBack
	slices.SortFunc(keys, func(a, b sortKey) int {
		switch {
		case a.missing != b.missing:
			if a.missing {
				return 1
			}
			return -1
		case a.figure != b.figure:
			return cmp.Compare(a.figure, b.figure)
		case a.text != b.text && back:
			return strings.Compare(b.text, a.text)
		case a.text != b.text:
			return strings.Compare(a.text, b.text)
		}
		return cmp.Compare(a.row, b.row) // rows come by id
	})
	sorted := make([]Row, len(rows))
	for i, k := range keys {
		sorted[i] = rows[k.row]
	}
	copy(rows, sorted)
}

func keyOf(r *Row, order Order) sortKey {
	figure := func(f float64, known, descending bool) sortKey {
		if descending {
			f = -f
		}
		return sortKey{figure: f, missing: !known}
	}
	switch order {
	case OrderNewest, OrderOldest:
		return figure(float64(r.day), r.day > 0, order == OrderNewest)
	case OrderCheapest, OrderDearest:
		return figure(float64(r.Mix), r.HasMix, order == OrderDearest)
	case OrderLongest, OrderShortest:
		return figure(float64(r.ContextLength), r.ContextLength > 0, order == OrderLongest)
	case OrderInput, OrderInputBack:
		rate, ok := r.rate(models.UnitInput)
		return figure(float64(rate), ok, order == OrderInputBack)
	case OrderOutput, OrderOutputBack:
		rate, ok := r.rate(models.UnitOutput)
		return figure(float64(rate), ok, order == OrderOutputBack)
	case OrderDrop, OrderRise:
		return figure(r.Change30, r.HasChange, order == OrderRise)
	case OrderProviders, OrderProvidersBack:
		return figure(float64(r.Entry.Providers), true, order == OrderProviders)
	}
	return sortKey{text: r.folded}
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
