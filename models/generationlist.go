package models

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// generationRow is the table as it is read back.
type generationRow struct {
	ID, AccountID, KeyID             string
	State                            GenerationState
	APIType                          string `gorm:"column:api_type"`
	Model, Provider, Tag             string
	PriceVersion                     string
	FeeBps                           int64
	RealCredit, Streamed, OwnKey     bool
	HoldNano                         Amount
	Usage                            string
	TokensIn, TokensOut              int64
	CostPico                         int64
	CostNano, FeeNano                Amount
	Estimated, Cancelled             bool
	Finish, NativeFinish, UpstreamID string
	ErrorType                        string
	Status                           int
	Attempts                         string
	Referer, Title, UserAgent        string
	RequestID, Replica               string
	CreatedUs, FirstTokenUs          int64
	FinishedUs                       int64
}

func (r *generationRow) generation() (*Generation, error) {
	g := &Generation{
		ID: r.ID, AccountID: r.AccountID, KeyID: r.KeyID, State: r.State, APIType: r.APIType, Model: r.Model,
		Provider: r.Provider, Tag: r.Tag, PriceVersion: r.PriceVersion, FeeBps: r.FeeBps, OwnKey: r.OwnKey, RealCredit: r.RealCredit,
		Streamed: r.Streamed, Hold: r.HoldNano, CostPico: r.CostPico,
		Cost: r.CostNano, Fee: r.FeeNano, Estimated: r.Estimated, Cancelled: r.Cancelled, Finish: r.Finish,
		NativeFinish: r.NativeFinish, UpstreamID: r.UpstreamID, ErrorType: r.ErrorType, Status: r.Status, Referer: r.Referer,
		Title: r.Title, UserAgent: r.UserAgent, RequestID: r.RequestID, Replica: r.Replica,
		Created: fromMicro(r.CreatedUs), FirstToken: fromMicro(r.FirstTokenUs), Finished: fromMicro(r.FinishedUs),
	}
	if r.Usage != "" {
		if err := json.Unmarshal([]byte(r.Usage), &g.Usage); err != nil {
			return nil, fmt.Errorf("usage of %s: %w", r.ID, err)
		}
	}
	if r.State == GenerationOpen { // what its process noted last
		g.Usage = Usage{Input: r.TokensIn, Output: r.TokensOut, Source: UsageEstimate, ProviderCost: -1}
	}
	if err := json.Unmarshal([]byte(r.Attempts), &g.Attempts); err != nil {
		return nil, fmt.Errorf("attempts of %s: %w", r.ID, err)
	}
	return g, nil
}

// GenerationByID reads one generation of one account; another account's is NotFound.
func (db *DB) GenerationByID(ctx context.Context, accountID, id string) (*Generation, error) {
	var row generationRow
	err := db.r(ctx).Table("generation").Where("id = ? AND account_id = ?", id, accountID).Take(&row).Error
	if isMissing(err) {
		return nil, Errorf(NotFound, "There is no generation %s on this account.", clip(id))
	}
	if err != nil {
		return nil, fmt.Errorf("read generation: %w", err)
	}
	return row.generation()
}

// GenerationFilter says which generations of an account to list, newest first.
type GenerationFilter struct {
	AccountID string
	KeyID     string // "" = all
	Model     string // "" = all
	From, To  time.Time
	Limit     int // at most 1000
	Offset    int
}

func (f GenerationFilter) apply(g *gorm.DB) *gorm.DB {
	g = g.Where("account_id = ?", f.AccountID)
	if f.KeyID != "" {
		g = g.Where("key_id = ?", f.KeyID)
	}
	if f.Model != "" {
		g = g.Where("model = ?", f.Model)
	}
	if !f.From.IsZero() {
		g = g.Where("created_us >= ?", f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		g = g.Where("created_us < ?", f.To.UnixMicro())
	}
	return g
}

// Generations lists an account's generations, newest first.
func (db *DB) Generations(ctx context.Context, f GenerationFilter) ([]*Generation, error) {
	var rows []generationRow
	limit := min(max(f.Limit, 1), 1000)
	err := f.apply(db.r(ctx).Table("generation")).Order("created_us DESC, id DESC").Limit(limit).Offset(max(f.Offset, 0)).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list generations: %w", err)
	}
	out := make([]*Generation, 0, len(rows))
	for i := range rows {
		g, err := rows[i].generation()
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// GenerationTotals are sums over the generations that a filter selects.
type GenerationTotals struct {
	Count     int64
	TokensIn  int64
	TokensOut int64
	Cost      Amount
	Fee       Amount
	Failed    int64 // ended without a charge
}

// SumGenerations counts and adds up what the filter selects; Limit and Offset do not matter.
func (db *DB) SumGenerations(ctx context.Context, f GenerationFilter) (GenerationTotals, error) {
	var t GenerationTotals
	err := f.apply(db.r(ctx).Table("generation")).Select(`COUNT(*) AS count, COALESCE(SUM(tokens_in), 0) AS tokens_in,
		COALESCE(SUM(tokens_out), 0) AS tokens_out, COALESCE(SUM(cost_nano), 0) AS cost, COALESCE(SUM(fee_nano), 0) AS fee,
		COALESCE(SUM(CASE WHEN state = 2 THEN 1 ELSE 0 END), 0) AS failed`).Scan(&t).Error
	if err != nil {
		return t, fmt.Errorf("sum generations: %w", err)
	}
	return t, nil
}

// GenerationModels lists the models that an account has called, in order of their ids.
func (db *DB) GenerationModels(ctx context.Context, accountID string) ([]string, error) {
	var out []string
	err := db.r(ctx).Table("generation").Where("account_id = ?", accountID).Distinct().Order("model").Limit(500).Pluck("model", &out).Error
	if err != nil {
		return nil, fmt.Errorf("list models used: %w", err)
	}
	return out, nil
}

// OpenGenerations lists holds whose last beat is longer ago than age, oldest first.
func (db *DB) OpenGenerations(ctx context.Context, age time.Duration, limit int) ([]*Generation, error) {
	now, err := db.now(ctx)
	if err != nil {
		return nil, err
	}
	var rows []generationRow
	err = db.r(ctx).Table("generation").Where("state = 0 AND beat_us < ?", now-age.Microseconds()).Order("beat_us").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list open holds: %w", err)
	}
	out := make([]*Generation, 0, len(rows))
	for i := range rows {
		g, err := rows[i].generation()
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}
