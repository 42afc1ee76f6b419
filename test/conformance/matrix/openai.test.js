import assert from "node:assert/strict";
import OpenAI from "openai";
import { BOURSE_KEY, BOURSE_MODEL as model, BOURSE_URL, cells, city, leave, say } from "./cell.js";

const client = new OpenAI({ baseURL: BOURSE_URL, apiKey: BOURSE_KEY, maxRetries: 0, timeout: 30_000 });
const status = (code) => (error) => error instanceof OpenAI.APIError && error.status === code && error.error.code === code;
const broken = (error) => error instanceof OpenAI.APIError && /could not|cannot be read|cut|broke|sent an answer/i.test(error.message);

{
  const cell = cells("openai", "chat/completions");
  const ask = (text, more = {}) => ({ model, messages: [{ role: "user", content: text }], ...more });
  const tools = [{ type: "function", function: { name: "get_weather", parameters: city } }];
  cell("plain", async () => {
    const a = await client.chat.completions.create(ask(say.plain));
    assert.equal(a.choices[0].message.content, "The market is open today.");
    assert.ok(a.usage.cost > 0);
  });
  cell("stream", async () => {
    let text = "";
    let usage;
    for await (const c of await client.chat.completions.create(ask(say.plain, { stream: true }))) {
      text += c.choices[0]?.delta.content ?? "";
      usage = c.usage ?? usage;
    }
    assert.equal(text, "The market is open today.");
    assert.ok(usage.cost > 0);
  });
  cell("tools", async () => {
    for (const stream of [false, true]) {
      const run = client.chat.completions.stream(ask(say.tools, { tools }));
      const a = stream ? await run.finalChatCompletion() : await client.chat.completions.create(ask(say.tools, { tools }));
      assert.equal(a.choices[0].finish_reason, "tool_calls");
      assert.deepEqual(JSON.parse(a.choices[0].message.tool_calls[0].function.arguments), { city: "Paris" });
      if (!stream) run.abort(), await run.done().catch(() => {});
    }
  });
  cell("error", () => assert.rejects(client.chat.completions.create(ask(say.plain, { model: "nobody/nothing" })), status(404)));
  cell("mid-stream error", () =>
    assert.rejects(async () => {
      for await (const c of await client.chat.completions.create(ask(say.broken, { stream: true }))) assert.ok(c.id);
    }, broken));
  cell("cancel", async () => {
    const stream = await client.chat.completions.create(ask(say.endless, { stream: true }));
    await leave(stream, () => stream.controller.abort(), (c) => c.choices[0]?.delta.content);
  });
}

{
  const cell = cells("openai", "completions");
  const ask = (prompt, more = {}) => ({ model, prompt, max_tokens: 100, ...more });
  cell("plain", async () => assert.equal((await client.completions.create(ask(say.plain))).choices[0].text, "The market is open today."));
  cell("stream", async () => {
    let text = "";
    for await (const c of await client.completions.create(ask(say.plain, { stream: true }))) text += c.choices[0]?.text ?? "";
    assert.equal(text, "The market is open today.");
  });
  cell("error", () => assert.rejects(client.completions.create(ask(say.plain, { model: "nobody/nothing" })), status(404)));
  cell("mid-stream error", () =>
    assert.rejects(async () => {
      for await (const c of await client.completions.create(ask(say.broken, { stream: true }))) assert.ok(c.id);
    }, broken));
  cell("cancel", async () => {
    const stream = await client.completions.create(ask(say.endless, { stream: true, max_tokens: 5000 }));
    await leave(stream, () => stream.controller.abort(), (c) => c.choices[0]?.text);
  });
}

{
  const cell = cells("openai", "responses");
  const ask = (input, more = {}) => ({ model, input, ...more });
  const tools = [{ type: "function", name: "get_weather", parameters: city, strict: false }];
  cell("plain", async () => assert.equal((await client.responses.create(ask(say.plain))).output_text, "The market is open today."));
  cell("stream", async () => {
    let text = "";
    let last;
    for await (const e of await client.responses.create(ask(say.plain, { stream: true }))) {
      if (e.type === "response.output_text.delta") text += e.delta;
      last = e;
    }
    assert.equal(text, "The market is open today.");
    assert.equal(last.type, "response.completed");
  });
  cell("tools", async () => {
    const plain = await client.responses.create(ask(say.tools, { tools }));
    const streamed = await client.responses.stream(ask(say.tools, { tools })).finalResponse();
    for (const a of [plain, streamed]) {
      const call = a.output.find((o) => o.type === "function_call");
      assert.deepEqual(JSON.parse(call.arguments), { city: "Paris" });
    }
  });
  cell("error", () => assert.rejects(client.responses.create(ask(say.plain, { model: "nobody/nothing" })), status(404)));
  cell("mid-stream error", async () => {
    let last;
    try {
      for await (const e of await client.responses.create(ask(say.broken, { stream: true }))) last = e;
    } catch (error) {
      assert.ok(broken(error), String(error));
      return;
    }
    assert.ok(["response.failed", "error"].includes(last.type), last.type);
  });
  cell("cancel", async () => {
    const stream = await client.responses.create(ask(say.endless, { stream: true }));
    await leave(stream, () => stream.controller.abort(), (e) => e.type === "response.output_text.delta");
  });
}

{
  const cell = cells("openai", "embeddings");
  cell("plain", async () => assert.equal((await client.embeddings.create({ model: "bourse/demo-embedding", input: "a" })).data[0].embedding.length, 256));
  cell("error", () => assert.rejects(client.embeddings.create({ model: "bourse/demo-embedding", input: "" }), status(400)));
}
