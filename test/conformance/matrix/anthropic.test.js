import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { BOURSE_KEY, BOURSE_MODEL as model, BOURSE_URL, cells, city, leave, say } from "./cell.js";

const client = new Anthropic({ baseURL: BOURSE_URL.replace(/\/v1$/, ""), apiKey: BOURSE_KEY, authToken: null, maxRetries: 0, timeout: 30_000 });
const cell = cells("@anthropic-ai/sdk", "messages");
const ask = (text, more = {}) => ({ model, max_tokens: 200, messages: [{ role: "user", content: text }], ...more });
const tools = [{ name: "get_weather", input_schema: city }];

cell("plain", async () => assert.equal((await client.messages.create(ask(say.plain))).content[0].text, "The market is open today."));
cell("stream", async () => {
  const message = await client.messages.stream(ask(say.plain)).finalMessage();
  assert.equal(message.content[0].text, "The market is open today.");
  assert.ok(message.usage.output_tokens > 0);
});
cell("tools", async () => {
  const plain = await client.messages.create(ask(say.tools, { tools }));
  const streamed = await client.messages.stream(ask(say.tools, { tools })).finalMessage();
  for (const m of [plain, streamed]) {
    assert.equal(m.stop_reason, "tool_use");
    assert.deepEqual(m.content.find((b) => b.type === "tool_use").input, { city: "Paris" });
  }
});
cell("error", () => assert.rejects(client.messages.create(ask(say.plain, { model: "nobody/nothing" })), Anthropic.NotFoundError));
cell("mid-stream error", () =>
  assert.rejects(async () => {
    for await (const e of await client.messages.create(ask(say.broken, { stream: true }))) assert.ok(e.type);
  }, Anthropic.APIError));
cell("cancel", async () => {
  const stream = await client.messages.create(ask(say.endless, { stream: true, max_tokens: 5000 }));
  await leave(stream, () => stream.controller.abort(), (e) => e.type === "content_block_delta");
});
cells("@anthropic-ai/sdk", "messages/count_tokens")("plain", async () => {
  const { max_tokens, ...body } = ask(say.plain);
  assert.ok((await client.messages.countTokens(body)).input_tokens > 0);
});
