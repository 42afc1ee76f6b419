package views

// The addresses about payments.
const (
	PathAuto           = "/credits/auto"     // GET, POST on below each cap
	PathPayments       = "/credits/payments" // GET, GET /+id (also .txt), GET and POST /+id/refund
	PathConfirm        = "/credits/confirm"  // POST topup
	PathPortal         = "/credits/cards"    // POST: to the payment provider's pages about cards
	PathCode           = "/credits/code"     // POST code
	PathLow            = "/credits/low"      // POST low
	PathSandboxPayment = "/sandbox/payment/" // GET +id, POST +id action amount
	PathSandboxPortal  = "/sandbox/portal/"  // GET +id, POST +id card
	PathAdminPayments  = "/admin/payments"   // GET; POST /compare, /resolve, /release
)
