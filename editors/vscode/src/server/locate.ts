// Finds the server to start on this machine, as far as this workspace is trusted.
import * as vscode from "vscode";
import type { Environment } from "./environment";
import { find, OWN_ENVIRONMENT, withPython, type Command, type Found } from "./find";
import type { Installer } from "./install";
import type { Interpreter } from "./python";
import { program } from "./programs";
import { serverVersion } from "./run";

export class Locator {
  /** What was found last. */
  found: Found | undefined;

  constructor(
    private readonly environment: Environment,
    private readonly interpreter: Interpreter,
    private readonly installer: Installer,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Nothing where there is no server; the user has then been told, or asked whether to install one. */
  async locate(): Promise<Command | undefined> {
    try {
      this.found = await this.search();
    } catch (error) {
      this.found = undefined;
      this.wrongSetting((error as Error).message);
      return undefined;
    }
    if (!this.found) {
      void this.installer.offer();
      return undefined;
    }
    if (this.found.place === OWN_ENVIRONMENT && this.found.version !== this.environment.version) {
      const updated = await this.installer.attempt(`Updating the lsp-search server to ${this.environment.version}`);
      if (updated) this.found = (await this.search()) ?? this.found; // else the old one goes on
    }
    this.log.info(`Server ${this.found.version} of ${this.found.place}: ${this.found.command.join(" ")}`);
    return this.found.command;
  }

  private search(): Promise<Found | undefined> {
    return find({
      // In a workspace that is not trusted VS Code leaves out the workspace's own value: package.json lists this setting as restricted.
      setting: vscode.workspace.getConfiguration("lspSearch").get<string[]>("server.path", []),
      onPath: () => {
        const file = program("lsp-search");
        return file === undefined ? undefined : [file];
      },
      interpreter: async () => {
        const python = await this.interpreter.path();
        return python === undefined ? undefined : withPython(python);
      },
      environment: () => this.environment.command(),
      version: serverVersion,
      note: (text) => { this.log.info(text); },
    });
  }

  private wrongSetting(message: string): void {
    this.log.error(message);
    void vscode.window.showErrorMessage(message, "Open Settings", "Show Log").then((answer) => {
      if (answer === "Open Settings") void vscode.commands.executeCommand("workbench.action.openSettings", "lspSearch.server.path");
      if (answer === "Show Log") this.log.show();
    });
  }
}
