// The `openai` client, unmodified, against a running Bourse.
import assert from "node:assert/strict";
import test from "node:test";
import OpenAI from "openai";

const { BOURSE_URL, BOURSE_KEY, BOURSE_POOR_KEY } = process.env;
const model = "bourse/demo";
const client = (apiKey = BOURSE_KEY) => new OpenAI({ baseURL: BOURSE_URL, apiKey, maxRetries: 0, timeout: 30_000 });
const ask = (text, more = {}) => ({ model, messages: [{ role: "user", content: text }], ...more });
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

function checkUsage(usage) {
  assert.ok(usage.prompt_tokens > 0 && usage.completion_tokens > 0);
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
  assert.equal(typeof usage.cost, "number");
  assert.ok(usage.cost > 0);
  const { upstream_inference_cost: upstream, platform_fee: fee } = usage.cost_details;
  assert.ok(Math.abs(usage.cost - upstream - fee) < 1e-9, `${usage.cost} is not ${upstream} + ${fee}`);
}

test("models are listed", async () => {
  const ids = [];
  for await (const m of client().models.list()) ids.push(m.id);
  assert.ok(ids.length >= 600, `${ids.length} models`);
  assert.ok(ids.includes(model));
  assert.equal(new Set(ids).size, ids.length);
});

test("a plain answer has its text, its usage and its cost", async () => {
  const answer = await client().chat.completions.create(ask("What is a hold?", { max_tokens: 40 }));
  assert.equal(answer.object, "chat.completion");
  assert.equal(answer.model, model);
  assert.match(answer.id, /^gen-/);
  assert.ok(answer.choices[0].message.content.length > 0);
  assert.equal(answer.choices[0].message.role, "assistant");
  assert.ok(["stop", "length"].includes(answer.choices[0].finish_reason));
  assert.ok(answer.usage.completion_tokens <= 40);
  checkUsage(answer.usage);
});

test("a stream has the same, piece by piece, with its usage at the end", async () => {
  const stream = await client().chat.completions.create(
    ask("What is a key?", { max_tokens: 40, stream: true, stream_options: { include_usage: true } }),
  );
  let text = "";
  let finish;
  let usage;
  let pieces = 0;
  for await (const chunk of stream) {
    assert.equal(chunk.object, "chat.completion.chunk");
    text += chunk.choices[0]?.delta?.content ?? "";
    finish = chunk.choices[0]?.finish_reason ?? finish;
    if (chunk.usage) usage = chunk.usage;
    pieces++;
  }
  assert.ok(text.length > 0 && pieces > 5);
  assert.ok(["stop", "length"].includes(finish));
  checkUsage(usage);
});

test("a tool is asked for, run, and its result is used", async () => {
  const messages = [{ role: "user", content: "What is the weather in Lisbon?" }];
  const first = await client().chat.completions.create({ model, messages, tools });
  const call = first.choices[0].message.tool_calls[0];
  assert.equal(first.choices[0].finish_reason, "tool_calls");
  assert.equal(call.function.name, "get_weather");
  assert.deepEqual(JSON.parse(call.function.arguments), { city: "Lisbon" });
  messages.push(first.choices[0].message, { role: "tool", tool_call_id: call.id, content: "21 degrees" });
  const second = await client().chat.completions.create({ model, messages, tools });
  assert.match(second.choices[0].message.content, /21 degrees/);
});

test("the arguments of a tool stream in pieces", async () => {
  const stream = await client().chat.completions.create(ask("What is the weather in Lisbon?", { tools, stream: true }));
  let name = "";
  let args = "";
  for await (const chunk of stream) {
    for (const call of chunk.choices[0]?.delta?.tool_calls ?? []) {
      name += call.function?.name ?? "";
      args += call.function?.arguments ?? "";
    }
  }
  assert.equal(name, "get_weather");
  assert.deepEqual(JSON.parse(args), { city: "Lisbon" });
});

test("a stream can be left in the middle", async () => {
  const stream = await client().chat.completions.create(ask("Tell me about prices", { max_tokens: 500, stream: true }));
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta?.content) break;
  }
  stream.controller.abort();
});

const embedder = "bourse/demo-embedding";

test("texts become vectors, encoded as the client wants by default and as numbers", async () => {
  const input = ["the price of a token", "prices of tokens", "a red bicycle"];
  const encoded = await client().embeddings.create({ model: embedder, input });
  const plain = await client().embeddings.create({ model: embedder, input, encoding_format: "float", dimensions: 256 });
  assert.equal(encoded.data.length, 3);
  assert.deepEqual(encoded.data.map((d) => d.index), [0, 1, 2]);
  assert.equal(encoded.data[0].embedding.length, 256);
  assert.deepEqual(Array.from(encoded.data[0].embedding), plain.data[0].embedding.map(Math.fround));
  const near = (a, b) => a.embedding.reduce((sum, f, i) => sum + f * b.embedding[i], 0);
  assert.ok(near(plain.data[0], plain.data[1]) > near(plain.data[0], plain.data[2]));
  assert.ok(plain.usage.prompt_tokens > 0 && plain.usage.total_tokens === plain.usage.prompt_tokens && plain.usage.cost > 0);
});

