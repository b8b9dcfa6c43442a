import assert from "node:assert/strict";
import { test } from "node:test";
import { History, Walk, type Entry, type Storage } from "../src/search/history";

class Memory implements Storage {
  private readonly values = new Map<string, unknown>();
  get<T>(key: string, otherwise: T): T {
    return this.values.has(key) ? (this.values.get(key) as T) : otherwise;
  }
  update(key: string, value: unknown): Promise<void> {
    this.values.set(key, value);
    return Promise.resolve();
  }
}

const entry = (query: string, mode: Entry["mode"] = "auto"): Entry => ({ query, mode });

test("the latest comes first, once, also in another session", () => {
  const storage = new Memory();
  const history = new History(storage);
  for (const query of ["a", "b", "a", "  "]) history.add(entry(query));
  history.add(entry("b", "text"));
  assert.deepEqual(new History(storage).entries, [entry("b", "text"), entry("a"), entry("b")]);
});

test("fifty are kept", () => {
  const history = new History(new Memory());
  for (let number = 0; number < 60; number++) history.add(entry(`${number}`));
  assert.equal(history.entries.length, 50);
  assert.equal(history.entries[49]?.query, "10");
});

test("what is removed is gone", () => {
  const history = new History(new Memory());
  history.add(entry("a"));
  history.add(entry("a", "text"));
  history.remove(entry("a"));
  assert.deepEqual(history.entries, [entry("a", "text")]);
});

test("a walk goes back, stops at the oldest, and comes back to what was typed", () => {
  const walk = new Walk([entry("new"), entry("old")], entry("typed"));
  const way = [walk.older(), walk.older(), walk.older(), walk.newer(), walk.newer(), walk.newer()];
  assert.deepEqual(way.map(({ query }) => query), ["new", "old", "old", "new", "typed", "typed"]);
  assert.equal(new Walk([], entry("typed")).older().query, "typed");
});
