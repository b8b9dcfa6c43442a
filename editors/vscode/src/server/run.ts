// Programs that are run to their end.
import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { createInterface } from "node:readline";
import type { Command } from "./find";

interface Options {
  /** Milliseconds. */
  timeout?: number;
  signal?: AbortSignal;
  onLine?: (line: string) => void;
}

export interface Done {
  status: number | null;
  output: string;
  errors: string;
}

/** Rejects where the program does not start, is aborted or takes too long; not for its exit status. It stands in the home folder. */
export function run([file = "", ...args]: Command, { timeout, signal, onLine }: Options = {}): Promise<Done> {
  return new Promise((resolve, reject) => {
    const late = timeout === undefined ? [] : [AbortSignal.timeout(timeout)];
    const either = AbortSignal.any([...late, ...(signal ? [signal] : [])]);
    const child = spawn(file, args, { cwd: homedir(), stdio: ["ignore", "pipe", "pipe"], windowsHide: true, signal: either });
    const taken: Record<"stdout" | "stderr", string[]> = { stdout: [], stderr: [] };
    for (const name of ["stdout", "stderr"] as const) {
      createInterface({ input: child[name] }).on("line", (line) => {
        taken[name].push(line);
        onLine?.(line);
      });
    }
    child.once("error", (error) => {
      const tooLate = late.some((timer) => timer.aborted);
      reject(tooLate ? new Error(`no answer in ${(timeout ?? 0) / 1000} s`) : error);
    });
    child.once("close", (status) => { resolve({ status, output: taken.stdout.join("\n"), errors: taken.stderr.join("\n") }); });
  });
}

/** The version of the server that a command starts; rejects, with the reason, where it starts none. */
export async function serverVersion(command: Command): Promise<string> {
  const { status, output, errors } = await run([...command, "--version"], { timeout: 20_000 });
  const version = /^lsp-search, version (\S+)/m.exec(output)?.[1];
  if (status === 0 && version) return version;
  throw new Error(errors.split("\n").at(-1)?.trim() || `it ends with status ${status ?? "none"} and says no version`);
}
