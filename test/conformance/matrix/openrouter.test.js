import assert from "node:assert/strict";
import { OpenRouter } from "@openrouter/sdk";
import * as errors from "@openrouter/sdk/models/errors";
import { BOURSE_KEY, BOURSE_MODEL as model, BOURSE_URL, cells, city, leave, say } from "./cell.js";

const client = new OpenRouter({ serverURL: BOURSE_URL, apiKey: BOURSE_KEY, retryConfig: { strategy: "none" }, timeoutMs: 30_000 });
const NotFound = errors.NotFoundResponseError;

{
  const cell = cells("@openrouter/sdk", "chat/completions");
  const ask = (text, more = {}) => ({ chatRequest: { model, messages: [{ role: "user", content: text }], ...more } });
  const tools = [{ type: "function", function: { name: "get_weather", parameters: city } }];
  cell("plain", async () => assert.equal((await client.chat.send(ask(say.plain))).choices[0].message.content, "The market is open today."));
  cell("stream", async () => {
    let text = "";
    let usage;
    for await (const c of await client.chat.send(ask(say.plain, { stream: true }))) {
      text += c.choices[0]?.delta?.content ?? "";
      usage = c.usage ?? usage;
    }
    assert.equal(text, "The market is open today.");
    assert.ok(usage.cost > 0);
  });
  cell("tools", async () => {
    const a = await client.chat.send(ask(say.tools, { tools }));
    assert.deepEqual(JSON.parse(a.choices[0].message.toolCalls[0].function.arguments), { city: "Paris" });
    let streamed = "";
    for await (const c of await client.chat.send(ask(say.tools, { tools, stream: true }))) {
      for (const call of c.choices[0]?.delta?.toolCalls ?? []) streamed += call.function?.arguments ?? "";
    }
    assert.deepEqual(JSON.parse(streamed), { city: "Paris" });
  });
  cell("error", () => assert.rejects(client.chat.send(ask(say.plain, { model: "nobody/nothing" })), NotFound));
  cell("mid-stream error", async () => {
    let failure;
    let finish;
    for await (const c of await client.chat.send(ask(say.broken, { stream: true }))) {
      failure = c.error ?? failure;
      finish = c.choices[0]?.finishReason ?? finish;
    }
    assert.equal(failure.code, 502);
    assert.equal(finish, "error");
  });
  cell("cancel", async () => {
    const abort = new AbortController();
    const stream = await client.chat.send(ask(say.endless, { stream: true }), { fetchOptions: { signal: abort.signal } });
    await leave(stream, () => abort.abort(), (c) => c.choices[0]?.delta?.content);
  });
}

{
  const cell = cells("@openrouter/sdk", "responses");
  const ask = (input, more = {}) => ({ responsesRequest: { model, input, ...more } });
  const tools = [{ type: "function", name: "get_weather", parameters: city, strict: false }];
  cell("plain", async () => assert.equal((await client.responses.send(ask(say.plain))).outputText, "The market is open today."));
  cell("stream", async () => {
    let text = "";
    for await (const e of await client.responses.send(ask(say.plain, { stream: true }))) if (e.type === "response.output_text.delta") text += e.delta;
    assert.equal(text, "The market is open today.");
  });
  cell("tools", async () => {
    const a = await client.responses.send(ask(say.tools, { tools }));
    assert.deepEqual(JSON.parse(a.output.find((o) => o.type === "function_call").arguments), { city: "Paris" });
    let done;
    for await (const e of await client.responses.send(ask(say.tools, { tools, stream: true }))) if (e.type === "response.function_call_arguments.done") done = e.arguments;
    assert.deepEqual(JSON.parse(done), { city: "Paris" });
  });
  cell("error", () => assert.rejects(client.responses.send(ask(say.plain, { model: "nobody/nothing" })), NotFound));
  cell("mid-stream error", async () => {
    let last;
    for await (const e of await client.responses.send(ask(say.broken, { stream: true }))) last = e;
    assert.ok(["response.failed", "error"].includes(last.type), last.type);
  });
  cell("cancel", async () => {
    const abort = new AbortController();
    const stream = await client.responses.send(ask(say.endless, { stream: true }), { fetchOptions: { signal: abort.signal } });
    await leave(stream, () => abort.abort(), (e) => e.type === "response.output_text.delta");
  });
}

{
  const cell = cells("@openrouter/sdk", "embeddings");
  const ask = (input) => ({ requestBody: { model: "bourse/demo-embedding", input } });
  cell("plain", async () => assert.equal((await client.embeddings.generate(ask("a"))).data[0].embedding.length, 256));
  cell("error", () => assert.rejects(client.embeddings.generate(ask("")), errors.BadRequestResponseError));
}
