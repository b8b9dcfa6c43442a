import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Live } from "../src/search/live";

const DELAY = 60;

/** Questions wait until the test answers them. */
class Server {
  readonly asked: { question: string; signal: AbortSignal; answer(text: string): void; fail(error: Error): void }[] = [];
  readonly heard: string[] = [];
  busy = false;
  readonly live = new Live<string, string>(
    (question, signal) => new Promise((answer, fail) => { this.asked.push({ question, signal, answer, fail }); }),
    {
      answered: (question, answer) => { this.heard.push(`${question}: ${answer}`); },
      failed: (question, error) => { this.heard.push(`${question}! ${error.message}`); },
      busy: (waiting) => { this.busy = waiting; },
    },
    DELAY,
  );

  type(...questions: string[]): void {
    for (const question of questions) this.live.put(question);
  }
}

/** Lets promises that are settled be heard. */
const settled = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1e12 });
});

test("after a pause is asked at once, of a burst of keystrokes the last", async () => {
  const server = new Server();
  for (let key = 1; key <= 30; key++) {
    server.type("x".repeat(key));
    mock.timers.tick(DELAY - 1);
  }
  assert.deepEqual([server.live.waiting, server.asked.map(({ question }) => question)], [true, ["x"]]);
  mock.timers.tick(1);
  server.asked[0]?.answer("late");
  server.asked[1]?.answer("found");
  await settled();
  assert.deepEqual(server.heard, [`${"x".repeat(30)}: found`]);
  assert.deepEqual([server.busy, server.live.waiting], [false, false]);
});

test("a new question cancels the one before, whose answer is dropped", async () => {
  const server = new Server();
  server.type("a");
  mock.timers.tick(DELAY);
  server.type("ab");
  assert.equal(server.asked[0]?.signal.aborted, true);
  mock.timers.tick(DELAY);
  server.asked[1]?.answer("second");
  server.asked[0].answer("first");
  await settled();
  assert.deepEqual(server.heard, ["ab: second"]);
});

test("an error is heard, unless something else was asked since", async () => {
  const server = new Server();
  server.type("a");
  mock.timers.tick(DELAY);
  server.type("ab");
  mock.timers.tick(DELAY);
  server.asked[0]?.fail(new Error("old"));
  server.asked[1]?.fail(new Error("missing )"));
  await settled();
  assert.deepEqual(server.heard, ["ab! missing )"]);
  assert.equal(server.busy, false);
});

test("what the server gave up is asked again", async () => {
  const server = new Server();
  server.type("a");
  mock.timers.tick(DELAY);
  server.asked[0]?.fail(Object.assign(new Error("superseded"), { code: -32802 }));
  await settled();
  mock.timers.tick(DELAY);
  server.asked[1]?.answer("found");
  await settled();
  assert.deepEqual(server.heard, ["a: found"]);
});

test("nothing is heard after it was cancelled", async () => {
  const server = new Server();
  server.type("a");
  mock.timers.tick(DELAY);
  server.live.cancel();
  server.asked[0]?.answer("found");
  await settled();
  assert.deepEqual([server.heard, server.busy], [[], false]);
});
