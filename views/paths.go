package views

// The addresses that pages link to and forms are sent to. app/routes.go mounts the same ones.
const (
	PathHome            = "/"
	PathModels          = "/models"
	PathCompare         = "/compare"             // GET ?m= &in= &out= &cached=
	PathPrices          = "/prices"              // GET ?q= &provider= &direction= &least= &days= &flapping= &page=; also .json .csv .rss
	PathProviders       = "/providers"           // GET ?order=, GET /+slug ?page=
	PathAuthors         = "/authors"             // GET ?order=
	PathMarket          = "/market"              // GET; data at /market/+name.csv
	PathRankings        = "/rankings"            // GET ?by= &view= &traffic=; also .csv .json
	PathDocs            = "/docs"                // GET, GET /+page, GET /+page.md
	PathSearch          = "/search"              // GET ?q=
	PathChat            = "/chat"                // GET ?m= &q=, POST the form; /stream: POST, /cost/+generation: GET
	PathSignUp          = "/sign-up"             // GET, POST email password next
	PathSignIn          = "/sign-in"             // GET, POST email password next
	PathSignOut         = "/sign-out"            // POST
	PathVerify          = "/verify"              // GET ?token=
	PathVerifyAgain     = "/verify/again"        // POST: send the mail once more
	PathConsent         = "/auth"                // GET, POST callback_url code_challenge code_challenge_method limit reset key_label
	PathReset           = "/reset"               // GET, POST email
	PathResetNew        = "/reset/new"           // GET ?token=, POST token password
	PathCredits         = "/credits"             // GET ?kind= &from= &to= &page=, POST form amount own again save
	PathCreditsReturn   = "/credits/return"      // GET ?topup=
	PathStatement       = "/credits/statement"   // GET ?from= &to=; .csv and .jsonl: the same as files
	PathSandboxCheckout = "/sandbox/checkout/"   // GET +id, POST +id action card
	PathKeys            = "/keys"                // GET
	PathKeysNew         = "/keys/new"            // GET, POST form name limit reset expires
	PathKey             = "/keys/"               // +id/revoke: GET, POST name
	PathActivity        = "/activity"            // GET ?model= &key= &from= &to= &page=
	PathGeneration      = "/activity/"           // GET +generation id
	PathSettings        = "/settings"            // GET
	PathProfile         = "/settings/profile"    // POST name
	PathPassword        = "/settings/password"   // POST current password
	PathKeyboard        = "/settings/keyboard"   // POST shortcuts=on|off
	PathDensity         = "/settings/density"    // POST density=compact|comfortable next
	PathSession         = "/settings/sessions/"  // POST +id/revoke, and "others"/revoke
	PathAlerts          = "/alerts"              // GET ?model= &price=, POST model price offers below
	PathAlert           = "/alerts/"             // +id/remove: GET, POST
	PathOwnKeys         = "/settings/providers"  // GET, POST provider key base_url
	PathOwnKey          = "/settings/providers/" // POST +id do=test|up|down|remove
	PathTheme           = "/theme"               // POST theme=light|dark|system next
	PathDevMail         = "/dev/mail"            // GET, GET /+number
)
