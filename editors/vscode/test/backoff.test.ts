import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../src/server/backoff";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

test("each wait is twice the one before, up to a minute", () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 9 }, () => backoff.after(30 * SECOND));
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * SECOND));
});

test("a good run makes the next wait short again", () => {
  const backoff = new Backoff();
  backoff.after(30 * SECOND);
  backoff.after(30 * SECOND);
  assert.equal(backoff.after(MINUTE), SECOND);
});

test("after five quick runs in a row there is no other", () => {
  const backoff = new Backoff();
  for (let n = 0; n < 4; n++) assert.notEqual(backoff.after(SECOND), undefined);
  assert.equal(backoff.after(SECOND), undefined);
});

test("quick runs count only in a row", () => {
  const backoff = new Backoff();
  for (let n = 0; n < 4; n++) backoff.after(SECOND);
  backoff.after(30 * SECOND);
  assert.notEqual(backoff.after(SECOND), undefined);
});
