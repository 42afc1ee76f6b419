package web

import (
	"time"

	"bourse/views"
	"bourse/views/ui"

	"github.com/a-h/templ"
)

// galleryTime is the moment at which the samples of the gallery happen.
var galleryTime = time.Date(2026, 11, 22, 14, 3, 9, 0, time.UTC)

var galleryPager = ui.Pager{
	Label: "Pages", Next: "?page=2", Note: "1–50 of 84",
	Pages: []ui.PageLink{{Text: "1", Href: "?page=1", Current: true}, {Text: "2", Href: "?page=2"}},
}

func galleryEntries() []views.LedgerRow {
	return []views.LedgerRow{
		{Time: galleryTime, Kind: "Fee", Text: "openai/gpt-5.5", Href: "/activity/gen-1", Amount: "−$0.0000614", Balance: "$12.4007106"},
		{Time: galleryTime, Kind: "Usage", Text: "openai/gpt-5.5", Href: "/activity/gen-1", Amount: "−$0.001228", Balance: "$12.400772"},
		{Time: galleryTime.Add(-time.Hour), Kind: "Top-up", Text: "Sandbox payment", Amount: "+$25.00", In: true, Balance: "$12.402", Sandbox: true},
	}
}

func galleryPresets() []views.Preset {
	return []views.Preset{{Value: "10", Text: "$10"}, {Value: "25", Text: "$25", On: true}, {Value: "50", Text: "$50"}, {Value: "100", Text: "$100"}}
}

func galleryCredits(sh views.Shell) templ.Component {
	sh.Flash = "$25.00 was credited."
	return views.Credits(views.CreditsPage{
		Shell: sh, Available: "$12.40", Held: "$0.12", SandboxPart: "$12.40", Low: "1.00",
		Given: []string{"$2.00 was given by the code WELCOME and ends on 20 Feb 2027; it is spent first."}, Payments: true, Card: "Visa ending in 4242",
		Auto: "Below $5.00, $25.00 are bought; at most $100.00 in a month.", AutoOn: true,
		Buy:     views.BuyForm{CanBuy: true, Presets: galleryPresets(), Minimum: "$5.00", Maximum: "$10,000.00", Processing: "2.9% + $0.30", Bps: "290", Cents: "30", AskAgain: "$25.00"},
		Kinds:   []ui.Option{{Value: "", Text: "Everything", On: true}, {Value: "top_up", Text: "Top-ups"}},
		Entries: galleryEntries(), Pager: galleryPager,
	})
}

func galleryCreditsEmpty(sh views.Shell) templ.Component {
	sh.Balance, sh.BalanceLow = "$0.00", true
	return views.Credits(views.CreditsPage{
		Shell: sh, Available: "$0.00", Auto: "Calls are refused when the credit is used up. It can be bought automatically instead.",
		Buy: views.BuyForm{CanBuy: true, Presets: galleryPresets(), Own: "3", Minimum: "$5.00", Maximum: "$10,000.00",
			Errors: views.FormErrors{{Field: "own", Message: "The least that can be paid is $5.00."}}},
	})
}

func galleryReturn(sh views.Shell, state string) templ.Component {
	p := views.CreditsReturnPage{
		Shell: sh, ID: "top-1764043200-4f9a", State: state, Amount: "$25.00", Started: galleryTime,
		Paid: galleryTime.Add(8 * time.Second), Payment: "pi_test_77", Reason: "Your card has insufficient funds.",
	}
	if state == views.TopUpCredited {
		p.Credited = galleryTime.Add(9 * time.Second)
	}
	p.Slow = state == views.TopUpPaid
	return views.CreditsReturn(p)
}

func galleryKeys(sh views.Shell) templ.Component {
	return views.Keys(views.KeysPage{Shell: sh, Now: galleryTime, Keys: []views.KeyRow{
		{
			ID: "key-1", Name: "Notebook", Hint: "sk-brs-v1-4mQ…2Ns", Created: galleryTime.AddDate(0, -1, 0),
			LastUsed: galleryTime.Add(-5 * time.Minute), SpentToday: "$0.12", SpentTotal: "$9.30",
			Limit: "$10.00", LimitUsed: "$9.30", LimitShare: .93, LimitReset: "each month",
		},
		{ID: "key-2", Name: "Nightly batch", Hint: "sk-brs-v1-Zk1…q8L", Created: galleryTime, SpentToday: "$0.00", SpentTotal: "$0.00", Expires: galleryTime.AddDate(0, 1, 0)},
		{ID: "key-3", Name: "Old laptop", Hint: "sk-brs-v1-77a…P0x", Created: galleryTime.AddDate(-1, 0, 0), LastUsed: galleryTime.AddDate(0, -3, 0), SpentToday: "$0.00", SpentTotal: "$41.07", Dead: "revoked"},
	}})
}

