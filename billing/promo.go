package billing

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"bourse/models"
)

// PromoTerms are what a code gives.
type PromoTerms struct {
	Code    string // "" = a random one
	Amount  models.Amount
	Uses    int64     // by how many accounts it can be entered
	Days    int64     // how long the credit lasts
	Expires time.Time // until when it can be entered; zero = for good
	Reason  string
}

// What a code may be.
const (
	PromoDaysDefault = 90
	promoUsesMost    = 1_000_000
	promoDaysMost    = 3650
	promoCodeLength  = 12

	promoTriesPerHour = 10 // of one account, against guessing
)

var promoCode = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{3,39}$`)

// CreatePromo makes a code that gives credit to whoever enters it, and returns it.
func (b *Billing) CreatePromo(ctx context.Context, p PromoTerms) (string, error) {
	code := normalCode(p.Code)
	if code == "" {
		code = strings.ToUpper(string(models.AppendRandom(nil, promoCodeLength)))
	}
	switch {
	case !promoCode.MatchString(code):
		return "", models.FieldError("code", "A code is 4 to 40 letters, digits and hyphens.")
	case p.Amount <= 0 || p.Amount > GrantMax:
		return "", models.FieldError("amount", "Give more than 0 and at most %s US dollars.", GrantMax.USD())
	case p.Uses < 1 || p.Uses > promoUsesMost:
		return "", models.FieldError("uses", "A code can be used 1 to %d times.", promoUsesMost)
	case p.Days < 1 || p.Days > promoDaysMost:
		return "", models.FieldError("days", "The credit lasts 1 to %d days.", promoDaysMost)
	case p.Reason == "":
		return "", models.FieldError("reason", "Say why: it stands in the books for good.")
	}
	c := models.PromoCode{Code: code, Amount: p.Amount, UsesMax: p.Uses, CreditDays: p.Days, Reason: p.Reason, CreatedUs: b.now().UnixMicro()}
	if !p.Expires.IsZero() {
		c.ExpiresUs = p.Expires.UnixMicro()
	}
	return code, b.db.CreatePromoCode(ctx, c)
}

func normalCode(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }

// Redeem gives an account the credit of a code, once. A code that does not work is Invalid; one
// that this account has used gives nothing more, with again set.
func (b *Billing) Redeem(ctx context.Context, accountID, code string) (lot models.PromoLot, again bool, err error) {
	if code = normalCode(code); code == "" || !promoCode.MatchString(code) {
		return lot, false, models.FieldError("code", "A code is 4 to 40 letters, digits and hyphens.")
	}
	if b.config.Allow != nil {
		if ok, _ := b.config.Allow("promo:"+accountID, promoTriesPerHour, time.Hour); !ok {
			return lot, false, models.Errorf(models.RateLimited, "Too many codes were tried. Try again in an hour.")
		}
	}
	lot, again, err = b.db.TakePromoCode(ctx, code, accountID, b.now())
	if err != nil {
		return lot, again, err
	}
	return lot, again, b.postLot(ctx, lot)
}

func (b *Billing) postLot(ctx context.Context, lot models.PromoLot) error {
	if lot.PostedUs != 0 {
		return nil
	}
	err := b.Ledger.Post(ctx, Posting{Kind: "promo", Ref: lot.ID, Note: "Code " + lot.Code + ", until " + lot.Expires().UTC().Format("2 January 2006"), Actor: lot.Code,
		Entries: []models.LedgerEntry{{AccountID: models.PromoSide(lot.AccountID), Amount: lot.Amount}, {AccountID: AccountPromo, Amount: -lot.Amount}}})
	if err != nil {
		return err
	}
	return b.db.MarkPromoLot(ctx, lot.ID, "posted", b.now())
}

// PromoLots lists an account's given credit that has not ended, with what is left of each.
func (b *Billing) PromoLots(ctx context.Context, accountID string) ([]models.PromoLot, error) {
	lots, err := b.db.PromoLots(ctx, accountID)
	if err != nil {
		return nil, err
	}
	account, err := b.db.AccountByID(ctx, accountID)
	if err != nil {
		return nil, err
	}
	left := account.Promo
	for i := len(lots) - 1; i >= 0; i-- { // what ends last is spent last
		rest := min(lots[i].Amount, max(left, 0))
		left -= lots[i].Amount
		lots[i].Amount = rest
	}
	return lots, nil
}

// ExpirePromos ends given credit whose time is over: what is left of it goes back. While calls run
// that may need it, it stays until the next run.
func (b *Billing) ExpirePromos(ctx context.Context) error {
	due, err := b.db.DuePromoLots(ctx, b.now())
	if err != nil {
		return err
	}
	for _, lot := range due {
		if err := b.expireLot(ctx, lot); err != nil {
			b.log.Error("given credit does not end", "lot", lot.ID, "err", err)
		}
	}
	return nil
}

func (b *Billing) expireLot(ctx context.Context, lot models.PromoLot) error {
	if err := b.postLot(ctx, lot); err != nil || b.now().Before(lot.Expires()) {
		return err
	}
	open, err := b.PromoLots(ctx, lot.AccountID)
	if err != nil {
		return err
	}
	var left models.Amount
	for _, l := range open {
		if l.ID == lot.ID {
			left = l.Amount
		}
	}
	if left > 0 {
		err := b.Ledger.Post(ctx, Posting{Kind: "promo-expired", Ref: lot.ID, Note: "Code " + lot.Code + ": the rest has ended", Actor: lot.Code, Borne: true,
			Entries: []models.LedgerEntry{{AccountID: models.PromoSide(lot.AccountID), Amount: -left}, {AccountID: AccountPromo, Amount: left}}})
		var refused *Refusal
		switch {
		case errors.As(err, &refused):
			return nil
		case models.CodeOf(err) == models.Conflict: // ended before with another rest: nothing is left to do
		case err != nil:
			return err
		}
	}
	return b.db.MarkPromoLot(ctx, lot.ID, "closed", b.now())
}

// ExpireSandbox ends all sandbox credit by visible movements, so that the database can be used
// with real payments. It returns how many accounts had some.
func (b *Billing) ExpireSandbox(ctx context.Context) (int, error) {
	list, err := b.db.SandboxAccounts(ctx)
	if err != nil {
		return 0, err
	}
	for i, a := range list {
		err := b.Ledger.Post(ctx, Posting{Kind: "sandbox-expired", Ref: a.ID + ":" + itoa(b.now().UnixMicro()), Note: "Sandbox credit has ended", Borne: true,
			Entries: []models.LedgerEntry{{AccountID: models.SandboxSide(a.ID), Amount: -a.Sandbox}, {AccountID: accountSandboxEnded, Amount: a.Sandbox}}})
		if err != nil {
			return i, err
		}
	}
	return len(list), nil
}
