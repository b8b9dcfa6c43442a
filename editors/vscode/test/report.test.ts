import assert from "node:assert/strict";
import { test } from "node:test";
import { report, type Check } from "../src/doctor/report";

const check = (name: string, state: Check["state"], message = "fine"): Check => ({ name, state, message, advice: "" });

test("faults come first, then warnings; the heading counts them", () => {
  const text = report("/project", "server", [check("python", "ok"), check("watcher", "warning"), check("store", "fault")]);
  assert.match(text, /doctor: 2 findings\./);
  assert.ok(text.indexOf("store") < text.indexOf("watcher") && text.indexOf("watcher") < text.indexOf("python"));
  assert.match(report("/project", "server", [check("python", "ok")]), /doctor: All is well\./);
});

test("what a check says is shown as it is", () => {
  assert.match(report("/p", "s", [check("store", "fault", "a|b <img> [x](y)\nz")]), /a\\\|b \\<img\\> \\\[x\\\]\(y\) z/);
});
