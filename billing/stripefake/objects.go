package stripefake

// Session is a checkout session in the fields that the marketplace reads.
type Session struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	AmountTotal       int64             `json:"amount_total"`
	AmountSubtotal    int64             `json:"amount_subtotal"`
	Currency          string            `json:"currency"`
	ClientReferenceID string            `json:"client_reference_id"`
	Customer          *string           `json:"customer"`
	CustomerEmail     string            `json:"customer_email,omitempty"`
	CustomerDetails   *Details          `json:"customer_details"`
	Created           int64             `json:"created"`
	ExpiresAt         int64             `json:"expires_at"`
	Invoice           *string           `json:"invoice"`
	Livemode          bool              `json:"livemode"`
	Metadata          map[string]string `json:"metadata"`
	Mode              string            `json:"mode"`
	PaymentIntent     *string           `json:"payment_intent"`
	PaymentStatus     string            `json:"payment_status"` // unpaid, paid
	Status            string            `json:"status"`         // open, complete, expired
	SuccessURL        string            `json:"success_url"`
	CancelURL         string            `json:"cancel_url"`
	TotalDetails      Totals            `json:"total_details"`
	URL               *string           `json:"url"`

	// Ours: what the checkout page shows and the payment takes over.
	Lines          []Line            `json:"fake_lines"`
	Declines       int64             `json:"fake_declines"`
	SaveCard       bool              `json:"fake_save_card"`
	Invoiced       bool              `json:"fake_invoiced"`
	IntentMetadata map[string]string `json:"fake_intent_metadata"`
}

// Line is one line of a checkout.
type Line struct {
	Name  string `json:"name"`
	Cents int64  `json:"cents"`
}

// Totals are the parts of a total.
type Totals struct {
	Tax int64 `json:"amount_tax"`
}

// Details are who bought.
type Details struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

// Intent is a payment.
type Intent struct {
	ID               string            `json:"id"`
	Object           string            `json:"object"`
	Amount           int64             `json:"amount"`
	AmountReceived   int64             `json:"amount_received"`
	Created          int64             `json:"created"`
	Currency         string            `json:"currency"`
	Customer         *string           `json:"customer"`
	LastPaymentError any               `json:"last_payment_error"`
	LatestCharge     any               `json:"latest_charge"` // id, or the charge when it is expanded
	Livemode         bool              `json:"livemode"`
	Metadata         map[string]string `json:"metadata"`
	NextAction       any               `json:"next_action"`
	PaymentMethod    any               `json:"payment_method"`
	Status           string            `json:"status"`

	Session  string `json:"fake_session"`
	SaveCard bool   `json:"fake_save_card"`
	Return   string `json:"fake_return"`
}

// Charge is one try at a payment.
type Charge struct {
	ID              string            `json:"id"`
	Object          string            `json:"object"`
	Amount          int64             `json:"amount"`
	AmountRefunded  int64             `json:"amount_refunded"`
	Created         int64             `json:"created"`
	Currency        string            `json:"currency"`
	Customer        *string           `json:"customer"`
	Disputed        bool              `json:"disputed"`
	Livemode        bool              `json:"livemode"`
	Metadata        map[string]string `json:"metadata"`
	Outcome         map[string]string `json:"outcome"`
	Paid            bool              `json:"paid"`
	PaymentIntent   string            `json:"payment_intent"`
	MethodDetails   map[string]any    `json:"payment_method_details"`
	BillingDetails  map[string]any    `json:"billing_details"`
	ReceiptURL      string            `json:"receipt_url"`
	Refunded        bool              `json:"refunded"`
	Status          string            `json:"status"`
	BalanceTransact string            `json:"balance_transaction"`
}

// Refund is money on its way back.
type Refund struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Amount        int64             `json:"amount"`
	Charge        string            `json:"charge"`
	Created       int64             `json:"created"`
	Currency      string            `json:"currency"`
	FailureReason string            `json:"failure_reason,omitempty"`
	Metadata      map[string]string `json:"metadata"`
	PaymentIntent string            `json:"payment_intent"`
	Status        string            `json:"status"`
}

// Dispute is a payment that the buyer's bank takes back, or may.
type Dispute struct {
	ID                  string            `json:"id"`
	Object              string            `json:"object"`
	Amount              int64             `json:"amount"`
	BalanceTransactions []Txn             `json:"balance_transactions"`
	Charge              string            `json:"charge"`
	Created             int64             `json:"created"`
	Currency            string            `json:"currency"`
	Livemode            bool              `json:"livemode"`
	Metadata            map[string]string `json:"metadata"`
	PaymentIntent       string            `json:"payment_intent"`
	Reason              string            `json:"reason"`
	Status              string            `json:"status"`
}

// Customer is somebody who pays.
type Customer struct {
	ID       string            `json:"id"`
	Object   string            `json:"object"`
	Created  int64             `json:"created"`
	Email    string            `json:"email"`
	Name     string            `json:"name"`
	Livemode bool              `json:"livemode"`
	Metadata map[string]string `json:"metadata"`
}

// Method is a card that is kept.
type Method struct {
	ID       string  `json:"id"`
	Object   string  `json:"object"`
	Card     Card    `json:"card"`
	Created  int64   `json:"created"`
	Customer *string `json:"customer"`
	Livemode bool    `json:"livemode"`
	Type     string  `json:"type"`

	Later string `json:"fake_later"` // what it does when nobody is there: good, authenticate, decline, delay
}

// Card is what may be shown of a card.
type Card struct {
	Brand       string `json:"brand"`
	Last4       string `json:"last4"`
	ExpMonth    int64  `json:"exp_month"`
	ExpYear     int64  `json:"exp_year"`
	Fingerprint string `json:"fingerprint"`
}

// Txn is a movement of the marketplace's balance at the payment provider.
type Txn struct {
	ID       string `json:"id"`
	Object   string `json:"object"`
	Amount   int64  `json:"amount"`
	Created  int64  `json:"created"`
	Currency string `json:"currency"`
	Fee      int64  `json:"fee"`
	Net      int64  `json:"net"`
	Source   string `json:"source"`
	Status   string `json:"status"`
	Type     string `json:"type"`
}

// Portal is a way into the pages on which somebody looks after their cards.
type Portal struct {
	ID        string `json:"id"`
	Object    string `json:"object"`
	Created   int64  `json:"created"`
	Customer  string `json:"customer"`
	ReturnURL string `json:"return_url"`
	URL       string `json:"url"`
}

// page is a list as the API answers it.
type page struct {
	Object  string `json:"object"`
	Data    any    `json:"data"`
	HasMore bool   `json:"has_more"`
	URL     string `json:"url"`
}
