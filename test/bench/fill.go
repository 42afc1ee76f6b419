package main

import (
	"context"
	"fmt"
	"time"

	"bourse/models"
)

const (
	fillKeys  = 10_000
	fillBatch = 2_000
)

// fill writes past generations with their entries, and keys, as the ledger would have written
// them: the audit finds nothing wrong with them.
func fill(s *setup, o options) error {
	ctx := context.Background()
	db, err := models.Open(ctx, models.Options{URL: o.database, DataDir: s.dir})
	if err != nil {
		return err
	}
	defer db.Close()
	u, err := db.UserByEmail(ctx, s.email)
	if err != nil {
		return err
	}
	account, err := db.AccountOfUser(ctx, u.ID)
	if err != nil {
		return err
	}
	err = db.Tx(ctx, func(tx *models.DB) error {
		for i := range fillKeys {
			if _, _, err := tx.InsertKey(ctx, models.APIKey{ID: fmt.Sprintf("key-fill-%d", i), UserID: "usr-fill", AccountID: account.ID, FormID: fmt.Sprintf("fill-%d", i),
				Name: "filled", Hash: fmt.Sprintf("fill-%d", i), Hint: "sk", Limit: -1, CreatedUs: 1}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	store, err := db.Money()
	if err != nil {
		return err
	}
	began := time.Now().Add(-90 * 24 * time.Hour)
	for at := 0; at < o.big; at += fillBatch {
		if err := store.Run(ctx, func(ctx context.Context, m *models.MoneyTx) error {
			return fillSome(ctx, m, account, at, min(at+fillBatch, o.big), began)
		}); err != nil {
			return err
		}
	}
	return nil
}

// cost and fee of each filled generation, nano-USD.
const filledCost, filledFee = 1000, 50

func fillSome(ctx context.Context, m *models.MoneyTx, account models.Account, from, to int, began time.Time) error {
	accounts, _, err := m.Lock(ctx, []string{account.ID}, nil)
	if err != nil {
		return err
	}
	a := accounts[account.ID]
	var gens []*models.Generation
	var txs []*models.LedgerTx
	windows := map[models.WindowKey]*models.WindowState{}
	for i := from; i < to; i++ {
		at := began.Add(time.Duration(i) * time.Millisecond)
		g := &models.Generation{ID: fmt.Sprintf("gen-%d-%020d", at.Unix(), i), AccountID: account.ID, KeyID: fmt.Sprintf("key-fill-%d", i%fillKeys), State: models.GenerationSettled,
			APIType: "completions", Model: "meta-llama/llama-3.3-70b-instruct", Provider: "novita", Tag: "novita", RealCredit: true, FeeBps: 500,
			Usage: models.Usage{Input: 38, Output: 52, Source: models.UsageUpstream, ProviderCost: -1}, CostPico: filledCost * 1000, Cost: filledCost, Fee: filledFee,
			Finish: "stop", Status: 200, Created: at, FirstToken: at, Finished: at}
		gens = append(gens, g)
		a.Posted -= g.Charge()
		a.EntryUs = max(a.EntryUs+1, at.UnixMicro())
		txs = append(txs, &models.LedgerTx{ID: "usage:" + g.ID, Kind: "usage", Ref: g.ID, Note: g.Model, CreatedUs: a.EntryUs, Entries: []models.LedgerEntry{
			{AccountID: a.ID, Amount: -g.Charge(), Balance: a.Posted}, {AccountID: "provider:novita:payable", Amount: filledCost}, {AccountID: "revenue:platform_fee", Amount: filledFee}}})
		key := models.WindowKey{KeyID: g.KeyID, Kind: models.WindowTotal}
		if windows[key] == nil {
			windows[key] = &models.WindowState{Key: key}
		}
		windows[key].Spent += g.Charge()
	}
	if err := m.InsertGenerations(ctx, gens); err != nil {
		return err
	}
	if _, err := m.ResolveGenerations(ctx, gens); err != nil {
		return err
	}
	if err := m.InsertTxs(ctx, txs); err != nil {
		return err
	}
	var keys []models.WindowKey
	for k := range windows {
		keys = append(keys, k)
	}
	_, now, err := m.Lock(ctx, nil, keys)
	if err != nil {
		return err
	}
	var saved []*models.WindowState
	for k, w := range now {
		w.Spent += windows[k].Spent
		saved = append(saved, w)
	}
	if err := m.SaveWindows(ctx, saved); err != nil {
		return err
	}
	return m.SaveAccounts(ctx, []*models.AccountState{a})
}
