package views

import "bourse/views/ui"

func themeOptions(now string) []ui.Option {
	return []ui.Option{
		{Value: "system", Text: "As the system says", On: now == ""},
		{Value: "light", Text: "Light", On: now == "light"},
		{Value: "dark", Text: "Dark", On: now == "dark"},
	}
}

const compact = "compact"

func densityOptions(now string) []ui.Option {
	return []ui.Option{
		{Value: "comfortable", Text: "Comfortable", On: now != compact},
		{Value: compact, Text: "Compact", On: now == compact},
	}
}

// nextDensity is what the button beside a list asks for.
func nextDensity(now string) string {
	if now == compact {
		return "comfortable"
	}
	return compact
}

func densityTitle(now string) string {
	if now == compact {
		return "Rows: compact. Change to comfortable"
	}
	return "Rows: comfortable. Change to compact"
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
