package catalog

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bourse/models"
)

const (
	perPage       = 100
	perPageMax    = 1000
	pageMax       = 1000
	queryRunesMax = 100
	valuesMax     = 100 // of one parameter
	ageDaysMax    = 36500
)

// Filter is what a reader wants to see of the catalogue. The zero value shows every chat model,
// newest first. Its parameters are named as OpenRouter names them where it has one.
type Filter struct {
	Query       string   // q
	Types       []string // type; none = chat, unless output_modalities asks for something; "all"
	Inputs      []string // input_modalities: all of them
	Outputs     []string // output_modalities: any of them
	Supported   []string // supported_parameters: all of them
	Context     int64    // context: at least so many tokens
	Prices      []string // price: buckets of the mix price, any of them
	MinPrice    *models.Rate
	MaxPrice    *models.Rate
	MinOutput   *models.Rate // min_output_price, of completion tokens
	MaxOutput   *models.Rate
	PromptPrice bool     // price_of=input: min_price and max_price mean the prompt price, not the mix
	Authors     []string // authors or model_authors: any of them
	Providers   []string // providers: any of them, by slug or name
	Regions     []string // region: any of them
	Arch        []string // arch: families of tokenizers, any of them
	ZDR         bool     // zdr: nothing kept
	NoTraining  bool     // no_training
	Open        bool     // open: open weights
	Drop        bool     // drop: the price fell in 30 days
	New         bool     // new: came out in 30 days
	Retiring    bool     // retiring: an end is announced
	Callable    bool     // callable: here and now
	MinAgeDays  int      // min_age_days
	MaxAgeDays  int      // max_age_days, 0 = any

	Mix   Mix
	Blend Blend // of MixCustom
	Order Order
	Page  int // from 1; 0 = 1
	Per   int // rows on a page; 0 = 100
	// Format and Picks do not choose rows; pages keep them in their links.
	Format string   // fmt: table or cards
	Picks  []string // m: models picked for comparison
}

// Buckets of the price facet, in USD per million tokens of the mix.
var priceBuckets = []struct {
	name, label string
	from, below models.Rate // below 0 = no upper bound
}{
	{"free", "Free", 0, 1},
	{"0-0.5", "under $0.50", 1, 500_000},
	{"0.5-2", "$0.50 – 2", 500_000, 2_000_000},
	{"2-10", "$2 – 10", 2_000_000, 10_000_000},
	{"10-", "$10 and up", 10_000_000, 0},
}

// FormatTable and FormatCards are the two ways of listing models.
const (
	FormatTable = "table"
	FormatCards = "cards"
)

// ParseFilter reads a query string. Values that make no sense are left out and listed as
// "name=value"; parameters that are not ours are not our business.
func ParseFilter(q url.Values) (f Filter, ignored []string) {
	p := filterParser{q: q}
	f.Query = p.text("q")
	f.Types = p.words("type", func(s string) (string, bool) { return s, s == "all" || slices.Contains(Types, s) })
	f.Inputs = p.words("input_modalities", modalityName(inputModalities))
	f.Outputs = p.words("output_modalities", func(s string) (string, bool) {
		if s == "all" {
			return s, true
		}
		return modalityName(outputModalities)(s)
	})
	f.Supported = p.words("supported_parameters", func(s string) (string, bool) {
		i, ok := featureIndex(s)
		if !ok {
			return "", false
		}
		return features[i], true
	})
	f.Context = p.tokens("context")
	f.Prices = p.words("price", func(s string) (string, bool) { return s, priceBucket(s) >= 0 })
	f.MinPrice, f.MaxPrice = p.rate("min_price"), p.rate("max_price")
	f.MinOutput, f.MaxOutput = p.rate("min_output_price"), p.rate("max_output_price")
	f.PromptPrice = p.choice("price_of", "mix", "input") == "input"
	f.Authors = append(p.words("authors", slugWord), p.words("model_authors", slugWord)...)
	f.Providers = p.words("providers", anyWord)
	f.Regions = p.words("region", func(s string) (string, bool) { s = strings.ToLower(s); return s, slices.Contains(regions, s) })
	f.Arch = p.words("arch", anyWord)
	f.ZDR, f.NoTraining, f.Open = p.flag("zdr"), p.flag("no_training"), p.flag("open")
	f.Drop, f.New, f.Retiring = p.flag("drop"), p.flag("new"), p.flag("retiring")
	f.Callable = p.flag("callable")
	f.MinAgeDays, f.MaxAgeDays = p.number("min_age_days", 0, ageDaysMax), p.number("max_age_days", 0, ageDaysMax)
	f.Mix, f.Blend = p.mix()
	for _, param := range []string{"order", "sort"} {
		if name := p.one(param); name != "" {
			order, ok := parseOrder(name)
			if !ok {
				p.refuse(param, name)
				continue
			}
			f.Order = order
		}
	}
	f.Page, f.Per = p.number("page", 1, pageMax), p.number("per", 1, perPageMax)
	if p.choice("fmt", FormatTable, FormatCards) == FormatCards {
		f.Format = FormatCards
	}
	f.Picks = p.words("m", anyWord)
	return f, p.ignored
}

