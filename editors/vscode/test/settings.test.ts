import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen } from "../src/server/settings";

const set: Record<string, { globalValue?: unknown; workspaceValue?: unknown; defaultValue?: unknown }> = {
  "search.limit": { defaultValue: 200, globalValue: 50, workspaceValue: 70 },
  "search.learn": { defaultValue: true, globalValue: false },
  "index.exclude": { defaultValue: [] },
  "server.path": { defaultValue: [], globalValue: ["/opt/server"] },
  "notifications.muted": { globalValue: ["p95Ms.symbol"] },
};

test("only what was set is told, the nearest value, and nothing of the extension's own", () => {
  assert.deepEqual(chosen(Object.keys(set), (key) => set[key]), { "search.limit": 70, "search.learn": false });
});
