package web

import (
	"strings"

	"bourse/views"
)

// samples are the ways to call a model that a page shows. The key is always the variable.
func samples(base, model string) []views.CodeSample {
	api := base + "/api/v1"
	return []views.CodeSample{
		{Name: "curl", Text: views.ChatCurl(api+"/chat/completions", "$BOURSE_API_KEY", model)},
		{Name: "Python", Text: fill(pythonSample, api, model)},
		{Name: "JavaScript", Text: fill(javascriptSample, api, model)},
		{Name: "Go", Text: fill(goSample, api, model)},
	}
}

func fill(text, api, model string) string {
	return strings.TrimSpace(strings.NewReplacer("{api}", api, "{model}", model).Replace(text))
}

const pythonSample = `
import os
from openai import OpenAI

client = OpenAI(base_url="{api}", api_key=os.environ["BOURSE_API_KEY"])
stream = client.chat.completions.create(
    model="{model}",
    messages=[{"role": "user", "content": "What is a bourse?"}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="")
`

const javascriptSample = `
import OpenAI from "openai";

const client = new OpenAI({ baseURL: "{api}", apiKey: process.env.BOURSE_API_KEY });
const stream = await client.chat.completions.create({
  model: "{model}",
  messages: [{ role: "user", content: "What is a bourse?" }],
  stream: true,
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}
`

const goSample = `
body := strings.NewReader(` + "`" + `{"model": "{model}",
  "messages": [{"role": "user", "content": "What is a bourse?"}]}` + "`" + `)
req, _ := http.NewRequest("POST", "{api}/chat/completions", body)
req.Header.Set("Authorization", "Bearer "+os.Getenv("BOURSE_API_KEY"))
req.Header.Set("Content-Type", "application/json")
res, err := http.DefaultClient.Do(req)
`
