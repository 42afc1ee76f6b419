// The account part of `@openrouter/sdk`, unmodified: keys managed by a key, activity, consent. It
// throws when an answer does not fit its schema, or has another status than the one it knows.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import test from "node:test";
import { OpenRouter } from "@openrouter/sdk";
import * as errors from "@openrouter/sdk/models/errors";

const { BOURSE_URL, BOURSE_KEY, BOURSE_MANAGEMENT_KEY } = process.env;
const client = (apiKey) => new OpenRouter({ serverURL: BOURSE_URL, apiKey, retryConfig: { strategy: "none" }, timeoutMs: 30_000 });

test("a key is made, listed, read, changed and deleted", async () => {
  const boss = client(BOURSE_MANAGEMENT_KEY);
  const expiresAt = new Date(Date.now() + 3_600_000);
  const made = await boss.apiKeys.create({ requestBody: { name: "robot", limit: 2.5, limitReset: "monthly", expiresAt } });
  assert.match(made.key, /^sk-brs-v1-/);
  const { hash } = made.data;
  assert.equal(made.data.limit, 2.5);
  assert.equal((await client(made.key).apiKeys.getCurrentKeyMetadata()).data.limitRemaining, 2.5);
  assert.ok((await boss.apiKeys.list()).data.some((k) => k.hash === hash));
  const changed = await boss.apiKeys.update({ hash, requestBody: { name: "robot 2", disabled: true } });
  assert.equal(changed.data.name, "robot 2");
  assert.equal((await boss.apiKeys.get({ hash })).data.disabled, true);
  await assert.rejects(client(made.key).apiKeys.getCurrentKeyMetadata(), errors.UnauthorizedResponseError);
  assert.equal((await boss.apiKeys.delete({ hash })).deleted, true);
  await assert.rejects(boss.apiKeys.get({ hash }), errors.NotFoundResponseError);
  await assert.rejects(client(BOURSE_KEY).apiKeys.list(), /[Mm]anagement/);
});

test("the activity parses", async () => {
  assert.ok(Array.isArray((await client(BOURSE_MANAGEMENT_KEY).analytics.getUserActivity()).data));
});

test("a code becomes a key", async () => {
  const verifier = randomBytes(40).toString("base64url");
  const codeChallenge = createHash("sha256").update(verifier).digest("base64url");
  const url = await client(BOURSE_KEY).oAuth.createAuthorizationUrl({ callbackUrl: "https://app.example.com/", codeChallenge, codeChallengeMethod: "S256" });
  assert.equal(new URL(url).pathname, "/auth");
  const code = await client(BOURSE_KEY).oAuth.createAuthCode({
    requestBody: { callbackUrl: "https://app.example.com/", codeChallenge, codeChallengeMethod: "S256", limit: 1 },
  });
  const exchange = { requestBody: { code: code.data.id, codeVerifier: verifier, codeChallengeMethod: "S256" } };
  const got = await client(BOURSE_KEY).oAuth.exchangeAuthCodeForAPIKey(exchange);
  assert.equal((await client(got.key).apiKeys.getCurrentKeyMetadata()).data.limit, 1);
  await assert.rejects(client(BOURSE_KEY).oAuth.exchangeAuthCodeForAPIKey(exchange), errors.ForbiddenResponseError);
});

test("models and endpoints of an account parse", async () => {
  const mine = await client(BOURSE_KEY).models.listForUser({ bearer: BOURSE_KEY });
  assert.ok((mine.result ?? mine).data.length > 0);
  assert.ok((await client(BOURSE_KEY).models.count()).data.count > 0);
  assert.ok(Array.isArray((await client(BOURSE_KEY).endpoints.listZdrEndpoints()).data));
});
