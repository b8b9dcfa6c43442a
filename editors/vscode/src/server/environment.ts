// The extension's own Python environment: made of the wheel that the extension brings, and whole or not there at all.
import { existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { withPython, type Command } from "./find";
import { run, serverVersion } from "./run";

export const OLDEST_PYTHON = "3.11";

/** Says what failed and what the user can do. */
export class InstallError extends Error {}

/** An environment that no window has used for so long, in milliseconds, makes way for newer ones. */
const UNUSED = 7 * 24 * 3600 * 1000;
const UNFINISHED = "env-new-";

/**
 * Each version has a folder of its own, `env-1.2.3`: other windows may use another one, or install the same at the same time. Who is ready
 * first is used by all.
 */
export class Environment {
  /** `storage`: a folder of the extension; `wheels`: where its wheel lies. */
  constructor(private readonly storage: string, private readonly wheels: string) {}

  /** The command of the server in it, the one used last where the version of the wheel is not installed; nothing where none is. */
  command(): Command | undefined {
    const whole = (folder: string): boolean => !basename(folder).startsWith(UNFINISHED) && existsSync(pythonIn(folder));
    const folder = [this.folder, ...this.others()].find(whole);
    if (!folder) return undefined;
    utimesSync(folder, new Date(), new Date());
    return withPython(pythonIn(folder));
  }

  /** The version that an installation would have. */
  get version(): string {
    return /^lsp_search-([^-]+)-/.exec(this.wheel)?.[1] ?? "";
  }

  /** Installs beside what is there. Rejects with InstallError; with AbortError when it is cancelled. */
  async install(pythons: readonly Command[], say: (line: string) => void, signal: AbortSignal): Promise<void> {
    const python = await newEnough(pythons, signal);
    await mkdir(this.storage, { recursive: true });
    const fresh = await mkdtemp(join(this.storage, UNFINISHED));
    try {
      say(`creating an environment with ${python.join(" ")}`);
      const made = await run([...python, "-m", "venv", fresh], { signal, onLine: say });
      if (made.status !== 0) throw new InstallError(`${python.join(" ")} -m venv failed: ${last(made.errors || made.output)}`);
      const pip = [pythonIn(fresh), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", join(this.wheels, this.wheel)];
      const installed = await run(pip, { signal, onLine: say });
      if (installed.status !== 0) throw new InstallError(pipFailure(installed.output + "\n" + installed.errors));
      await serverVersion(withPython(pythonIn(fresh)));
      if (!existsSync(pythonIn(this.folder))) await rm(this.folder, { recursive: true, force: true });
      await rename(fresh, this.folder).catch((error: unknown) => {
        if (!existsSync(pythonIn(this.folder))) throw error; // else another window was faster
      });
      for (const old of this.others()) if (statSync(old).mtimeMs < Date.now() - UNUSED) await rm(old, { recursive: true, force: true });
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }

  private get folder(): string {
    return join(this.storage, `env-${this.version}`);
  }

  /** Folders of other versions, and of installations that were cut short; those used last come first. */
  private others(): string[] {
    const names = existsSync(this.storage) ? readdirSync(this.storage).filter((name) => name.startsWith("env-")) : [];
    const used = (folder: string): number => statSync(folder).mtimeMs;
    return names.map((name) => join(this.storage, name)).filter((folder) => folder !== this.folder).sort((a, b) => used(b) - used(a));
  }

  private get wheel(): string {
    return readdirSync(this.wheels).find((name) => name.endsWith(".whl")) ?? "";
  }
}

/** The commands of the Pythons that there are, the chosen one first. `program` finds them by name. */
export function pythons(chosen: string | undefined, program: (name: string) => string | undefined): Command[] {
  const names = [["python3.14"], ["python3.13"], ["python3.12"], ["python3.11"], ["python3"], ["python"], ["py", "-3"]];
  const found = names.flatMap(([name = "", ...args]) => {
    const file = program(name);
    return file === undefined ? [] : [[file, ...args]];
  });
  return [...(chosen === undefined ? [] : [[chosen]]), ...found];
}

async function newEnough(pythons: readonly Command[], signal: AbortSignal): Promise<Command> {
  const test = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${OLDEST_PYTHON.replace(".", ", ")}))`;
  for (const python of pythons) {
    const done = await run([...python, "-c", test], { timeout: 20_000, signal }).catch(() => undefined);
    signal.throwIfAborted();
    if (done?.status === 0) return python;
  }
  const tried = pythons.map((command) => command.join(" ")).join(", ") || "none: there is no python3 on the PATH";
  throw new InstallError(
    `There is no Python ${OLDEST_PYTHON} or later that can make environments (tried ${tried}). ` +
      "Install one (on Debian and Ubuntu with the package python3-venv), and try again.",
  );
}

/** What pip said, and what to do about it. */
export function pipFailure(output: string): string {
  const failed = `pip could not install the server: ${last(output)}`;
  if (/connection|timed out|timeout|proxy|name resolution|network|no matching distribution|certificate/i.test(output))
    return (
      `${failed} It may not have reached its package index: set HTTPS_PROXY, or name a proxy or an index of your own with ` +
      "`pip config set global.proxy …` or `pip config set global.index-url …`. Or install lsp-search elsewhere and set `lspSearch.server.path`."
    );
  return `${failed} The log has all that it said.`;
}

/** The last line that says something, with a full stop. */
function last(output: string): string {
  const line = output.split("\n").map((text) => text.trim()).filter(Boolean).at(-1) ?? "it said nothing";
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

function pythonIn(environment: string): string {
  return process.platform === "win32" ? join(environment, "Scripts", "python.exe") : join(environment, "bin", "python");
}
