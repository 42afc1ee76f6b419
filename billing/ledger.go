package billing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bourse/models"
)

// The house's own accounts. They have entries only; their sums are taken when somebody asks.
const (
	AccountFee      = "revenue:platform_fee"
	AccountStripe   = "stripe:clearing"
	AccountSandbox  = "sandbox:clearing"
	AccountPromo    = "expense:promo"
	AccountAbsorbed = "expense:absorbed"

	AccountTopUpFee    = "revenue:topup_fee" // the processing line of purchases
	AccountTax         = "tax:payable"
	AccountDisputes    = "dispute:clearing" // taken by a bank, not lost yet
	AccountDisputeCost = "expense:disputes"
	AccountStripeCost  = "expense:stripe"
	AccountBank        = "bank"

	accountSandboxEnded = "sandbox:ended" // apart, so that the sandbox's clearing stays explained
)

// ProviderPayable is the account of what the house owes a provider.
func ProviderPayable(provider string) string { return "provider:" + provider + ":payable" }

// The sides from which a hold may be refused.
const (
	SourceBalance = "balance"
	SourceKey     = "key"
	SourceSandbox = "sandbox" // there is credit, but only the sandbox's, and the provider is real
	SourceFrozen  = "frozen"
)

// Refusal is a hold that the credit or the key's limit does not bear.
type Refusal struct {
	Source    string
	Needed    models.Amount
	Available models.Amount // never negative: what could be held from that source
}

// Error says what was missing.
func (r *Refusal) Error() string {
	return fmt.Sprintf("%s bears %s USD, %s USD needed", r.Source, r.Available.USD(), r.Needed.USD())
}

// Unwrap makes a refusal a models.Error of code PaymentRequired.
func (r *Refusal) Unwrap() error { return models.Errorf(models.PaymentRequired, "%s", r.Error()) }

// Hold asks for a reservation. Amount is wanted; when Least is smaller, the ledger may grant
// less, down to Least, so that one request of unknown length does not take a whole balance.
type Hold struct {
	Generation *models.Generation // its Hold field is set to what was granted
	Amount     models.Amount
	Usual      models.Amount // granted although it is more than a share of the balance
	Least      models.Amount // equal to Amount when only all of it will do
	KeyLimit   models.Amount // -1 when the key has none
	KeyReset   string        // kind of the window that the limit is for
}

// flexibleShare is the part of what is available that one flexible hold takes.
const flexibleShare = 8

// Ledger is the only way to move money. Every movement goes through its committer, which gathers
// what is waiting into one transaction and answers each caller when that transaction is durable.
type Ledger struct {
	db        *models.DB
	committer *committer

	roomAt   atomic.Int64 // when it was looked at, in seconds since 1970
	roomFull atomic.Bool

	mu   sync.Mutex
	live map[string]struct{} // generations that this process is working on; bounded by the server's request limit
}

// NewLedger starts the committer. Close drains it.
func NewLedger(db *models.DB) (*Ledger, error) {
	store, err := db.Money()
	if err != nil {
		return nil, err
	}
	return &Ledger{db: db, committer: startCommitter(store), live: map[string]struct{}{}}, nil
}

// Close waits until every movement handed in is durable, then stops.
func (l *Ledger) Close() { l.committer.close() }

// Hold makes the generation durable as a reservation. It returns a *Refusal when the money does
// not bear it and Unavailable when the database is away.
func (l *Ledger) Hold(ctx context.Context, h *Hold) error {
	if l.full() {
		return errFull
	}
	l.begin(h.Generation.ID)
	err := l.committer.do(ctx, &op{kind: opHold, hold: h})
	if err != nil {
		l.forget(h.Generation.ID)
	}
	return err
}

var errFull = models.Errorf(models.Unavailable, "The ledger's disk is nearly full: no new requests are taken until there is room.")

// full reports whether the disk has room for settling what is running and for no more. It looks once
// a second.
func (l *Ledger) full() bool {
	if now := time.Now().Unix(); l.roomAt.Swap(now) != now {
		l.roomFull.Store(l.db.Full())
	}
	return l.roomFull.Load()
}

// Settle charges the generation what it carries and frees the rest of its hold, exactly once: a
// generation that was resolved before is a Conflict.
func (l *Ledger) Settle(ctx context.Context, g *models.Generation) error {
	g.State = models.GenerationSettled
	return l.resolve(ctx, g)
}

// Void frees the hold and charges nothing.
func (l *Ledger) Void(ctx context.Context, g *models.Generation) error {
	g.State = models.GenerationVoided
	g.CostPico, g.Cost, g.Fee = 0, 0, 0
	return l.resolve(ctx, g)
}

func (l *Ledger) resolve(ctx context.Context, g *models.Generation) error {
	if g.Cost < 0 || g.Fee < 0 {
		return models.Errorf(models.Internal, "generation %s has a negative charge", g.ID)
	}
	err := l.committer.do(ctx, &op{kind: opResolve, gen: g})
	l.forget(g.ID)
	return err
}

// Posting is a balanced movement that is not a generation: a top-up, a grant, a correction.
type Posting struct {
	Kind    string
	Ref     string // Kind and Ref together happen once
	Note    string
	Actor   string
	Entries []models.LedgerEntry // their sum is zero

	// Disputes counts the account's disputes up or down by one, in the same transaction and as
	// often as the posting itself: once.
	Disputes int64
	// Borne refuses the posting with a *Refusal when what it takes is not there, unheld. Without it
	// a posting is a fact, and the balance may fall below zero.
	Borne bool
}

