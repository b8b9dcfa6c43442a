import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Environment, pipFailure, pythons } from "../src/server/environment";

function folders(): { storage: string; wheels: string } {
  const root = mkdtempSync(join(tmpdir(), "environment-"));
  const wheels = join(root, "wheel");
  mkdirSync(wheels);
  writeFileSync(join(wheels, "lsp_search-1.2.3-py3-none-any.whl"), "no wheel");
  return { storage: join(root, "storage"), wheels };
}

const never = new AbortController().signal;
const PYTHONS = [[process.env.PYTHON ?? "python3"]];

/** An environment as far as one can see without running it, used so many days ago. */
function environment(storage: string, version: string, days: number): string {
  const folder = join(storage, `env-${version}`);
  const [programs, name] = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  mkdirSync(join(folder, programs), { recursive: true });
  const python = join(folder, programs, name);
  writeFileSync(python, "");
  const used = Date.now() / 1000 - days * 24 * 3600;
  utimesSync(folder, used, used);
  return python;
}

test("until the version of the wheel is installed, the one used last goes on", () => {
  const { storage, wheels } = folders();
  const own = new Environment(storage, wheels);
  assert.equal(own.command(), undefined);
  environment(storage, "1.0.0", 3);
  const last = environment(storage, "0.9.0", 1);
  environment(storage, "new-x8Fq1z", 0); // of an installation that was cut short
  assert.equal(own.command()?.[0], last);
  const right = environment(storage, "1.2.3", 9);
  assert.equal(own.command()?.[0], right);
});

test("Pythons are those that there are, the chosen one first", () => {
  const program = (name: string): string | undefined => (["python3", "py"].includes(name) ? `/usr/bin/${name}` : undefined);
  assert.deepEqual(pythons("/mine", program), [["/mine"], ["/usr/bin/python3"], ["/usr/bin/py", "-3"]]);
  assert.deepEqual(pythons(undefined, () => undefined), []);
});

test("without a Python that is new enough it is told which were tried", async () => {
  const { storage, wheels } = folders();
  const environment = new Environment(storage, wheels);
  await assert.rejects(environment.install([["no-such-python"], ["false"]], () => undefined, never), /no Python 3\.11 or later .*no-such-python, false/);
  assert.equal(environment.command(), undefined);
});

test("a failed installation leaves nothing that could be used", async () => {
  const { storage, wheels } = folders();
  const environment = new Environment(storage, wheels);
  await assert.rejects(environment.install(PYTHONS, () => undefined, never), /pip could not install the server/);
  assert.equal(environment.command(), undefined);
  assert.deepEqual(readdirSync(storage), []);
});

test("a cancelled installation leaves nothing either", async () => {
  const { storage, wheels } = folders();
  const controller = new AbortController();
  const environment = new Environment(storage, wheels);
  const installing = environment.install(PYTHONS, () => { controller.abort(); }, controller.signal);
  await assert.rejects(installing, { name: "AbortError" });
  assert.deepEqual(readdirSync(storage), []);
});

test("the version of an installation is the wheel's", () => {
  const { storage, wheels } = folders();
  assert.equal(new Environment(storage, wheels).version, "1.2.3");
});

test("where pip reached no index it is said what to set", () => {
  const text = pipFailure("WARNING: Retrying after connection broken\nERROR: No matching distribution found for msgspec\n");
  assert.match(text, /No matching distribution found for msgspec\. .*HTTPS_PROXY.*pip config set global\.index-url.*lspSearch\.server\.path/);
  assert.doesNotMatch(pipFailure("ERROR: bad wheel"), /HTTPS_PROXY/);
});
