package market

import (
	"cmp"
	"maps"
	"slices"

	"bourse/models"
)

// mostPercent: what one account made more of than this is not shown, however many others there are.
const mostPercent = 90

// tellable reports whether a sum may be shown: enough accounts stand behind it, and none of them
// made nearly all of it. An operator who asks for one account only wants to see everything.
func tellable(least, accounts, tokens int64, spend models.Amount, mostTokens int64, mostSpend models.Amount) bool {
	if accounts < least {
		return false
	}
	if least <= 1 {
		return true
	}
	return !nearlyAll(mostTokens, tokens) && !nearlyAll(int64(mostSpend), int64(spend))
}

func nearlyAll(part, whole int64) bool {
	return whole > 0 && float64(part) > float64(whole)*mostPercent/100
}

// group is what several accounts used of something.
type group struct {
	sum Sum
	by  map[int32]made
}

// made is what one account made of it.
type made struct {
	tokens int64
	spend  models.Amount
}

func newGroup() *group { return &group{by: map[int32]made{}} }

func (g *group) add(account int32, r *models.UsageRow) {
	g.sum.add(Sum{Requests: r.Requests, Tokens: r.Tokens(), Spend: r.Spend})
	m := g.by[account]
	g.by[account] = made{m.tokens + r.Tokens(), m.spend + r.Spend}
}

func (g *group) join(other *group) {
	g.sum.add(other.sum)
	for account, m := range other.by {
		have := g.by[account]
		g.by[account] = made{have.tokens + m.tokens, have.spend + m.spend}
	}
}

// most is the largest account's part.
func (g *group) most() (m made) {
	for _, x := range g.by {
		m.tokens, m.spend = max(m.tokens, x.tokens), max(m.spend, x.spend)
	}
	return m
}

func (g *group) tellable(least int64) bool {
	m := g.most()
	return tellable(least, int64(len(g.by)), g.sum.Tokens, g.sum.Spend, m.tokens, m.spend)
}

func (g *group) told() Sum {
	s := g.sum
	s.Accounts = int64(len(g.by))
	return s.rounded()
}

// counter turns the rows of a window, which come ordered by traffic and model, into boards.
type counter struct {
	least  int64
	boards map[models.Traffic]*Board
	names  map[string]int32 // of accounts, by number

	board     *Board
	traffic   models.Traffic
	model     string
	whole     *group // of the model
	sellers   map[string]*group
	authors   map[string]*group
	providers map[string]*group
	hidden    *group
}

func (c *counter) add(r models.UsageRow) {
	if c.board == nil || r.Traffic != c.traffic {
		c.endTraffic()
		c.board, c.traffic = &Board{}, r.Traffic
		c.authors, c.providers, c.hidden = map[string]*group{}, map[string]*group{}, newGroup()
	}
	if c.whole == nil || r.Model != c.model {
		c.endModel()
		c.model, c.whole, c.sellers = r.Model, newGroup(), map[string]*group{}
	}
	account, ok := c.names[r.AccountID]
	if !ok {
		account = int32(len(c.names))
		c.names[r.AccountID] = account
	}
	c.whole.add(account, &r)
	of(c.sellers, r.Provider).add(account, &r)
}

func of(groups map[string]*group, name string) *group {
	g := groups[name]
	if g == nil {
		g = newGroup()
		groups[name] = g
	}
	return g
}

// endModel shows the model or hides it among the others. Authors and providers are made of what is
// shown alone: their sums would give away what is hidden otherwise.
func (c *counter) endModel() {
	if c.whole == nil {
		return
	}
	g := c.whole
	c.whole = nil
	if !g.tellable(c.least) {
		c.hidden.join(g)
		c.board.Hidden++
		return
	}
	row := Row{Model: c.model, Sum: g.told()}
	m := g.most()
	row.Largest[ByTokens], row.Largest[BySpend] = quarters(m.tokens, g.sum.Tokens), quarters(int64(m.spend), int64(g.sum.Spend))
	c.board.Rows = append(c.board.Rows, row)
	of(c.authors, authorOf(c.model)).join(g)
	for name, seller := range c.sellers {
		of(c.providers, name).join(seller)
	}
}

// quarters is in how many quarters of the whole a part fits.
func quarters(part, whole int64) int {
	if part <= 0 || whole <= 0 {
		return 0
	}
	return min(int(4*(float64(part)-0.5)/float64(whole))+1, 4)
}

func (c *counter) endTraffic() {
	if c.board == nil {
		return
	}
	c.endModel()
	b := c.board
	b.Authors, b.OtherAuthors = c.parts(c.authors)
	b.Providers, b.OtherProviders = c.parts(c.providers)
	if b.Hidden > 1 && c.hidden.tellable(c.least) {
		sum := c.hidden.told()
		b.Other = &sum
	}
	c.boards[c.traffic], c.board = b, nil
}

// parts are the groups that may be shown, the largest first, and the rest in one. The rest would be
// what remains of the whole: where it may not be shown, the smallest of the others go into it.
func (c *counter) parts(groups map[string]*group) ([]Part, *Part) {
	names := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		return cmp.Or(cmp.Compare(groups[b].sum.Tokens, groups[a].sum.Tokens), cmp.Compare(a, b))
	})
	var shown []string
	rest, inRest := newGroup(), 0
	for _, name := range names {
		if groups[name].tellable(c.least) {
			shown = append(shown, name)
			continue
		}
		rest.join(groups[name])
		inRest++
	}
	for len(shown) > 0 && inRest > 0 && (inRest < 2 || !rest.tellable(c.least)) {
		rest.join(groups[shown[len(shown)-1]])
		shown, inRest = shown[:len(shown)-1], inRest+1
	}
	out := make([]Part, 0, len(shown))
	for _, name := range shown {
		out = append(out, Part{name, groups[name].told()})
	}
	if inRest == 0 {
		return out, nil
	}
	return out, &Part{Sum: rest.told()}
}
