// Programs of this machine, as far as this workspace is trusted: those that lie in the workspace run only where the user trusts it.
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import * as vscode from "vscode";
import { isWithin, onPath } from "./paths";

/** The first program of the PATH with this name (without `.exe`) that may be run. */
export function program(name: string): string | undefined {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  return onPath(process.env.PATH ?? "", file, (path) => isExecutable(path) && mayRun(path));
}

export function mayRun(file: string): boolean {
  if (vscode.workspace.isTrusted) return true;
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  // By its name too: an interpreter in the workspace is a link to one outside, and brings the workspace's packages.
  return !folders.some((folder) => isWithin(folder, file) || isWithin(real(folder), real(file)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
