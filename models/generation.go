package models

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// GenerationState says how far a request has come. It leaves open exactly once.
type GenerationState int64

// The states.
const (
	GenerationOpen    GenerationState = 0 // the row is the hold
	GenerationSettled GenerationState = 1 // charged
	GenerationVoided  GenerationState = 2 // nothing was answered, nothing is owed
	GenerationExpired GenerationState = 3 // its process died; charged what was known, or nothing
)

// Attempt is one try at one endpoint.
type Attempt struct {
	Provider string `json:"provider"`
	Tag      string `json:"tag"`
	Status   int    `json:"status"` // 0 when no answer came
	Error    string `json:"error,omitempty"`
	Ms       int64  `json:"ms"`
}

// Generation is one request and its record: who asked, which endpoint answered, what was counted,
// what it cost. Its text is never kept.
type Generation struct {
	ID           string
	AccountID    string
	KeyID        string
	State        GenerationState
	APIType      string // completions
	Model        string
	Provider     string
	Tag          string
	PriceVersion string
	FeeBps       int64
	OwnKey       bool // the provider is paid by the customer: the account pays the fee only
	RealCredit   bool // only credit that was not given by the sandbox may pay for it
	Streamed     bool
	Hold         Amount
	Usage        Usage
	CostPico     int64 // exact, before the one rounding
	Cost         Amount
	Fee          Amount
	Estimated    bool
	Cancelled    bool // the client left
	Finish       string
	NativeFinish string
	UpstreamID   string
	ErrorType    string
	Status       int // of our answer
	Attempts     []Attempt
	Referer      string
	Title        string
	UserAgent    string
	RequestID    string
	Replica      string
	Created      time.Time
	FirstToken   time.Time // zero when nothing was sent
	Finished     time.Time

	// Absorbed is what the provider will bill although the account pays nothing for it. It is
	// posted when the generation is resolved and stands in the ledger only.
	Absorbed Amount
}

// Charge is what the account paid.
func (g *Generation) Charge() Amount { return g.Cost + g.Fee }

// ProviderCost is what the provider's list comes to, whoever paid it.
func (g *Generation) ProviderCost() Amount {
	if g.OwnKey {
		return Amount((g.CostPico + picoPerNano/2) / picoPerNano)
	}
	return g.Cost
}

const picoPerNano = 1_000

// What is known of a generation before it is answered, and what becomes known when it ends.
const (
	holdColumns    = "account_id:t key_id:t api_type:t fee_bps:i real_credit:b streamed:b referer:t title:t user_agent:t request_id:t replica:t created_us:i beat_us:i"
	choiceColumns  = "model:t provider:t tag:t price_version:t own_key:b hold_nano:i"
	outcomeColumns = `state:i usage:t tokens_in:i tokens_cached:i tokens_out:i cost_pico:i cost_nano:i fee_nano:i estimated:b cancelled:b
		finish:t native_finish:t upstream_id:t error_type:t status:i attempts:t first_token_us:i finished_us:i`
)

func (g *Generation) holdValues(nowUs int64) []any {
	return []any{g.AccountID, g.KeyID, g.APIType, g.FeeBps, g.RealCredit, g.Streamed, g.Referer, g.Title, g.UserAgent, g.RequestID, g.Replica,
		g.Created.UnixMicro(), nowUs}
}

// choiceValues may change until the end: which endpoint it is, with whose key, and what is held.
func (g *Generation) choiceValues() []any {
	return []any{g.Model, g.Provider, g.Tag, g.PriceVersion, g.OwnKey, int64(g.Hold)}
}

func (g *Generation) outcomeValues() ([]any, error) {
	usage, err := json.Marshal(g.Usage)
	if err != nil {
		return nil, fmt.Errorf("encode usage of %s: %w", g.ID, err)
	}
	attempts, err := json.Marshal(g.Attempts)
	if err != nil {
		return nil, fmt.Errorf("encode attempts of %s: %w", g.ID, err)
	}
	return []any{int64(g.State), string(usage), g.Usage.Input, g.Usage.CacheRead, g.Usage.Output, g.CostPico, int64(g.Cost), int64(g.Fee), g.Estimated,
		g.Cancelled, g.Finish, g.NativeFinish, g.UpstreamID, g.ErrorType, int64(g.Status), string(attempts), micro(g.FirstToken), micro(g.Finished)}, nil
}

