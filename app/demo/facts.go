package demo

// Model is what the market has to know to sell a model of the demo. Prices are USD per million
// tokens, as decimals.
type Model struct {
	ID            string
	Name          string
	Description   string
	ContextTokens int
	OutputTokens  int
	InputPrice    string
	OutputPrice   string
	CachePrice    string
	Reasoning     bool
	Dimensions    int // of a vector; 0 for models that write
	Parameters    []string
}

// ProviderName is how pages call the provider.
const ProviderName = "Demo"

const (
	contextTokens = 32_768
	outputTokens  = 4_096
)

// Models are the three models of the demo, in the order in which to show them.
func Models() []Model {
	common := []string{"max_tokens", "temperature", "top_p", "stop", "seed", "tools", "tool_choice"}
	return []Model{
		{
			ID: "bourse/demo", Name: "Bourse: Demo",
			Description: "A built-in model that writes nonsense from the word order of Bourse's own documentation. " +
				"It streams, counts its tokens exactly and asks for tools, so that every step of a paid answer can be tried without a provider.",
			ContextTokens: contextTokens, OutputTokens: outputTokens,
			InputPrice: "0.10", OutputPrice: "0.40", CachePrice: "0.025", Parameters: common,
		},
		{
			ID: "bourse/demo-mini", Name: "Bourse: Demo Mini",
			Description:   "The built-in model in a hurry: shorter memory, shorter answers, more than twice the speed, a fifth of the price.",
			ContextTokens: contextTokens / 4, OutputTokens: outputTokens / 2,
			InputPrice: "0.02", OutputPrice: "0.08", CachePrice: "0.005", Parameters: common,
		},
		{
			ID: "bourse/demo-reasoner", Name: "Bourse: Demo Reasoner",
			Description:   "The built-in model thinking aloud before it answers: its reasoning tokens arrive apart from the answer and are billed as output.",
			ContextTokens: contextTokens, OutputTokens: outputTokens,
			InputPrice: "0.30", OutputPrice: "1.20", CachePrice: "0.075", Reasoning: true,
			Parameters: append([]string{"reasoning", "include_reasoning", "reasoning_effort"}, common...),
		},
	}
}

// manner is how a model talks.
type manner struct {
	// memory are the chances in percent, of a hundred, to look back three and two tokens; else one.
	three, two int
	// short and long bound the length of an answer that nothing else bounds.
	short, long     int
	tokensPerSecond int
	firstTokenMilli int
}

var manners = map[string]manner{
	"bourse/demo":          {three: 25, two: 65, short: 40, long: 160, tokensPerSecond: 150, firstTokenMilli: 60},
	"bourse/demo-mini":     {three: 5, two: 65, short: 20, long: 70, tokensPerSecond: 350, firstTokenMilli: 25},
	"bourse/demo-reasoner": {three: 45, two: 50, short: 50, long: 180, tokensPerSecond: 200, firstTokenMilli: 90},
}
