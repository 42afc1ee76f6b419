package catalog

import "context"

// Use is what may be told of how much a model was used here. The zero value says that nothing is.
type Use struct {
	Tokens   int64   // of the last seven whole days; -1 where too few accounts stand behind it
	Accounts int64   // that paid for it in the last thirty days
	Weeks    []int64 // tokens of each of the last weeks, the last one last; -1 where too few accounts stand behind it
}

// Known reports whether there is anything to tell.
func (u Use) Known() bool { return u.Tokens != 0 || len(u.Weeks) > 0 }

// SetUse replaces what is told of how much each model was used, by its id, and rebuilds the
// snapshot: lists are ordered by it, and pages show it.
func (c *Catalog) SetUse(ctx context.Context, uses map[string]Use) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.uses = uses
	return c.reload(ctx)
}

// fillUse gives each model its use.
func (s *Snapshot) fillUse(uses map[string]Use) {
	for _, e := range s.Models {
		e.Use = uses[e.ID]
		s.Used = s.Used || e.Use.Tokens > 0
	}
}
