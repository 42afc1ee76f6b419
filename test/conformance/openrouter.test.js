// The `@openrouter/sdk` client, unmodified, against a running Bourse. It checks every answer against
// its schema and throws when one does not fit.
import assert from "node:assert/strict";
import test from "node:test";
import { OpenRouter } from "@openrouter/sdk";
import { z } from "zod/v4";
import * as errors from "@openrouter/sdk/models/errors";

const { BOURSE_URL, BOURSE_KEY, BOURSE_POOR_KEY } = process.env;
const model = "bourse/demo";
const client = (apiKey = BOURSE_KEY) =>
  new OpenRouter({ serverURL: BOURSE_URL, apiKey, retryConfig: { strategy: "none" }, timeoutMs: 30_000 });
const ask = (text, more = {}) => ({ chatRequest: { model, messages: [{ role: "user", content: text }], ...more } });
const tools = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "The weather in a city",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];

test("every model parses, page by page", async () => {
  const ids = [];
  for await (const page of await client().models.list()) {
    for (const m of page.result.data) ids.push(m.id);
  }
  assert.ok(ids.length >= 600, `${ids.length} models`);
  assert.equal(new Set(ids).size, ids.length, "a model is listed twice");
});

test("the offers of a model parse", async () => {
  const answer = await client().endpoints.list({ author: "bourse", slug: "demo" });
  assert.equal(answer.data.id, model);
  assert.equal(answer.data.endpoints.length, 1);
});

test("the providers parse", async () => {
  const answer = await client().providers.list();
  assert.ok(answer.data.length >= 50);
});

test("the key and the credits parse", async () => {
  const key = await client().apiKeys.getCurrentKeyMetadata();
  assert.match(key.data.label, /^sk-brs-v1-.{4}….{4}$/);
  const credits = await client().credits.getCredits();
  assert.ok(credits.data.totalCredits > 0);
});

test("a plain answer parses, and its generation can be read at once", async () => {
  const answer = await client().chat.send(ask("What is a hold?", { maxTokens: 40 }));
  assert.ok(answer.choices[0].message.content.length > 0);
  assert.ok(answer.usage.cost > 0);
  assert.equal(answer.usage.totalTokens, answer.usage.promptTokens + answer.usage.completionTokens);
  const generation = await client().generations.getGeneration({ id: answer.id });
  assert.equal(generation.data.id, answer.id);
  assert.equal(generation.data.totalCost, answer.usage.cost);
  assert.equal(generation.data.tokensCompletion, answer.usage.completionTokens);
});

test("every piece of a stream parses", async () => {
  const stream = await client().chat.send(ask("What is a key?", { maxTokens: 40, stream: true, streamOptions: { includeUsage: true } }));
  let text = "";
  let usage;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.ok(text.length > 0);
  assert.ok(usage.cost > 0);
});

test("reasoning parses, plain and streamed", async () => {
  const reasoner = "bourse/demo-reasoner";
  const plain = await client().chat.send(ask("What is a hold?", { model: reasoner, maxTokens: 120 }));
  assert.ok(plain.choices[0].message.reasoning.length > 0);
  assert.ok(plain.usage.completionTokensDetails.reasoningTokens > 0);
  let thought = "";
  for await (const chunk of await client().chat.send(ask("What is a hold?", { model: reasoner, maxTokens: 120, stream: true }))) {
    thought += chunk.choices[0]?.delta?.reasoning ?? "";
  }
  assert.ok(thought.length > 0);
});

test("a tool is asked for, run, and its result is used", async () => {
  const messages = [{ role: "user", content: "What is the weather in Lisbon?" }];
  const first = await client().chat.send({ chatRequest: { model, messages, tools } });
  const call = first.choices[0].message.toolCalls[0];
  assert.equal(first.choices[0].finishReason, "tool_calls");
  assert.deepEqual(JSON.parse(call.function.arguments), { city: "Lisbon" });
  messages.push(first.choices[0].message, { role: "tool", toolCallId: call.id, content: "21 degrees" });
  const second = await client().chat.send({ chatRequest: { model, messages, tools } });
  assert.match(second.choices[0].message.content, /21 degrees/);
});

test("vectors parse", async () => {
  const answer = await client().embeddings.generate({ requestBody: { model: "bourse/demo-embedding", input: ["a hold", "a key"] } });
  assert.equal(answer.data.length, 2);
  assert.equal(answer.data[0].embedding.length, 256);
  assert.ok(answer.usage.promptTokens > 0);
});

test("a response parses, plain and streamed", async () => {
  const plain = await client().responses.send({ responsesRequest: { model, input: "What is a hold?" } });
  assert.equal(plain.status, "completed");
  assert.ok(plain.outputText.length > 0);
  let text = "";
  let last;
  for await (const event of await client().responses.send({ responsesRequest: { model, input: "What is a hold?", stream: true } })) {
    assert.notEqual(event.type, "UNKNOWN", JSON.stringify(event));
    if (event.type === "response.output_text.delta") text += event.delta;
    last = event;
  }
  assert.equal(last.type, "response.completed");
  assert.ok(text.length > 0 && last.response.usage.cost > 0);
});

test("callModel runs its loop", async () => {
  const plain = client().callModel({ model, input: "What is a hold?" });
  assert.ok((await plain.getText()).length > 0);
  const reasoned = client().callModel({ model: "bourse/demo-reasoner", input: "What is a hold?" });
  let text = "";
  for await (const piece of reasoned.getTextStream()) text += piece;
  assert.ok(text.length > 0);
  let asked;
  const execute = async (input) => {
    asked = input;
    return { degrees: 21 };
  };
  const parameters = z.object({ city: z.string() });
  const agent = client().callModel({
    model,
    input: "What is the weather in Lisbon?",
    tools: [{ type: "function", function: { name: "get_weather", description: "The weather in a city", inputSchema: parameters, execute } }],
  });
  const answer = await agent.getText();
  assert.deepEqual(asked, { city: "Lisbon" });
  assert.match(answer, /21/);
});

const refusals = [
  ["a wrong key", errors.UnauthorizedResponseError, () => client("sk-brs-v1-wrong").chat.send(ask("Hello"))],
  ["no credit", errors.PaymentRequiredResponseError, () => client(BOURSE_POOR_KEY).chat.send(ask("Hello"))],
  ["an unknown model", errors.NotFoundResponseError, () => client().chat.send(ask("Hello", { model: "bourse/dmeo" }))],
  ["a wrong parameter", errors.BadRequestResponseError, () => client().chat.send(ask("Hello", { temperature: 9 }))],
  ["an unknown generation", errors.NotFoundResponseError, () => client().generations.getGeneration({ id: "gen-0" })],
];
for (const [name, kind, call] of refusals) {
  test(`${name} is refused with an error that parses`, async () => {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof kind, `${error.constructor.name}: ${error.message}`);
      assert.ok(error.error.message.length > 10);
      return true;
    });
  });
}
