package web

import (
	"strings"

	"bourse/app/catalog"
	"bourse/views"
)

// samples are the ways to call a model that a page shows. The key is always the variable.
func samples(base, model, kind string) []views.CodeSample {
	api := base + "/api/v1"
	if kind == catalog.TypeEmbedding {
		return []views.CodeSample{
			{Name: "curl", Text: fill(curlEmbedding, api, model)},
			{Name: "Python", Text: fill(pythonEmbedding, api, model)},
			{Name: "TypeScript", Text: fill(typescriptEmbedding, api, model)},
		}
	}
	return []views.CodeSample{
		{Name: "curl", Text: views.ChatCurl(api+"/chat/completions", "$BOURSE_API_KEY", model)},
		{Name: "Python", Text: fill(pythonSample, api, model)},
		{Name: "TypeScript", Text: fill(typescriptSample, api, model)},
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

const typescriptSample = `
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

const curlEmbedding = `
curl {api}/embeddings \
  -H "Authorization: Bearer $BOURSE_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{"model": "{model}", "input": ["What is a bourse?"]}'
`

const pythonEmbedding = `
import os
from openai import OpenAI

client = OpenAI(base_url="{api}", api_key=os.environ["BOURSE_API_KEY"])
answer = client.embeddings.create(model="{model}", input=["What is a bourse?"])
print(answer.data[0].embedding[:5], answer.usage)
`

const typescriptEmbedding = `
import OpenAI from "openai";

const client = new OpenAI({ baseURL: "{api}", apiKey: process.env.BOURSE_API_KEY });
const answer = await client.embeddings.create({ model: "{model}", input: ["What is a bourse?"] });
console.log(answer.data[0].embedding.slice(0, 5), answer.usage);
`

const goSample = `
package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	body := strings.NewReader(` + "`" + `{"model": "{model}",
		"messages": [{"role": "user", "content": "What is a bourse?"}]}` + "`" + `)
	req, err := http.NewRequest("POST", "{api}/chat/completions", body)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+os.Getenv("BOURSE_API_KEY"))
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(os.Stdout, res.Body); err != nil {
		log.Fatal(err)
	}
}
`
