package models

// UsageSource says where the counts of a generation come from.
type UsageSource string

// The sources, best first.
const (
	UsageUpstream UsageSource = "upstream" // the provider reported them
	UsageEstimate UsageSource = "estimate" // counted by us from what passed
)

// Usage is the one record that every dialect's counts are mapped to. The parts are included in
// their totals and never overlap.
type Usage struct {
	Input        int64 `json:"input"` // prompt tokens, all of them
	CacheRead    int64 `json:"cache_read,omitempty"`
	CacheWrite   int64 `json:"cache_write,omitempty"` // kept five minutes, or the provider's default
	CacheWrite1h int64 `json:"cache_write_1h,omitempty"`
	InputAudio   int64 `json:"input_audio,omitempty"`
	InputImage   int64 `json:"input_image,omitempty"`
	Output       int64 `json:"output"` // completion tokens, reasoning included
	Reasoning    int64 `json:"reasoning,omitempty"`
	OutputAudio  int64 `json:"output_audio,omitempty"`
	OutputImage  int64 `json:"output_image,omitempty"`
	Searches     int64 `json:"searches,omitempty"`
	// Tier is the service tier whose prices hold, "" for the usual one.
	Tier string `json:"tier,omitempty"`

	Source UsageSource `json:"source"`
	// ProviderCost is what the provider says it charges, nano-USD; -1 when it says nothing.
	ProviderCost Amount `json:"provider_cost"`
	// Anomaly names what did not add up in the provider's counts, "" when all did.
	Anomaly string `json:"anomaly,omitempty"`
	// Raw is what the provider said, kept where something did not add up.
	Raw string `json:"raw,omitempty"`
}