// Post appends a movement. A repeat with the same entries changes nothing and succeeds; the same
// Kind and Ref with other entries is a Conflict.
func (l *Ledger) Post(ctx context.Context, p Posting) error {
	var sum models.Amount
	hash := sha256.New()
	for _, e := range p.Entries {
		sum += e.Amount
		fmt.Fprintf(hash, "%s %d\n", e.AccountID, e.Amount)
	}
	if sum != 0 || len(p.Entries) < 2 {
		return models.Errorf(models.Internal, "posting %s:%s does not sum to zero", p.Kind, p.Ref)
	}
	return l.committer.do(ctx, &op{kind: opPost, terms: p, tx: &models.LedgerTx{
		ID: p.Kind + ":" + p.Ref, Kind: p.Kind, Ref: p.Ref, Hash: hex.EncodeToString(hash.Sum(nil)),
		Note: p.Note, Actor: p.Actor, Entries: p.Entries,
	}})
}

// GrantMax bounds what one grant gives, against a slipped digit.
const GrantMax = models.Amount(1_000_000) * models.NanoPerUSD

// Grant gives an account credit at the house's expense. It may pay for any provider.
func (l *Ledger) Grant(ctx context.Context, accountID string, amount models.Amount, ref, reason, actor string) error {
	if amount <= 0 || amount > GrantMax {
		return models.FieldError("amount", "Grant more than 0 and at most %s US dollars.", GrantMax.USD())
	}
	return l.Post(ctx, Posting{Kind: "grant", Ref: ref, Note: reason, Actor: actor, Entries: []models.LedgerEntry{
		{AccountID: accountID, Amount: amount}, {AccountID: AccountPromo, Amount: -amount},
	}})
}

// HoldAgeMax is how long a hold may go without a sign of life before it is taken back.
const HoldAgeMax = 90 * time.Second

// Beat marks the generations of this process as alive.
func (l *Ledger) Beat(ctx context.Context) error {
	l.mu.Lock()
	list := make([]models.Progress, 0, len(l.live))
	for id := range l.live {
		list = append(list, models.Progress{ID: id})
	}
	l.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	return l.committer.do(ctx, &op{kind: opProgress, progress: list})
}

// Progress notes what a running generation has produced, with the next batch and without waiting
// for it: if this process dies, that is what will be charged.
func (l *Ledger) Progress(g *models.Generation, tokensIn, tokensOut int64) {
	l.committer.offer(&op{kind: opProgress, progress: []models.Progress{{ID: g.ID, Provider: g.Provider, Tag: g.Tag,
		PriceVersion: g.PriceVersion, OwnKey: g.OwnKey, TokensIn: tokensIn, TokensOut: tokensOut}}})
}

// Extend enlarges the hold of a running generation to h.Amount. It returns a *Refusal when the
// money does not bear it; the hold is then as it was.
func (l *Ledger) Extend(ctx context.Context, h *Hold) error {
	err := l.committer.do(ctx, &op{kind: opExtend, gen: h.Generation, extend: h})
	if err == nil {
		h.Generation.Hold = max(h.Generation.Hold, h.Amount)
	}
	return err
}

// expireBatch bounds how many holds one run takes back.
const expireBatch = 1000

// Expire resolves holds whose last beat is older than age and that are not this process's own:
// their process died. What it noted last is charged and marked as an estimate; the rest of what
// the provider may bill is the house's. It returns how many there were.
func (l *Ledger) Expire(ctx context.Context, age time.Duration) (int, error) {
	gens, err := l.db.OpenGenerations(ctx, age, expireBatch)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, g := range gens {
		l.mu.Lock()
		_, own := l.live[g.ID]
		l.mu.Unlock()
		if own {
			continue
		}
		if err := l.recover(ctx, g); err != nil {
			if models.CodeOf(err) == models.Conflict {
				continue // another replica was faster, or its process lives after all
			}
			return n, err
		}
		n++
	}
	return n, nil
}

func (l *Ledger) recover(ctx context.Context, g *models.Generation) error {
	g.State, g.ErrorType, g.Finish, g.Finished, g.Estimated = models.GenerationExpired, "server", "error", time.Now(), true
	if g.Usage.Output > 0 {
		v, err := l.db.PriceVersion(ctx, g.PriceVersion)
		if err != nil {
			return err
		}
		charge, err := chargeOf(v.Pricing, g, false)
		if err != nil {
			return err
		}
		g.CostPico, g.Cost, g.Fee = charge.CostPico, charge.Cost, charge.Fee
	}
	return l.resolve(ctx, g)
}

// Live is how many generations this process is working on.
func (l *Ledger) Live() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.live)
}

func (l *Ledger) begin(id string) {
	l.mu.Lock()
	l.live[id] = struct{}{}
	l.mu.Unlock()
}

func (l *Ledger) forget(id string) {
	l.mu.Lock()
	delete(l.live, id)
	l.mu.Unlock()
}

// side is which part of a customer's credit an entry moves.
type side int

const (
	sidePaid side = iota
	sideSandbox
	sidePromo
)

// customer splits the name of a customer's account from its side; ok is false for the house's own
// accounts.
func customer(account string) (id string, part side, ok bool) {
	if !strings.HasPrefix(account, "acc-") {
		return "", sidePaid, false
	}
	if id, found := strings.CutSuffix(account, models.SandboxSide("")); found {
		return id, sideSandbox, true
	}
	if id, found := strings.CutSuffix(account, models.PromoSide("")); found {
		return id, sidePromo, true
	}
	return account, sidePaid, true
}
