package catalog

import (
	"strconv"
	"strings"

	"bourse/models"
)

// Mix is a way of using a model, which weighs its prices into one figure.
type Mix int

// The mixes: tokens read to tokens written, and how much of what is read comes from the cache.
const (
	MixChat   Mix = iota // 3:1
	MixAgent             // 10:1, 80 % of the prompt cached
	MixRAG               // 20:1
	MixWrite             // 1:3
	MixCustom            // as the reader says, in a Blend
)

// blendMost bounds the parts of a blend.
const blendMost = 1000

// Blend is a mix of the reader's own: so many parts read, so many written, and the percentage of
// what is read that comes from the cache.
type Blend struct{ Read, Written, Cached int }

// ParseBlend reads "7:1" or "7:1:60".
func ParseBlend(s string) (Blend, bool) {
	var parts [3]int
	words := strings.Split(s, ":")
	if len(words) < 2 || len(words) > 3 {
		return Blend{}, false
	}
	for i, w := range words {
		n, err := strconv.Atoi(w)
		if err != nil || n < 0 || n > blendMost {
			return Blend{}, false
		}
		parts[i] = n
	}
	b := Blend{parts[0], parts[1], parts[2]}
	return b, b.Read+b.Written > 0 && b.Cached <= 100
}

// String is how ParseBlend reads it back.
func (b Blend) String() string {
	s := strconv.Itoa(b.Read) + ":" + strconv.Itoa(b.Written)
	if b.Cached > 0 {
		s += ":" + strconv.Itoa(b.Cached)
	}
	return s
}

func (b Blend) info() MixInfo {
	text := strconv.Itoa(b.Read) + " tokens read to " + strconv.Itoa(b.Written) + " written"
	if b.Cached > 0 {
		text += ", " + strconv.Itoa(b.Cached) + " % of the prompt cached"
	}
	return MixInfo{MixCustom, b.String(), "Custom " + b.String(), text, int64(b.Read), int64(b.Written), int64(b.Cached)}
}

// MixInfo describes a mix to people.
type MixInfo struct {
	Mix         Mix
	Name        string // in URLs
	Label       string
	Explanation string
	in, out     int64
	cached      int64 // percent of the prompt
}

var mixes = [...]MixInfo{
	{MixChat, "chat", "Chat 3:1", "three tokens read for each one written", 3, 1, 0},
	{MixAgent, "agent", "Agent 10:1", "ten tokens read for each one written, 80 % of them cached", 10, 1, 80},
	{MixRAG, "rag", "RAG 20:1", "twenty tokens read for each one written", 20, 1, 0},
	{MixWrite, "write", "Write 1:3", "one token read for three written", 1, 3, 0},
}

// Mixes lists the mixes in the order in which pages offer them.
func Mixes() []MixInfo { return mixes[:] }

func parseMix(name string) (Mix, bool) {
	for _, info := range mixes {
		if info.Name == name {
			return info.Mix, true
		}
	}
	return MixChat, false
}

// price weighs the rates of a short prompt, rounded to the nearest rate; noPrice when prompt
// tokens have no price. A missing output price counts as zero: embeddings write nothing.
func (info MixInfo) price(p models.Pricing) models.Rate {
	in, cache, out := mixRates(p)
	return info.weigh(in, cache, out)
}

// mixRates are the rates that mixes weigh; the first is noPrice when prompt tokens have none.
func mixRates(p models.Pricing) (in, cache, out models.Rate) {
	in, ok := p.Rates[models.UnitInput]
	if !ok {
		return noPrice, noPrice, noPrice
	}
	cache, ok = p.Rates[models.UnitCacheRead]
	if !ok {
		cache = in
	}
	return in, cache, p.Rates[models.UnitOutput]
}

func (info MixInfo) weigh(in, cache, out models.Rate) models.Rate {
	if in == noPrice {
		return noPrice
	}
	read := (100-info.cached)*int64(in) + info.cached*int64(cache)
	sum := info.in*read + 100*info.out*int64(out)
	weight := 100 * (info.in + info.out)
	return models.Rate((sum + weight/2) / weight)
}
