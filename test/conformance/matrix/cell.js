// One cell of the table: a client, a door, a case. The name of the test is what the table is read from.
import test from "node:test";
import { readFileSync } from "node:fs";

export const { BOURSE_URL, BOURSE_KEY, BOURSE_MODEL } = process.env;

export const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url))).version;

export const cells = (client, door) => (kase, run) => test(`${client} ${versionOf(client)}|${door}|${kase}`, run);

// The words that tell the upstream of the table what to do.
export const say = { plain: "Say it.", tools: "USE A TOOL.", broken: "BREAK OFF.", endless: "NEVER STOP." };

export const city = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

// The first piece of an endless answer, then no more of it.
export async function leave(stream, abort, isText) {
  let pieces = 0;
  try {
    for await (const event of stream) {
      if (!isText(event)) continue;
      if (++pieces === 3) abort();
      if (pieces > 2000) throw new Error("it goes on");
    }
  } catch (error) {
    if (pieces < 3 || error.message === "it goes on") throw error;
  }
}
