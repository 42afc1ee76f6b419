package views

import "slices"

// offerColumns are the columns that only some models' offers fill.
type offerColumns struct{ cacheRead, cacheWrite, measured, precision bool }

func columnsOf(rows []OfferRow) offerColumns {
	has := func(f func(OfferRow) string) bool {
		return slices.ContainsFunc(rows, func(o OfferRow) bool { t := f(o); return t != "" && t != "—" })
	}
	return offerColumns{
		cacheRead:  has(func(o OfferRow) string { return o.CacheRead.Text }),
		cacheWrite: has(func(o OfferRow) string { return o.CacheWrite.Text }),
		measured:   has(func(o OfferRow) string { return o.Latency.Text }) || has(func(o OfferRow) string { return o.Uptime.Text }),
		precision:  has(func(o OfferRow) string { return o.Precision }),
	}
}

func variantSuffix(variant string) string {
	if variant == "" {
		return ""
	}
	return ", " + variant
}