// InsertGenerations writes open generations: their holds. The outcome has its defaults.
func (m *MoneyTx) InsertGenerations(ctx context.Context, gens []*Generation) error {
	if len(gens) == 0 {
		return nil
	}
	nowUs, err := m.now(ctx)
	if err != nil {
		return err
	}
	b := m.bulk("id:t " + holdColumns + " " + choiceColumns)
	for _, g := range gens {
		b.add(slices.Concat([]any{g.ID}, g.holdValues(nowUs), g.choiceValues())...)
	}
	if err := b.insert(ctx, m, "generation", ""); err != nil {
		return fmt.Errorf("insert holds: %w", err)
	}
	return nil
}

// InsertEnded writes generations whose hold and outcome are stored in one.
func (m *MoneyTx) InsertEnded(ctx context.Context, gens []*Generation) error {
	if len(gens) == 0 {
		return nil
	}
	nowUs, err := m.now(ctx)
	if err != nil {
		return err
	}
	b := m.bulk("id:t " + holdColumns + " " + choiceColumns + " " + outcomeColumns)
	for _, g := range gens {
		outcome, err := g.outcomeValues()
		if err != nil {
			return err
		}
		b.add(slices.Concat([]any{g.ID}, g.holdValues(nowUs), g.choiceValues(), outcome)...)
	}
	if err := b.insert(ctx, m, "generation", ""); err != nil {
		return fmt.Errorf("insert ended generations: %w", err)
	}
	return nil
}

const resolveQuery = `UPDATE generation SET state = v.state, model = v.model, provider = v.provider, tag = v.tag,
	price_version = v.price_version, usage = v.usage, tokens_in = v.tokens_in, tokens_cached = v.tokens_cached,
	tokens_out = v.tokens_out, cost_pico = v.cost_pico, cost_nano = v.cost_nano, fee_nano = v.fee_nano,
	estimated = v.estimated, cancelled = v.cancelled, finish = v.finish, native_finish = v.native_finish,
	upstream_id = v.upstream_id, error_type = v.error_type, status = v.status, attempts = v.attempts,
	first_token_us = v.first_token_us, finished_us = v.finished_us, own_key = v.own_key
	FROM {v} WHERE generation.id = v.id AND generation.state = 0`

// outcomes puts what became of the generations into rows. The hold is only compared.
func (m *MoneyTx) outcomes(gens []*Generation) (*bulk, error) {
	b := m.bulk("id:t " + choiceColumns + " " + outcomeColumns)
	for _, g := range gens {
		outcome, err := g.outcomeValues()
		if err != nil {
			return nil, err
		}
		b.add(slices.Concat([]any{g.ID}, g.choiceValues(), outcome)...)
	}
	return b, nil
}

