// The `@anthropic-ai/sdk` client, unmodified, against a running Bourse: any chat model answers it.
import assert from "node:assert/strict";
import test from "node:test";
import Anthropic from "@anthropic-ai/sdk";

const { BOURSE_URL, BOURSE_KEY, BOURSE_POOR_KEY } = process.env;
const model = "bourse/demo";
const reasoner = "bourse/demo-reasoner";
const baseURL = BOURSE_URL.replace(/\/v1$/, ""); // this client adds /v1 itself
const client = (apiKey = BOURSE_KEY) => new Anthropic({ baseURL, apiKey, authToken: null, maxRetries: 0, timeout: 30_000 });
const ask = (text, more = {}) => ({ model, max_tokens: 60, messages: [{ role: "user", content: text }], ...more });
const tools = [
  {
    name: "get_weather",
    description: "The weather in a city",
    input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
];

function checkUsage(usage) {
  assert.ok(usage.input_tokens > 0 && usage.output_tokens > 0, JSON.stringify(usage));
  assert.equal(typeof usage.cost, "number");
  assert.ok(usage.cost > 0);
}

test("a message has its text, its usage and its cost", async () => {
  const message = await client().messages.create(ask("What is a hold?", { system: "Be brief." }));
  assert.equal(message.type, "message");
  assert.equal(message.role, "assistant");
  assert.equal(message.model, model);
  assert.equal(message.content[0].type, "text");
  assert.ok(message.content[0].text.length > 0);
  assert.ok(["end_turn", "max_tokens"].includes(message.stop_reason));
  checkUsage(message.usage);
});

test("either header carries the key", async () => {
  for (const options of [{ apiKey: null, authToken: BOURSE_KEY }, { apiKey: "x", defaultHeaders: { authorization: null, "x-api-key": BOURSE_KEY } }]) {
    const message = await new Anthropic({ baseURL, maxRetries: 0, ...options }).messages.create(ask("What is a key?"));
    assert.ok(message.content.length > 0);
  }
});

test("a stream is gathered by the client into the same", async () => {
  const stream = client().messages.stream(ask("What is a key?"));
  let text = "";
  let pieces = 0;
  let last; // the client's own sum of the usage leaves out what it does not know
  stream.on("streamEvent", (event) => {
    if (event.type === "message_delta") last = event.usage;
  });
  stream.on("text", (piece) => {
    text += piece;
    pieces++;
  });
  const message = await stream.finalMessage();
  assert.ok(pieces > 5);
  assert.equal(message.content[0].text, text);
  assert.ok(["end_turn", "max_tokens"].includes(message.stop_reason));
  assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0);
  checkUsage(last);
});

test("a model that thinks shows it in a block of its own", async () => {
  const more = { model: reasoner, max_tokens: 2000, thinking: { type: "enabled", budget_tokens: 1024 } };
  const plain = await client().messages.create(ask("What is a hold?", more));
  assert.deepEqual(plain.content.map((b) => b.type), ["thinking", "text"]);
  assert.ok(plain.content[0].thinking.length > 0);
  const streamed = await client().messages.stream(ask("What is a hold?", more)).finalMessage();
  assert.deepEqual(streamed.content.map((b) => b.type), ["thinking", "text"]);
  assert.ok(streamed.content[0].thinking.length > 0 && streamed.content[1].text.length > 0);
  const again = await client().messages.create({
    ...ask("", more),
    messages: [{ role: "user", content: "What is a hold?" }, { role: "assistant", content: streamed.content }, { role: "user", content: "And a key?" }],
  });
  assert.ok(again.content.length > 0);
});

for (const streamed of [false, true]) {
  test(`a tool is asked for, run, and its result is used (${streamed ? "streamed" : "plain"})`, async () => {
    const send = (body) => (streamed ? client().messages.stream(body).finalMessage() : client().messages.create(body));
    const messages = [{ role: "user", content: [{ type: "text", text: "What is the weather in Lisbon?", cache_control: { type: "ephemeral" } }] }];
    const first = await send({ model, max_tokens: 200, tools, messages });
    assert.equal(first.stop_reason, "tool_use");
    const call = first.content.find((b) => b.type === "tool_use");
    assert.equal(call.name, "get_weather");
    assert.deepEqual(call.input, { city: "Lisbon" });
    messages.push({ role: "assistant", content: first.content });
    messages.push({ role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: [{ type: "text", text: "21 degrees" }] }] });
    const second = await send({ model, max_tokens: 200, tools, messages });
    assert.match(second.content[0].text, /21 degrees/);
    assert.equal(second.stop_reason, "end_turn");
  });
}

test("tokens are counted before they are paid for", async () => {
  const short = await client().messages.countTokens({ model, messages: [{ role: "user", content: "Hello" }] });
  const long = await client().messages.countTokens({ model, tools, system: "Be brief.", messages: [{ role: "user", content: "Hello ".repeat(100) }] });
  assert.ok(short.input_tokens > 0 && long.input_tokens > short.input_tokens + 80);
});

test("a stream can be left in the middle", async () => {
  const stream = await client().messages.create(ask("Tell me about prices", { max_tokens: 500, stream: true }));
  for await (const event of stream) {
    if (event.type === "content_block_delta") break;
  }
  stream.controller.abort();
});

const refusals = [
  ["a wrong key", Anthropic.AuthenticationError, "authentication_error", () => client("sk-brs-v1-wrong").messages.create(ask("Hello"))],
  ["no credit", Anthropic.APIError, "billing_error", () => client(BOURSE_POOR_KEY).messages.create(ask("Hello"))],
  ["an unknown model", Anthropic.NotFoundError, "not_found_error", () => client().messages.create({ ...ask("Hello"), model: "claude-nobody-9" })],
  ["a wrong parameter", Anthropic.BadRequestError, "invalid_request_error", () => client().messages.create(ask("Hello", { temperature: 9 }))],
  ["no messages", Anthropic.BadRequestError, "invalid_request_error", () => client().messages.create({ model, max_tokens: 9, messages: [] })],
  ["a tool of the provider's", Anthropic.BadRequestError, "invalid_request_error", () =>
    client().messages.create(ask("Hello", { tools: [{ type: "web_search_20250305", name: "web_search" }] }))],
];
for (const [name, kind, type, call] of refusals) {
  test(`${name} is refused with ${type}`, async () => {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof kind, `${error.constructor.name}: ${error.message}`);
      assert.equal(error.error.type, "error");
      assert.equal(error.error.error.type, type);
      assert.ok(error.error.error.message.length > 10);
      return true;
    });
  });
}
