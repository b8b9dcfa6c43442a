// The language status item: how far the index is, how fast answers are.
import * as vscode from "vscode";
import type { Stats, Status } from "../server/protocol";
import { status as statusRequest } from "../server/protocol";
import type { Server } from "../server/server";
import { shown } from "./text";

const SEVERITIES = {
  information: vscode.LanguageStatusSeverity.Information,
  warning: vscode.LanguageStatusSeverity.Warning,
  error: vscode.LanguageStatusSeverity.Error,
};

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem("lspSearch.status", { scheme: "file" });
  private readonly subscriptions: vscode.Disposable[];
  private status: Status | undefined;
  private stats: Stats | undefined;

  constructor(private readonly server: Server) {
    this.item.name = "lsp-search";
    this.subscriptions = [
      server.onDidChangeState((state) => {
        if (state !== "running") this.status = this.stats = undefined;
        else void this.ask();
        this.draw();
      }),
      server.onStatus((status) => {
        this.status = status;
        this.draw();
      }),
      server.onMetrics((stats) => {
        this.stats = stats;
        this.draw();
      }),
    ];
    this.draw();
  }

  dispose(): void {
    for (const each of [...this.subscriptions, this.item]) each.dispose();
  }

  /** The server tells of changes only. */
  private async ask(): Promise<void> {
    const status = await this.server.request(statusRequest, {}).catch(() => undefined);
    this.status ??= status;
    this.draw();
  }

  private draw(): void {
    const { text, detail, severity, busy } = shown(this.server.state, this.status, this.stats);
    Object.assign(this.item, { text, detail, busy, severity: SEVERITIES[severity] });
    this.item.command =
      this.server.state === "stopped"
        ? { command: "lsp-search.restart", title: "Start" }
        : { command: "lsp-search.showDashboard", title: "Dashboard" };
  }
}
