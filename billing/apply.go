package billing

import (
	"cmp"
	"context"
	"slices"

	"bourse/models"
)

// applier is what a batch means: it reads the sums that the batch touches under their locks,
// plays the operations over them in memory, and writes each table once. Settlements come first,
// because they free credit; then postings; then extensions of running holds; then new holds in the
// order of their arrival, each with its settlement when that is in the same batch.
type applier struct {
	ops   []*op
	again bool // an earlier try may have been committed
	now   func() int64

	accounts map[string]*models.AccountState
	windows  map[models.WindowKey]*models.WindowState
	txs      []*models.LedgerTx
	holds    []*models.Generation
	ends     map[string]*op       // settlements whose hold is in the batch, by generation
	ended    []*models.Generation // of those, the ones whose hold was granted
	extended map[string]models.Amount
}

func (b *applier) apply(ctx context.Context, m *models.MoneyTx) error {
	b.pair()
	if err := b.lock(ctx, m); err != nil {
		return err
	}
	if err := b.resolve(ctx, m); err != nil {
		return err
	}
	if err := b.post(ctx, m); err != nil {
		return err
	}
	if err := b.extend(ctx, m); err != nil {
		return err
	}
	if err := b.reserve(ctx, m); err != nil {
		return err
	}
	return b.write(ctx, m)
}

// pair finds the settlements whose hold is in the same batch.
func (b *applier) pair() {
	b.ends = map[string]*op{}
	for _, o := range b.ops {
		o.err = nil // of an earlier try
		if o.kind == opHold && o.patient {
			b.ends[o.hold.Generation.ID] = nil
		}
	}
	for _, o := range b.ops {
		if o.kind != opResolve {
			continue
		}
		if end, held := b.ends[o.gen.ID]; held && end == nil {
			b.ends[o.gen.ID] = o
		}
	}
}

// lock reads the accounts, then the key windows: the one order of locks in the house.
func (b *applier) lock(ctx context.Context, m *models.MoneyTx) error {
	accounts := map[string]struct{}{}
	windows := map[models.WindowKey]struct{}{}
	for _, o := range b.ops {
		switch o.kind {
		case opHold, opResolve, opExtend:
			g := o.generation()
			accounts[g.AccountID] = struct{}{}
			for _, w := range windowsOf(g) {
				windows[w] = struct{}{}
			}
		case opPost:
			for _, e := range o.tx.Entries {
				if id, _, ok := customer(e.AccountID); ok {
					accounts[id] = struct{}{}
				}
			}
		}
	}
	if len(accounts) == 0 {
		return nil
	}
	list := make([]models.WindowKey, 0, len(windows))
	for w := range windows {
		list = append(list, w)
	}
	var err error
	b.accounts, b.windows, err = m.Lock(ctx, keys(accounts), list)
	return err
}

func (b *applier) resolve(ctx context.Context, m *models.MoneyTx) error {
	var gens []*models.Generation
	for _, o := range b.ops {
		if o.kind == opResolve && b.ends[o.gen.ID] != o {
			gens = append(gens, o.gen)
		}
	}
	if len(gens) == 0 {
		return nil
	}
	open, err := m.ResolveGenerations(ctx, gens)
	if err != nil {
		return err
	}
	var states map[string]models.GenerationState
	if len(open) < len(gens) {
		ids := make([]string, 0, len(gens))
		for _, g := range gens {
			ids = append(ids, g.ID)
		}
		if states, err = m.GenerationStates(ctx, ids); err != nil {
			return err
		}
	}
	for _, o := range b.ops {
		if o.kind != opResolve || b.ends[o.gen.ID] == o {
			continue
		}
		held, ok := open[o.gen.ID]
		if !ok {
			if b.again && states[o.gen.ID] == o.gen.State {
				continue // the earlier try was committed, its answer lost
			}
			o.err = models.Errorf(models.Conflict, "generation %s is not open", o.gen.ID)
			continue
		}
		if b.accounts[o.gen.AccountID] == nil {
			return models.Errorf(models.Internal, "generation %s names account %s, which does not exist", o.gen.ID, o.gen.AccountID)
		}
		delete(open, o.gen.ID) // a second settlement in the same batch finds it closed
		o.gen.Hold = held
		b.settle(o.gen)
	}
	return nil
}

