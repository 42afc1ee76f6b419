package views

import (
	"net/url"
	"strings"

	"bourse/views/ui"
)

func activityOfKey(id string) string { return PathActivity + "?key=" + url.QueryEscape(id) }

func perMinute(now string, errs FormErrors) ui.Field {
	return ui.Field{Name: "per_minute", Label: "Requests a minute", Value: now, InputMode: "numeric", Autocomplete: "off", MaxLength: "7",
		Hint: "Optional. Requests beyond that are refused with the time to wait.", Error: errs.On("per_minute")}
}

func resetOptions(now string) []ui.Option {
	options := []ui.Option{
		{Value: "", Text: "Never: it is a total"},
		{Value: "daily", Text: "Each day at 00:00 UTC"},
		{Value: "weekly", Text: "Each Monday at 00:00 UTC"},
		{Value: "monthly", Text: "On the first of each month, 00:00 UTC"},
	}
	for i := range options {
		options[i].On = options[i].Value == now
	}
	return options
}

// What the forms of keys send.
const (
	KeyManages = "manage"
	KeyRests   = "disabled"
)

func useOptions(now string) []ui.Option {
	return []ui.Option{
		{Value: "", Text: "Calling models", On: now != KeyManages},
		{Value: KeyManages, Text: "Managing other keys; it calls no model", On: now == KeyManages},
	}
}

func worksOptions(disabled bool) []ui.Option {
	return []ui.Option{
		{Value: "", Text: "Works", On: !disabled},
		{Value: KeyRests, Text: "Is disabled until you enable it again", On: disabled},
	}
}

// KeysCurl writes a command that lists keys.
func KeysCurl(endpoint, key string) string {
	return "curl " + endpoint + " \\\n" + `  -H "Authorization: Bearer ` + key + `"`
}

// ChatCurl writes a command that calls a model and streams the answer.
func ChatCurl(endpoint, key, model string) string {
	return strings.Join([]string{
		"curl -N " + endpoint + " \\",
		`  -H "Authorization: Bearer ` + key + `" \`,
		`  -H "Content-Type: application/json" \`,
		`  -d '{"model": "` + model + `", "stream": true,`,
		`       "messages": [{"role": "user", "content": "What is a bourse?"}]}'`,
	}, "\n")
}