// Values writes the filter as the query string that gives it back; what is the default is left
// out, so that equal views have equal addresses.
func (f Filter) Values() url.Values {
	q := url.Values{}
	list := func(name string, values []string) {
		if len(values) > 0 {
			q.Set(name, strings.Join(values, ","))
		}
	}
	flag := func(name string, on bool) {
		if on {
			q.Set(name, "true")
		}
	}
	number := func(name string, n int64) {
		if n > 0 {
			q.Set(name, strconv.FormatInt(n, 10))
		}
	}
	rate := func(name string, r *models.Rate) {
		if r != nil {
			q.Set(name, trimDecimal(r.PerMillionUSD()))
		}
	}
	if f.Query != "" {
		q.Set("q", f.Query)
	}
	list("type", f.Types)
	list("input_modalities", f.Inputs)
	list("output_modalities", f.Outputs)
	list("supported_parameters", f.Supported)
	number("context", f.Context)
	list("price", f.Prices)
	rate("min_price", f.MinPrice)
	rate("max_price", f.MaxPrice)
	rate("min_output_price", f.MinOutput)
	rate("max_output_price", f.MaxOutput)
	if f.PromptPrice {
		q.Set("price_of", "input")
	}
	list("authors", f.Authors)
	list("providers", f.Providers)
	list("region", f.Regions)
	list("arch", f.Arch)
	flag("zdr", f.ZDR)
	flag("no_training", f.NoTraining)
	flag("open", f.Open)
	flag("drop", f.Drop)
	flag("new", f.New)
	flag("retiring", f.Retiring)
	flag("callable", f.Callable)
	number("min_age_days", int64(f.MinAgeDays))
	number("max_age_days", int64(f.MaxAgeDays))
	if f.Mix != MixChat {
		q.Set("mix", f.MixInfo().Name)
	}
	if f.Order != OrderNewest {
		q.Set("order", f.Order.String())
	}
	if f.Page > 1 {
		number("page", int64(f.Page))
	}
	if f.Per != 0 && f.Per != perPage {
		number("per", int64(f.Per))
	}
	if f.Format == FormatCards {
		q.Set("fmt", f.Format)
	}
	list("m", f.Picks)
	return q
}

// MixInfo describes the filter's mix.
func (f Filter) MixInfo() MixInfo {
	if f.Mix == MixCustom {
		return f.Blend.info()
	}
	return mixes[f.Mix]
}

// MixOf is an offer's price at the filter's mix, false when tokens have no price there.
func (f Filter) MixOf(o *Offer) (models.Rate, bool) {
	r := f.MixInfo().weigh(o.rates[0], o.rates[1], o.rates[2])
	return max(r, 0), r != noPrice
}

func priceBucket(name string) int {
	for i, b := range priceBuckets {
		if b.name == name {
			return i
		}
	}
	return -1
}

func trimDecimal(s string) string {
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
