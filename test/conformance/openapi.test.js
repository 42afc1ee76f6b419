// The OpenAPI document, judged by a validator that has the specification's own schemas.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";

test("the document is valid OpenAPI 3.1", async () => {
  const answer = await fetch(process.env.BOURSE_URL + "/openapi.json");
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type"), /^application\/json/);
  const validator = new Validator();
  const result = await validator.validate(await answer.json());
  assert.deepEqual(result.errors ?? [], []);
  assert.equal(validator.version, "3.1");
});