func galleryCalls() []views.GenerationRow {
	return []views.GenerationRow{
		{ID: "gen-1764043200-abc", Time: galleryTime, Model: "openai/gpt-5.5", Provider: "OpenAI", Key: "Notebook", Input: 1204, Cached: 1024, Output: 310, Cost: "$0.0012894", Duration: "2.41 s", State: "settled", Streamed: true},
		{ID: "gen-1764043100-abd", Time: galleryTime.Add(-time.Minute), Model: "bourse/demo", Provider: "Demo", Key: "Notebook", Input: 40, Output: 112, Cost: "$0.0000155", Duration: "0.80 s", State: "settled", Cancelled: true, Estimated: true, Demo: true},
		{ID: "gen-1764043000-abe", Time: galleryTime.Add(-time.Hour), Model: "deepseek/deepseek-v3.2", Provider: "DeepInfra", Key: "Nightly batch", Input: 99, Cost: "$0.00", Duration: "0.20 s", State: "void", Why: "upstream 503"},
		{ID: "gen-1764042000-abf", Time: galleryTime.Add(-2 * time.Hour), Model: "qwen/qwen3-coder", Provider: "Novita", Key: "Nightly batch", State: "running"},
	}
}

func galleryActivity(sh views.Shell) templ.Component {
	return views.Activity(views.ActivityPage{
		Shell: sh, Requests: "84", Tokens: "120,448", Spent: "$0.1032894",
		Models: []ui.Option{{Value: "", Text: "All models", On: true}, {Value: "openai/gpt-5.5", Text: "openai/gpt-5.5"}},
		Keys:   []ui.Option{{Value: "", Text: "All keys", On: true}, {Value: "key-1", Text: "Notebook"}},
		From:   "2026-11-01", Rows: galleryCalls(), Pager: galleryPager,
	})
}

func galleryReceipt(sh views.Shell) templ.Component {
	return views.Receipt(views.ReceiptPage{
		Shell: sh, Generation: galleryCalls()[0],
		Lines: []views.ReceiptLine{
			{Unit: "Input", Count: "180", Price: "$2.50", Per: "1M tokens", Amount: "$0.00045"},
			{Unit: "Input from cache", Count: "1,024", Price: "$0.25", Per: "1M tokens", Amount: "$0.000256"},
			{Unit: "Output", Count: "310", Price: "$15.00", Per: "1M tokens", Amount: "$0.00465"},
		},
		ProviderCost: "$0.005356", FeeRate: "5%", Fee: "$0.0002678", Total: "$0.0056238", Hold: "$0.0412",
		PriceVersion: "pv-1764000000-x1", PriceSince: galleryTime.AddDate(0, -3, 0), ModelHref: "/models/openai/gpt-5.5",
		Finish: "stop", FirstToken: "0.31 s", Speed: "148 tokens/s",
		Attempts: []views.Attempt{
			{Provider: "Azure", Result: "refused: 429 too many requests", Duration: "0.12 s"},
			{Provider: "OpenAI", Result: "answered", Duration: "2.29 s", Good: true},
		},
		Entries: galleryEntries()[:2],
	})
}

func gallerySettings(sh views.Shell) templ.Component {
	return views.Settings(views.SettingsPage{
		Shell: sh, Name: "Ada", Joined: galleryTime.AddDate(0, -2, 0), Now: galleryTime,
		PasswordErrors: views.FormErrors{{Field: "current", Message: "This is not your current password."}},
		Sessions: []views.SessionRow{
			{ID: "s1", Device: "Firefox on Linux", IP: "192.0.2.7", Created: galleryTime.AddDate(0, 0, -3), LastSeen: galleryTime, Current: true},
			{ID: "s2", Device: "Safari on iPhone", IP: "198.51.100.4", Created: galleryTime.AddDate(0, 0, -9), LastSeen: galleryTime.Add(-3 * time.Hour)},
		},
	})
}

