import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { Lives } from "../src/server/lives";

test("restarts at the same time end one life and begin one, which is the last to be heard of", async () => {
  const heard: string[] = [];
  let count = 0;
  const lives = new Lives(async (signal) => {
    const life = ++count;
    heard.push(`${life} runs`);
    await new Promise((resolve) => { signal.addEventListener("abort", resolve); });
    await sleep(5); // ending takes a while
    heard.push(`${life} is over`);
  });
  lives.start();
  await Promise.all([lives.restart(), lives.restart(), lives.restart()]);
  assert.deepEqual(heard, ["1 runs", "1 is over", "2 runs"]);
  await lives.stop();
  assert.equal(heard.at(-1), "2 is over");
});

test("what ended by itself can be started again", async () => {
  let count = 0;
  const lives = new Lives(() => { count++; return Promise.resolve(); });
  lives.start();
  lives.start();
  await lives.stop();
  lives.start();
  assert.equal(count, 2);
});
