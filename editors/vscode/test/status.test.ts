import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert, Latency, Stats, Status } from "../src/server/protocol";
import { shown } from "../src/status/text";

const ready: Status = { state: "ready", done: 0, total: 0, generation: 3, message: "" };
const of = (p95Ms: number, count = 20): Latency => ({ count, p50Ms: 1, p95Ms, p99Ms: p95Ms, maxMs: p95Ms });
const stats: Stats = {
  index: { files: 6900, symbols: 60000 },
  latency: { search: of(12.4) },
  recent: { latency: { search: of(3.04) } },
  cache: { hitRate: 0.857 },
  alerts: [],
};
const alert = (level: Alert["level"], message: string): Alert => ({ level, message, metric: "m", value: 2, threshold: 1, advice: "a" });

test("ready: the figures of the last minute", () => {
  assert.deepEqual(shown("running", ready, stats), { text: "Search is ready", detail: "p95 3 ms · 86% kept", severity: "information", busy: false });
});

test("ready, and nobody searched in the last minute: the figures since the start; before any search none", () => {
  assert.equal(shown("running", ready, { ...stats, recent: { latency: { search: of(0, 0) } } }).detail, "p95 12 ms · 86% kept");
  assert.equal(shown("running", ready, { ...stats, recent: { latency: {} }, latency: {} }).detail, "");
  assert.equal(shown("running", ready, undefined).detail, "");
});

test("indexing: how far, and busy", () => {
  const { text, busy } = shown("running", { ...ready, state: "indexing", done: 1200, total: 6900 }, undefined);
  assert.deepEqual([text, busy], ["Indexing 1,200 of 6,900", true]);
});

test("degraded and alerts are seen; the worst alert is named, one that only informs is not", () => {
  assert.deepEqual(shown("running", { ...ready, state: "degraded", message: "polling" }, stats), {
    text: "Search is degraded", detail: "polling", severity: "warning", busy: false,
  });
  const both = { ...stats, alerts: [alert("warning", "slow"), alert("error", "memory")] };
  assert.deepEqual([shown("running", ready, both).severity, shown("running", ready, both).detail], ["error", "memory"]);
  assert.equal(shown("running", ready, { ...stats, alerts: [alert("info", "hits")] }).severity, "information");
});

test("starting and stopped", () => {
  assert.equal(shown("starting", undefined, undefined).busy, true);
  assert.deepEqual([shown("stopped", ready, stats).severity, shown("stopped", ready, stats).busy], ["error", false]);
});
