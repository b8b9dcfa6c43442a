// The Python interpreter that the user chose, out of whichever Python extension is installed.
import * as vscode from "vscode";
import { mayRun } from "./programs";

/** What is used of the API of ms-python.vscode-python-envs. */
interface Environments {
  getEnvironment: (scope: vscode.Uri | undefined) => Promise<{ execInfo?: { run: { executable: string } } } | undefined>;
  onDidChangeEnvironment: vscode.Event<unknown>;
}

/** What is used of the API of ms-python.python. */
interface Python {
  environments: {
    getActiveEnvironmentPath: (resource?: vscode.Uri) => { path: string };
    resolveEnvironment: (path: { path: string }) => Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
    onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

export class Interpreter implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  private subscription: vscode.Disposable | undefined;
  readonly onDidChange = this.emitter.event;

  /** Nothing where there is no Python extension, no interpreter is chosen, or it lies in a workspace that is not trusted. */
  async path(): Promise<string | undefined> {
    const path = await this.ask();
    return path !== undefined && mayRun(path) ? path : undefined;
  }

  dispose(): void {
    this.subscription?.dispose();
    this.emitter.dispose();
  }

  private async ask(): Promise<string | undefined> {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const environments = await exportsOf<Environments>("ms-python.vscode-python-envs");
    if (environments) {
      this.follow(environments.onDidChangeEnvironment);
      return (await environments.getEnvironment(folder))?.execInfo?.run.executable;
    }
    const python = await exportsOf<Python>("ms-python.python");
    if (!python) return undefined;
    this.follow(python.environments.onDidChangeActiveEnvironmentPath);
    const active = python.environments.getActiveEnvironmentPath(folder);
    return (await python.environments.resolveEnvironment(active))?.executable.uri?.fsPath;
  }

  private follow(changed: vscode.Event<unknown>): void {
    this.subscription ??= changed(() => { this.emitter.fire(); });
  }
}

async function exportsOf<T>(id: string): Promise<T | undefined> {
  return vscode.extensions.getExtension<T | undefined>(id)?.activate();
}
