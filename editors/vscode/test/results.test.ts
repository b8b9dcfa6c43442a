import assert from "node:assert/strict";
import { test } from "node:test";
import { Results, type Hit } from "../src/results/model";
import type { Answer, Item } from "../src/server/protocol";

const item = (file: string, line: number): Item =>
  ({ name: `${file}${line}`, location: { uri: file, range: { start: { line, character: 0 }, end: { line, character: 1 } } } }) as Item;
const results = (...items: Item[]): Results => new Results({ items } as Answer);
const names = (hits: readonly (Hit | undefined)[]): (string | undefined)[] => hits.map((hit) => hit?.item.name);

const three = (): Results => results(item("a", 9), item("b", 1), item("a", 2));

test("files stand in the order of their best result, lines in that of the file", () => {
  assert.deepEqual(three().groups.map(({ uri, hits }) => [uri, names(hits)]), [["a", ["a2", "a9"]], ["b", ["b1"]]]);
  assert.deepEqual(names(three().hits), ["a9", "b1", "a2"]);
});

test("next and previous follow what is shown, round and round", () => {
  const all = three();
  const walk = (by: 1 | -1, grouped: boolean): (string | undefined)[] => {
    const seen: (Hit | undefined)[] = [];
    for (let step = 0; step < 4; step++) seen.push(all.step(seen.at(-1), by, grouped));
    return names(seen);
  };
  assert.deepEqual(walk(1, true), ["a2", "a9", "b1", "a2"]);
  assert.deepEqual(walk(-1, true), ["b1", "a9", "a2", "b1"]);
  assert.deepEqual(walk(1, false), ["a9", "b1", "a2", "a9"]);
  assert.equal(results().step(undefined, 1, true), undefined);
});

test("what is dismissed is gone, and a file with its last result", () => {
  const all = three();
  const [a, b] = all.groups;
  if (!a?.hits[0] || !b) throw new Error("two files");
  all.dismiss(a.hits[0]);
  assert.deepEqual(names(all.hits), ["a9", "b1"]);
  all.dismiss(b);
  assert.deepEqual([all.groups.length, names(all.hits)], [1, ["a9"]]);
  all.dismiss(a.hits[0]);
  assert.deepEqual([all.groups, all.hits], [[], []]);
});

test("after the current result was dismissed the first comes next", () => {
  const all = three();
  const gone = all.hits[0];
  if (!gone) throw new Error("a result");
  all.dismiss(gone);
  assert.equal(all.step(gone, 1, false)?.item.name, "b1");
});
