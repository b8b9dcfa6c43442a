import assert from "node:assert/strict";
import { delimiter, join, resolve } from "node:path";
import { test } from "node:test";
import { find, type Command, type Places } from "../src/server/find";
import { isWithin, onPath } from "../src/server/paths";

/** A machine where the servers in `working` start, and each place but the setting has one to offer. */
function machine(working: readonly string[], setting: Command = []): { places: Places; notes: string[]; tried: string[] } {
  const notes: string[] = [];
  const tried: string[] = [];
  const places: Places = {
    setting,
    onPath: () => ["on-path"],
    interpreter: () => Promise.resolve(["python"]),
    environment: () => ["own"],
    version: (command) => {
      tried.push(command[0] ?? "");
      return working.includes(command[0] ?? "") ? Promise.resolve("1.2") : Promise.reject(new Error("no such module"));
    },
    note: (text) => { notes.push(text); },
  };
  return { places, notes, tried };
}

test("the PATH comes before the interpreter, and that before the extension's own environment", async () => {
  for (const [working, expected] of [[["own", "python", "on-path"], "on-path"], [["own", "python"], "python"], [["own"], "own"]] as const) {
    assert.deepEqual((await find(machine(working).places))?.command, [expected]);
  }
});

test("the setting is taken, and nothing else is tried", async () => {
  const { places, tried } = machine(["mine", "on-path"], ["mine", "--flag"]);
  assert.deepEqual(await find(places), { command: ["mine", "--flag"], place: "lspSearch.server.path", version: "1.2" });
  assert.deepEqual(tried, ["mine"]);
});

test("a setting that starts no server is an error that names it, whatever else there is", async () => {
  await assert.rejects(find(machine(["on-path"], ["mine"]).places), /lspSearch\.server\.path: \["mine"\] .*no such module/);
});

test("without a server there is none, and each place is told", async () => {
  const { places, notes } = machine([]);
  places.interpreter = () => Promise.resolve(undefined);
  assert.equal(await find(places), undefined);
  assert.deepEqual(notes, [
    "No server in the PATH: on-path: no such module",
    "No server in the chosen Python interpreter.",
    "No server in the extension's own environment: own: no such module",
  ]);
});

test("relative folders of the PATH count for nothing", () => {
  const [here, there] = [resolve("here"), resolve("there")];
  const path = [".", "bin", "", here, there].join(delimiter);
  assert.equal(onPath(path, "lsp-search", () => true), join(here, "lsp-search"));
  assert.equal(onPath(path, "lsp-search", (file) => file.startsWith(there)), join(there, "lsp-search"));
  assert.equal(onPath(".", "lsp-search", () => true), undefined);
});

test("a Python extension that fails takes nothing from the places after it", async () => {
  const { places, notes } = machine(["own"]);
  places.interpreter = () => Promise.reject(new Error("the extension is broken"));
  assert.deepEqual((await find(places))?.command, ["own"]);
  assert.equal(notes[1], "No server in the chosen Python interpreter: the extension is broken");
});

test("what lies in a folder, by its name", () => {
  const folder = resolve("project");
  assert.deepEqual(
    [".", "bin/x", "..venv/bin/python", "../x", "..", "../project2/x"].map((path) => isWithin(folder, resolve(folder, path))),
    [true, true, true, false, false, false],
  );
});
