package catalog

import "bourse/models"

// Mix is a way of using a model, which weighs its prices into one figure.
type Mix int

// The mixes: tokens read to tokens written, and how much of what is read comes from the cache.
const (
	MixChat  Mix = iota // 3:1
	MixAgent            // 10:1, 80 % of the prompt cached
	MixRAG              // 20:1
	MixWrite            // 1:3
)

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

// String is the mix's name in URLs.
func (m Mix) String() string { return mixes[m].Name }

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
	in, ok := p.Rates[models.UnitInput]
	if !ok {
		return noPrice
	}
	cache, ok := p.Rates[models.UnitCacheRead]
	if !ok {
		cache = in
	}
	out := p.Rates[models.UnitOutput]
	read := (100-info.cached)*int64(in) + info.cached*int64(cache)
	sum := info.in*read + 100*info.out*int64(out)
	weight := 100 * (info.in + info.out)
	return models.Rate((sum + weight/2) / weight)
}
