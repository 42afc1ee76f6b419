import assert from "node:assert/strict";
import { ApiError, GoogleGenAI } from "@google/genai";
import { BOURSE_KEY, BOURSE_MODEL as model, BOURSE_URL, cells, city, leave, say } from "./cell.js";

const client = new GoogleGenAI({ apiKey: BOURSE_KEY, httpOptions: { baseUrl: BOURSE_URL.replace(/\/v1$/, ""), timeout: 30_000 } });
const cell = cells("@google/genai", "generateContent");
const ask = (contents, config = {}) => ({ model, contents, config: { maxOutputTokens: 200, ...config } });
const tools = [{ functionDeclarations: [{ name: "get_weather", description: "The weather.", parametersJsonSchema: city }] }];
const failed = (status) => (error) => error instanceof ApiError && error.status === status;

cell("plain", async () => {
  const answer = await client.models.generateContent(ask(say.plain));
  assert.equal(answer.text, "The market is open today.");
  assert.ok(answer.usageMetadata.totalTokenCount > 0);
});
cell("stream", async () => {
  let text = "", last;
  for await (const piece of await client.models.generateContentStream(ask(say.plain))) {
    text += piece.text ?? "";
    last = piece;
  }
  assert.equal(text, "The market is open today.");
  assert.equal(last.candidates[0].finishReason, "STOP");
  assert.ok(last.usageMetadata.candidatesTokenCount > 0);
});
cell("tools", async () => {
  const plain = await client.models.generateContent(ask(say.tools, { tools }));
  const calls = [...plain.functionCalls];
  for await (const piece of await client.models.generateContentStream(ask(say.tools, { tools }))) calls.push(...(piece.functionCalls ?? []));
  assert.deepEqual(calls.map((c) => [c.name, c.args]), [["get_weather", { city: "Paris" }], ["get_weather", { city: "Paris" }]]);
  const chat = client.chats.create({ model, config: { tools, maxOutputTokens: 200 } });
  const first = await chat.sendMessage({ message: say.tools });
  const response = { name: "get_weather", id: first.functionCalls[0].id, response: { output: "Sunny" } };
  const second = await chat.sendMessage({ message: [{ functionResponse: response }] });
  assert.equal(second.functionCalls.length, 1); // the upstream reads the whole conversation, and does as it says
});
cell("error", () => assert.rejects(client.models.generateContent({ model: "nobody/nothing", contents: say.plain }), failed(404)));
cell("mid-stream error", () =>
  assert.rejects(async () => {
    for await (const piece of await client.models.generateContentStream(ask(say.broken))) assert.ok(piece.candidates);
  }, failed(502)));
cell("cancel", async () => {
  const leaving = new AbortController();
  const stream = await client.models.generateContentStream(ask(say.endless, { maxOutputTokens: 5000, abortSignal: leaving.signal }));
  await leave(stream, () => leaving.abort(), (piece) => piece.text);
});
const other = cells("@google/genai", "countTokens, models");
other("plain", async () => {
  assert.ok((await client.models.countTokens({ model, contents: say.plain })).totalTokens > 0);
  assert.equal((await client.models.get({ model })).name, "models/" + model);
  const names = [];
  for await (const one of await client.models.list({ config: { pageSize: 100 } })) names.push(one.name);
  assert.ok(names.includes("models/" + model) && names.length > 100 && new Set(names).size === names.length);
});