test("the older completions answer, plain and streamed", async () => {
  const plain = await client().completions.create({ model, prompt: "What is a hold?", max_tokens: 30 });
  assert.equal(plain.object, "text_completion");
  assert.ok(plain.choices[0].text.length > 0);
  checkUsage(plain.usage);
  let text = "";
  let usage;
  for await (const chunk of await client().completions.create({ model, prompt: "What is a hold?", max_tokens: 30, stream: true })) {
    text += chunk.choices[0]?.text ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.ok(text.length > 0);
  checkUsage(usage);
});

const refusals = [
  ["a wrong key", () => client("sk-brs-v1-wrong").chat.completions.create(ask("Hello")), 401],
  ["no credit", () => client(BOURSE_POOR_KEY).chat.completions.create(ask("Hello")), 402],
  ["an unknown model", () => client().chat.completions.create({ ...ask("Hello"), model: "bourse/dmeo" }), 404],
  ["a wrong parameter", () => client().chat.completions.create(ask("Hello", { temperature: 9 })), 400],
  ["an empty text for a vector", () => client().embeddings.create({ model: embedder, input: "" }), 400],
  ["a vector of a model that writes", () => client().embeddings.create({ model, input: "a" }), 400],
  ["no messages", () => client().chat.completions.create({ model, messages: [] }), 400],
];
for (const [name, call, status] of refusals) {
  test(`${name} is refused with ${status}`, async () => {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof OpenAI.APIError, String(error));
      assert.equal(error.status, status);
      assert.equal(error.error.code, status);
      assert.ok(error.message.length > 10);
      return true;
    });
  });
}

const weather = { type: "function", name: "get_weather", description: "The weather in a city", strict: false, parameters: tools[0].function.parameters };

function checkResponse(response, status = "completed") {
  assert.equal(response.object, "response");
  assert.equal(response.status, status);
  assert.match(response.id, /^gen-/);
  assert.equal(response.model, model);
  assert.ok(response.usage.input_tokens > 0 && response.usage.output_tokens > 0);
  assert.equal(response.usage.total_tokens, response.usage.input_tokens + response.usage.output_tokens);
  assert.ok(response.usage.cost > 0);
}

test("a response has its text, and says when it was cut", async () => {
  const whole = await client().responses.create({ model, instructions: "Be brief.", input: "What is a hold?", metadata: { a: "b" } });
  checkResponse(whole);
  assert.ok(whole.output_text.length > 0);
  assert.equal(whole.output[0].content[0].text, whole.output_text);
  assert.deepEqual(whole.metadata, { a: "b" });
  const cut = await client().responses.create({ model, input: [{ role: "user", content: "What is a hold?" }], max_output_tokens: 1 });
  checkResponse(cut, "incomplete");
  assert.equal(cut.incomplete_details.reason, "max_output_tokens");
});

test("the events of a response come in order, numbered, and end with all of it", async () => {
  const seen = [];
  let text = "";
  let last;
  for await (const event of await client().responses.create({ model, input: "What is a key?", stream: true })) {
    assert.equal(event.sequence_number, seen.length);
    seen.push(event.type);
    if (event.type === "response.output_text.delta") text += event.delta;
    last = event;
  }
  assert.deepEqual(seen.slice(0, 4), ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"]);
  assert.deepEqual(seen.slice(-4), ["response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"]);
  checkResponse(last.response);
  assert.equal(last.response.output[0].content[0].text, text);
  const gathered = await client().responses.stream({ model, input: "What is a key?" }).finalResponse();
  assert.ok(gathered.output_text.length > 0);
});

for (const streamed of [false, true]) {
  test(`a response asks for a tool, and goes on with its result (${streamed ? "streamed" : "plain"})`, async () => {
    const send = (body) => (streamed ? client().responses.stream(body).finalResponse() : client().responses.create(body));
    const input = [{ role: "user", content: [{ type: "input_text", text: "What is the weather in Lisbon?" }] }];
    const first = await send({ model, input, tools: [weather] });
    const call = first.output.find((item) => item.type === "function_call");
    assert.deepEqual(JSON.parse(call.arguments), { city: "Lisbon" });
    input.push(...first.output, { type: "function_call_output", call_id: call.call_id, output: "21 degrees" });
    const second = await send({ model, input, tools: [weather] });
    assert.match(second.output_text, /21 degrees/);
  });
}

test("the thinking of a response is an item of its own and can be sent back", async () => {
  const body = { model: "bourse/demo-reasoner", reasoning: { effort: "low" }, include: ["reasoning.encrypted_content"] };
  const first = await client().responses.create({ ...body, input: "What is a hold?" });
  assert.deepEqual(first.output.map((item) => item.type), ["reasoning", "message"]);
  assert.ok(first.output[0].content[0].text.length > 0);
  const second = await client().responses.create({ ...body, input: [{ role: "user", content: "What is a hold?" }, ...first.output, { role: "user", content: "And a key?" }] });
  assert.ok(second.output_text.length > 0);
});

const refusedResponses = [
  ["an earlier response", { previous_response_id: "resp_1", input: "a" }, 400],
  ["a response in the background", { background: true, input: "a" }, 400],
  ["no input", {}, 400],
  ["an unknown model", { model: "bourse/dmeo", input: "a" }, 404],
];
for (const [name, body, status] of refusedResponses) {
  test(`${name} is refused with ${status}`, async () => {
    await assert.rejects(client().responses.create({ model, ...body }), (error) => {
      assert.equal(error.status, status);
      assert.ok(error.message.length > 10);
      return true;
    });
  });
}

test("a tool of the provider's is left out, and named", async () => {
  const { data, response } = await client().responses.create({ model, tools: [{ type: "web_search" }], input: "a" }).withResponse();
  assert.ok(data.output_text.length > 0);
  assert.match(response.headers.get("x-bourse-ignored") ?? "", /web_search/);
});
