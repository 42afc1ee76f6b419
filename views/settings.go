package views

import "bourse/views/ui"

func themeOptions(now string) []ui.Option {
	return []ui.Option{
		{Value: "system", Text: "As the system says", On: now == ""},
		{Value: "light", Text: "Light", On: now == "light"},
		{Value: "dark", Text: "Dark", On: now == "dark"},
	}
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
