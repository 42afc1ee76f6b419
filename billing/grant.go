package billing

import (
	"context"

	"bourse/models"
)

// reserve decides the new holds of the batch in the order of their arrival.
func (b *applier) reserve(ctx context.Context, m *models.MoneyTx) error {
	exists := map[string]models.GenerationState{}
	if b.again {
		var ids []string
		for _, o := range b.ops {
			if o.kind == opHold {
				ids = append(ids, o.hold.Generation.ID)
			}
		}
		var err error
		if exists, err = m.GenerationStates(ctx, ids); err != nil {
			return err
		}
	}
	for _, o := range b.ops {
		if o.kind != opHold {
			continue
		}
		if _, made := exists[o.hold.Generation.ID]; made {
			continue
		}
		o.err = b.grant(o.hold)
		held, end := o.hold.Generation, b.ends[o.hold.Generation.ID]
		switch {
		case end != nil && o.err != nil:
			end.err = o.err
		case end != nil:
			end.gen.Hold = held.Hold
			b.settle(end.gen)
			b.ended = append(b.ended, end.gen)
		case o.err == nil:
			b.holds = append(b.holds, held)
		}
	}
	return nil
}

// extend enlarges the holds of running generations to what they ask for now. The new size is
// absolute, so that a repeat after a lost answer finds it done.
func (b *applier) extend(ctx context.Context, m *models.MoneyTx) error {
	var ids []string
	for _, o := range b.ops {
		if o.kind == opExtend {
			ids = append(ids, o.gen.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	held, err := m.Holds(ctx, ids)
	if err != nil {
		return err
	}
	b.extended = map[string]models.Amount{}
	for _, o := range b.ops {
		if o.kind != opExtend {
			continue
		}
		now, ok := held[o.gen.ID]
		switch {
		case !ok:
			o.err = models.Errorf(models.Conflict, "generation %s is not open", o.gen.ID)
		case now >= o.extend.Amount:
		default:
			if o.err = b.reserveMore(o.extend, o.extend.Amount-now); o.err == nil {
				held[o.gen.ID], b.extended[o.gen.ID] = o.extend.Amount, o.extend.Amount
			}
		}
	}
	return nil
}

// grant decides one hold over the sums as they are now.
func (b *applier) grant(h *Hold) error {
	g := h.Generation
	source, available, err := b.available(h)
	if err != nil {
		return err
	}
	amount := h.Amount
	if h.Least < h.Amount {
		amount = min(h.Amount, max(h.Usual, available/flexibleShare))
		if amount > available {
			amount = max(available, h.Least)
		}
	}
	// A balance below zero bears nothing, not even what is free.
	if amount > available || available < 0 {
		return &Refusal{Source: source, Needed: amount, Available: max(available, 0)}
	}
	g.Hold = amount
	b.take(g, amount)
	return nil
}

// reserveMore takes a further amount for a generation that runs.
func (b *applier) reserveMore(h *Hold, amount models.Amount) error {
	source, available, err := b.available(h)
	if err != nil {
		return err
	}
	if amount > available {
		return &Refusal{Source: source, Needed: amount, Available: max(available, 0)}
	}
	b.take(h.Generation, amount)
	return nil
}

// available is the tightest of what the account, its real credit and the key's limit bear.
func (b *applier) available(h *Hold) (source string, available models.Amount, err error) {
	g := h.Generation
	a := b.accounts[g.AccountID]
	if a == nil {
		return "", 0, models.Errorf(models.NotFound, "There is no account %s.", g.AccountID)
	}
	if a.Frozen || a.Disputes > 0 {
		return "", 0, &Refusal{Source: SourceFrozen, Needed: h.Amount}
	}
	source, available = SourceBalance, a.Posted-a.Held
	if g.RealCredit {
		if real := a.Posted - a.Sandbox - a.HeldReal; real < available {
			source, available = SourceSandbox, real
		}
	}
	if h.KeyLimit >= 0 {
		w := b.windows[limitWindow(g, h.KeyReset)]
		if left := h.KeyLimit - w.Spent - w.Held; left < available {
			source, available = SourceKey, left
		}
	}
	return source, available, nil
}

// take adds to what is held.
func (b *applier) take(g *models.Generation, amount models.Amount) {
	a := b.accounts[g.AccountID]
	a.Held += amount
	if g.RealCredit {
		a.HeldReal += amount
	}
	for _, key := range windowsOf(g) {
		b.windows[key].Held += amount
	}
}
