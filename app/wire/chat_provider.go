package wire

import (
	"strconv"

	"bourse/models"
)

// Limits of the provider object.
const (
	providersMax     = 128
	quantizationsMax = 16
	noMaxPrice       = models.Rate(-1)
)

// MaxPrice is what a client is willing to pay, unit by unit; a negative rate sets no limit.
type MaxPrice struct {
	Prompt     models.Rate // per token
	Completion models.Rate // per token
	Request    models.Rate
	Image      models.Rate
	Audio      models.Rate // per token
}

// ProviderPrefs are a client's wishes about who serves a request.
type ProviderPrefs struct {
	Order             []string
	Only              []string
	Ignore            []string
	AllowFallbacks    bool // true unless refused
	RequireParameters bool // true unless refused: a parameter is never dropped in silence
	DataCollection    string
	ZDR               bool
	Quantizations     []string
	Sort              string // price, throughput, latency; "" balances
	AcrossModels      bool   // sort.partition none: the models of a request are sorted together
	MaxPrice          MaxPrice
	MinThroughput     Thresholds // tokens a second
	MaxLatency        Thresholds // seconds
}

// Thresholds are a client's wishes at four percentiles; 0 where there is none.
type Thresholds struct{ P50, P75, P90, P99 float64 }

func defaultPrefs() ProviderPrefs {
	return ProviderPrefs{
		AllowFallbacks:    true,
		RequireParameters: true,
		MaxPrice:          MaxPrice{noMaxPrice, noMaxPrice, noMaxPrice, noMaxPrice, noMaxPrice},
	}
}

func checkProvider(r *ChatRequest, u rule, value []byte) *Error {
	w := walker{b: value}
	if !w.open('{') {
		return wrongType(u.name, "an object", value)
	}
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			return nil
		}
		option := w.value()
		if isNull(option) {
			continue
		}
		if fault := r.Provider.take("provider."+string(name), option); fault != nil {
			return fault
		}
	}
}

func (p *ProviderPrefs) take(name string, value []byte) (fault *Error) {
	switch name {
	case "provider.order":
		p.Order, fault = stringList(name, value, providersMax)
	case "provider.only":
		p.Only, fault = stringList(name, value, providersMax)
	case "provider.ignore":
		p.Ignore, fault = stringList(name, value, providersMax)
	case "provider.quantizations":
		p.Quantizations, fault = stringList(name, value, quantizationsMax)
	case "provider.allow_fallbacks":
		p.AllowFallbacks, fault = boolean(name, value)
	case "provider.require_parameters":
		p.RequireParameters, fault = boolean(name, value)
	case "provider.zdr":
		p.ZDR, fault = boolean(name, value)
	case "provider.data_collection":
		p.DataCollection, fault = oneOf(name, value, "allow", "deny")
	case "provider.sort":
		if value[0] == '{' {
			if part := memberOf(value, "partition"); part != nil && !isNull(part) {
				word, fault := oneOf(name+".partition", part, "model", "none")
				if p.AcrossModels = word == "none"; fault != nil {
					return fault
				}
			}
			if value = memberOf(value, "by"); value == nil || isNull(value) {
				return nil
			}
		}
		p.Sort, fault = oneOf(name, value, "price", "throughput", "latency", "exacto")
	case "provider.max_price":
		fault = p.MaxPrice.take(name, value)
	case "provider.preferred_min_throughput":
		p.MinThroughput, fault = percentile(name, value)
	case "provider.preferred_max_latency":
		p.MaxLatency, fault = percentile(name, value)
	}
	return fault
}

func boolean(name string, value []byte) (bool, *Error) {
	return isTrue(value), checkBool(nil, rule{name: name}, value)
}

func oneOf(name string, value []byte, words ...string) (string, *Error) {
	list := ""
	for i, word := range words {
		if isString(value) && string(unquote(value)) == word {
			return word, nil
		}
		if i > 0 {
			list += ", "
		}
		list += word
	}
	return "", wrongType(name, "one of "+list, value)
}

// percentile reads a number, which is of the median, or {p50, p75, p90, p99}.
func percentile(name string, value []byte) (t Thresholds, fault *Error) {
	if value[0] != '{' {
		t.P50, fault = threshold(name, value)
		return t, fault
	}
	for member, to := range map[string]*float64{"p50": &t.P50, "p75": &t.P75, "p90": &t.P90, "p99": &t.P99} {
		if *to, fault = threshold(name+"."+member, memberOf(value, member)); fault != nil {
			return t, fault
		}
	}
	return t, nil
}

func threshold(name string, value []byte) (float64, *Error) {
	if value == nil || isNull(value) {
		return 0, nil
	}
	f, ok := number(value)
	if !ok || f < 0 {
		return 0, wrongType(name, "a number of at least 0", value)
	}
	return f, nil
}

// take reads the limits: USD per million tokens, or per image and request, as numbers or as
// decimal strings.
func (m *MaxPrice) take(name string, value []byte) *Error {
	w := walker{b: value}
	if !w.open('{') {
		return wrongType(name, "an object", value)
	}
	for first := true; ; {
		unit, ok := w.member(&first)
		if !ok {
			return nil
		}
		price := w.value()
		if isNull(price) {
			continue
		}
		target, perMillion := m.unit(string(unit))
		if target == nil {
			continue
		}
		rate, ok := readRate(price, perMillion)
		if !ok {
			return wrongType(name+"."+string(unit), "a price in US dollars", price)
		}
		*target = rate
	}
}

func (m *MaxPrice) unit(name string) (rate *models.Rate, perMillion bool) {
	switch name {
	case "prompt":
		return &m.Prompt, true
	case "completion":
		return &m.Completion, true
	case "audio":
		return &m.Audio, true
	case "request":
		return &m.Request, false
	case "image":
		return &m.Image, false
	}
	return nil, false
}

func readRate(value []byte, perMillion bool) (models.Rate, bool) {
	text := string(unquote(value))
	if f, err := strconv.ParseFloat(text, 64); err != nil || f < 0 {
		return 0, false
	} else if text = strconv.FormatFloat(f, 'f', -1, 64); f > 1e9 {
		return 1<<62 - 1, true // no price is higher: the same as no limit
	}
	parse := models.ParseRatePerUnit
	if perMillion {
		parse = models.ParseRatePerMillion
	}
	rate, err := parse(text)
	return rate, err == nil
}