func galleryPaymentRows() []views.PaymentRow {
	return []views.PaymentRow{
		{ID: "top-1764043200-4f9a", Time: galleryTime, Credit: "$25.00", Paid: "$26.03", Card: "Visa ending in 4242", State: "credited", Tone: "good", Invoice: "https://invoice.example/1", Number: "BRS-0042", Refund: "$25.00"},
		{ID: "top-1764043100-4f9b", Time: galleryTime.Add(-time.Hour), Credit: "$10.00", Paid: "$10.59", Card: "Visa ending in 4242", State: "disputed", Tone: "bad", Auto: true, WhyNot: "The account is frozen."},
		{ID: "top-1764043000-4f9c", Time: galleryTime.Add(-2 * time.Hour), Credit: "$10.00", State: "refused", Tone: "bad", WhyNot: "Nothing was paid."},
	}
}

func galleryPayments(sh views.Shell) templ.Component {
	return views.Payments(views.PaymentsPage{Shell: sh, Rows: galleryPaymentRows(), Pager: galleryPager})
}

func galleryPayment(sh views.Shell) templ.Component {
	return views.Payment(views.PaymentPage{
		Shell: sh, Row: galleryPaymentRows()[0], Seller: "Bourse Ltd, London", Total: "$26.03", Paid: galleryTime, Payment: "pi_77", Livemode: true,
		Lines:  []views.PaymentLine{{Text: "$25.00 of credits", Amount: "$25.00"}, {Text: "Card processing", Amount: "$1.03"}},
		Billed: []string{"Ada Lovelace", "ada@example.org", "12 St James's Square", "London", "GB123456789"},
		Events: []views.PaymentEvent{{Time: galleryTime, Text: "Refund", Amount: "$5.00", State: "on its way", Tone: "warn"}},
	})
}

func galleryAuto(sh views.Shell) templ.Component {
	return views.AutoTopUp(views.AutoTopUpPage{
		Shell: sh, On: true, Card: "Visa ending in 4242", Below: "5.00", Each: "25.00", Cap: "20.00", Spent: "$50.00", Fee: "Card processing is added: $1.03 for $25.00.",
		Reason: "A purchase of $26.03 was refused: Your card has insufficient funds. The next try is not before 22 November 15:03 UTC.",
		Errors: views.FormErrors{{Field: "cap", Message: "A month must bear one purchase at least: from $26.03 to $1000000.00."}},
		Attempts: []views.AutoAttempt{
			{Time: galleryTime, Amount: "$26.03", State: "refused", Tone: "bad", Text: "Your card has insufficient funds.", Href: "/credits/return?topup=top-1"},
			{Time: galleryTime.Add(-time.Hour), Amount: "$26.03", State: "credited", Tone: "good", Href: "/credits/return?topup=top-2"},
		},
	})
}

func galleryAdminPayments(sh views.Shell) templ.Component {
	return views.AdminPayments(views.AdminPaymentsPage{
		Shell: sh, Mode: "Stripe, live", ByBooks: "$69.28", ByProvider: "$59.28",
		Differences: []views.DifferenceRow{{ID: "unknown-payment:pi_1", Kind: "unknown-payment", Object: "pi_1", Found: galleryTime, Text: "A payment of $10.00 arrived for a purchase that the books do not know."}},
		Clearing:    []views.PaymentLine{{Text: "Payments", Amount: "+$88.37"}, {Text: "The provider's fees", Amount: "−$19.09"}},
		Disputes:    []views.DisputeRow{{ID: "du_1", Time: galleryTime, Account: "acc-1", Amount: "$10.59", State: "lost", Tone: "bad", Reason: "fraudulent", Release: true}},
		Payments:    []views.AdminPaymentRow{{Row: galleryPaymentRows()[0], Account: "acc-1", Payment: "pi_77", Risk: "normal"}},
		Runs:        []views.RunRow{{Time: galleryTime, Since: galleryTime.AddDate(0, 0, -3), Took: "0.41 s", Seen: "84 checkouts, 91 payments, 2 refunds, 1 dispute, 0 undelivered events", Fixed: "1", Open: "1"}},
		Events:      []views.EventRow{{ID: "evt_1", Time: galleryTime, Type: "checkout.session.completed", Version: "2023-10-16", Deliveries: "2"}},
	})
}