// ResolveGenerations moves open generations to the state they carry and writes their outcome. It
// returns what was held for those that were open until now; the others had been resolved before.
func (m *MoneyTx) ResolveGenerations(ctx context.Context, gens []*Generation) (map[string]Amount, error) {
	held := make(map[string]Amount, len(gens))
	b, err := m.outcomes(gens)
	if err != nil {
		return nil, err
	}
	if m.dialect != PostgreSQL {
		// The hold is nearly always the one that the process remembers, and then there is nothing
		// to read back.
		var others []*Generation
		err := b.changing(m, resolveQuery+" AND generation.hold_nano = v.hold_nano", func(row int, changed bool) {
			if g := gens[row]; changed {
				held[g.ID] = g.Hold
			} else {
				others = append(others, g)
			}
		})
		if err != nil {
			return nil, fmt.Errorf("resolve generations: %w", err)
		}
		if len(others) == 0 {
			return held, nil
		}
		if b, err = m.outcomes(others); err != nil {
			return nil, err
		}
	}
	err = b.read(ctx, m, resolveQuery+" RETURNING generation.id, generation.hold_nano", func(r row) error {
		var id string
		var hold Amount
		err := r.Scan(&id, &hold)
		held[id] = hold
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("resolve generations: %w", err)
	}
	return held, nil
}

// GenerationStates returns the states of those generations that exist, by id.
func (m *MoneyTx) GenerationStates(ctx context.Context, ids []string) (map[string]GenerationState, error) {
	b := m.bulk("id:t")
	for _, id := range ids {
		b.add(id)
	}
	out := map[string]GenerationState{}
	err := b.read(ctx, m, "SELECT g.id, g.state FROM generation AS g, {v} WHERE g.id = v.id", func(r row) error {
		var id string
		var state GenerationState
		err := r.Scan(&id, &state)
		out[id] = state
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for generations: %w", err)
	}
	return out, nil
}

// Progress is how far a running generation has come: what is charged if its process dies.
type Progress struct {
	ID           string
	Provider     string // of the endpoint that is answering
	Tag          string
	PriceVersion string
	OwnKey       bool
	TokensIn     int64
	TokensOut    int64 // 0: only a sign of life
}

// RecordProgress marks open generations as alive now, and notes what they have produced. A sign of
// life alone leaves what was noted before.
func (m *MoneyTx) RecordProgress(ctx context.Context, list []Progress) error {
	if len(list) == 0 {
		return nil
	}
	nowUs, err := m.now(ctx)
	if err != nil {
		return err
	}
	b := m.bulk("id:t beat:i provider:t tag:t price_version:t tokens_in:i tokens_out:i own_key:b")
	for _, p := range list {
		b.add(p.ID, nowUs, p.Provider, p.Tag, p.PriceVersion, p.TokensIn, p.TokensOut, p.OwnKey)
	}
	err = b.exec(ctx, m, `UPDATE generation SET beat_us = v.beat,
		provider = CASE WHEN v.tokens_out > 0 THEN v.provider ELSE generation.provider END,
		tag = CASE WHEN v.tokens_out > 0 THEN v.tag ELSE generation.tag END,
		price_version = CASE WHEN v.tokens_out > 0 THEN v.price_version ELSE generation.price_version END,
		own_key = CASE WHEN v.tokens_out > 0 THEN v.own_key ELSE generation.own_key END,
		tokens_in = CASE WHEN v.tokens_out > 0 THEN v.tokens_in ELSE generation.tokens_in END,
		tokens_out = CASE WHEN v.tokens_out > generation.tokens_out THEN v.tokens_out ELSE generation.tokens_out END
		FROM {v} WHERE generation.id = v.id AND generation.state = 0`)
	if err != nil {
		return fmt.Errorf("record progress: %w", err)
	}
	return nil
}

// Holds returns what is held now for those generations that are open, by id.
func (m *MoneyTx) Holds(ctx context.Context, ids []string) (map[string]Amount, error) {
	b := m.bulk("id:t")
	for _, id := range ids {
		b.add(id)
	}
	out := map[string]Amount{}
	err := b.read(ctx, m, "SELECT g.id, g.hold_nano FROM generation AS g, {v} WHERE g.state = 0 AND g.id = v.id", func(r row) error {
		var id string
		var hold Amount
		err := r.Scan(&id, &hold)
		out[id] = hold
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for holds: %w", err)
	}
	return out, nil
}

// SaveHolds writes larger holds of open generations.
func (m *MoneyTx) SaveHolds(ctx context.Context, holds map[string]Amount) error {
	b := m.bulk("id:t hold:i")
	for id, hold := range holds {
		b.add(id, int64(hold))
	}
	if err := b.exec(ctx, m, "UPDATE generation SET hold_nano = v.hold FROM {v} WHERE generation.id = v.id AND generation.state = 0"); err != nil {
		return fmt.Errorf("save holds: %w", err)
	}
	return nil
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicro(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