// settle moves one resolved generation's money in memory.
func (b *applier) settle(g *models.Generation) {
	charge := g.Charge()
	for _, key := range windowsOf(g) {
		w := b.windows[key]
		w.Held -= g.Hold
		w.Spent += charge
	}
	a := b.accounts[g.AccountID]
	a.Held -= g.Hold
	if g.RealCredit {
		a.HeldReal -= g.Hold
	}
	if g.Absorbed > 0 {
		b.append(&models.LedgerTx{ID: "absorbed:" + g.ID, Kind: "absorbed", Ref: g.ID, Note: g.Model, Entries: []models.LedgerEntry{
			{AccountID: AccountAbsorbed, Amount: -g.Absorbed}, {AccountID: ProviderPayable(g.Provider), Amount: g.Absorbed}}})
	}
	if charge == 0 {
		return
	}
	entries := make([]models.LedgerEntry, 0, 4)
	real := charge
	if fromSandbox := min(max(a.Sandbox, 0), charge); !g.RealCredit && fromSandbox > 0 {
		entries = append(entries, models.LedgerEntry{AccountID: models.SandboxSide(a.ID), Amount: -fromSandbox})
		real -= fromSandbox
	}
	// What was given is spent before what was paid for.
	if fromPromo := min(max(a.Promo, 0), real); fromPromo > 0 {
		entries = append(entries, models.LedgerEntry{AccountID: models.PromoSide(a.ID), Amount: -fromPromo})
		real -= fromPromo
	}
	if real > 0 {
		entries = append(entries, models.LedgerEntry{AccountID: a.ID, Amount: -real})
	}
	if g.Cost > 0 {
		entries = append(entries, models.LedgerEntry{AccountID: ProviderPayable(g.Provider), Amount: g.Cost})
	}
	if g.Fee > 0 {
		entries = append(entries, models.LedgerEntry{AccountID: AccountFee, Amount: g.Fee})
	}
	b.append(&models.LedgerTx{ID: "usage:" + g.ID, Kind: "usage", Ref: g.ID, Note: g.Model, Entries: entries})
}

func (b *applier) post(ctx context.Context, m *models.MoneyTx) error {
	var ids []string
	for _, o := range b.ops {
		if o.kind == opPost {
			ids = append(ids, o.tx.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	posted, err := m.PostedHashes(ctx, ids)
	if err != nil {
		return err
	}
	for _, o := range b.ops {
		if o.kind != opPost {
			continue
		}
		if hash, ok := posted[o.tx.ID]; ok {
			if hash != o.tx.Hash {
				o.err = models.Errorf(models.Conflict, "%s was posted before with other amounts", o.tx.ID)
			}
			continue
		}
		if o.err = b.known(o.tx); o.err == nil && o.terms.Borne {
			o.err = b.borne(o.terms)
		}
		if o.err == nil {
			posted[o.tx.ID] = o.tx.Hash
			b.append(o.tx)
			b.dispute(o.tx, o.terms.Disputes)
		}
	}
	return nil
}

// known checks that every customer's account in the transaction exists.
func (b *applier) known(tx *models.LedgerTx) error {
	for _, e := range tx.Entries {
		if id, _, ok := customer(e.AccountID); ok && b.accounts[id] == nil {
			return models.Errorf(models.NotFound, "There is no account %s.", id)
		}
	}
	return nil
}

// append applies the entries to the accounts' sums and queues the transaction for writing.
func (b *applier) append(tx *models.LedgerTx) {
	// Later than every entry of the accounts it touches, so that each account's entries have one
	// order whichever replica's clock is ahead.
	tx.CreatedUs = b.now()
	for _, e := range tx.Entries {
		if id, _, ok := customer(e.AccountID); ok {
			tx.CreatedUs = max(tx.CreatedUs, b.accounts[id].EntryUs+1)
		}
	}
	for i := range tx.Entries {
		e := &tx.Entries[i]
		id, part, ok := customer(e.AccountID)
		if !ok {
			continue
		}
		a := b.accounts[id]
		a.Posted += e.Amount
		a.EntryUs = tx.CreatedUs
		switch part {
		case sideSandbox:
			a.Sandbox += e.Amount
		case sidePromo:
			a.Promo += e.Amount
		}
		e.Balance = a.Posted
	}
	b.txs = append(b.txs, tx)
}

// write stores what the batch came to: each table once.
func (b *applier) write(ctx context.Context, m *models.MoneyTx) error {
	if err := m.InsertGenerations(ctx, b.holds); err != nil {
		return err
	}
	if err := m.InsertEnded(ctx, b.ended); err != nil {
		return err
	}
	if err := m.InsertTxs(ctx, b.txs); err != nil {
		return err
	}
	accounts := make([]*models.AccountState, 0, len(b.accounts))
	for _, a := range b.accounts {
		accounts = append(accounts, a)
	}
	slices.SortFunc(accounts, func(x, y *models.AccountState) int { return cmp.Compare(x.ID, y.ID) })
	if err := m.InsertOutbox(ctx, b.watch(accounts)); err != nil {
		return err
	}
	if err := m.SaveAccounts(ctx, accounts); err != nil {
		return err
	}
	windows := make([]*models.WindowState, 0, len(b.windows))
	for _, w := range b.windows {
		windows = append(windows, w)
	}
	if err := m.SaveWindows(ctx, windows); err != nil {
		return err
	}
	if err := m.SaveHolds(ctx, b.extended); err != nil {
		return err
	}
	var progress []models.Progress
	for _, o := range b.ops {
		progress = append(progress, o.progress...)
	}
	return m.RecordProgress(ctx, progress)
}
