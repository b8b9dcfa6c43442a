import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { webviewPage } from "../src/dashboard/page";

test("the dashboard's page gets its nonce and its folder everywhere", () => {
  const page = webviewPage(readFileSync("../../lsp_search/dashboard/web/page.html", "utf8"), "abc", "https://host/dashboard");
  assert.doesNotMatch(page, /NONCE/);
  assert.match(page, /script-src 'nonce-abc'/);
  const links = [...page.matchAll(/(?:href|src)="([^"]+\.(?:css|js))"/g)].map((match) => match[1] ?? "");
  assert.ok(links.length > 3);
  assert.deepEqual(links.filter((link) => !link.startsWith("https://host/dashboard/")), []);
});
