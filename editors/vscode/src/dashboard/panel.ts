// The dashboard in an editor tab: the page that the server's own dashboard shows, fed by the running server.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import * as protocol from "../server/protocol";
import type { Server } from "../server/server";
import { webviewPage } from "./page";

const TYPE = "lspSearch.dashboard";

export class Dashboard implements vscode.Disposable, vscode.WebviewPanelSerializer {
  private panel: vscode.WebviewPanel | undefined;
  private readonly pageFolder: vscode.Uri;
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly extension: vscode.Uri, private readonly server: Server, private readonly log: vscode.LogOutputChannel) {
    this.pageFolder = vscode.Uri.joinPath(extension, "dist", "dashboard");
    this.subscriptions = [
      vscode.window.registerWebviewPanelSerializer(TYPE, this),
      server.onMetrics((stats) => { this.post("metrics", stats); }),
      server.onStatus((status) => { this.post("status", status); }),
      server.onAlert((alert) => { this.post("alert", alert); }),
      server.onDidChangeState(() => { void this.sendAll(); }),
    ];
  }

  show(): void {
    if (this.panel) this.panel.reveal();
    else this.take(vscode.window.createWebviewPanel(TYPE, "lsp-search", vscode.ViewColumn.Active));
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.take(panel);
    return Promise.resolve();
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
    this.panel?.dispose();
  }

  private take(panel: vscode.WebviewPanel): void {
    this.panel = panel;
    panel.iconPath = vscode.Uri.joinPath(this.extension, "media", "icon.png");
    panel.webview.options = { enableScripts: true, localResourceRoots: [this.pageFolder] };
    panel.webview.onDidReceiveMessage(() => this.sendAll()); // it says one thing only: that it listens, also when it is shown again
    panel.onDidDispose(() => {
      if (this.panel === panel) this.panel = undefined;
    });
    const page = readFileSync(join(this.pageFolder.fsPath, "page.html"), "utf8");
    panel.webview.html = webviewPage(page, randomBytes(16).toString("base64url"), String(panel.webview.asWebviewUri(this.pageFolder)));
  }

  /** All that a page needs that has nothing yet. */
  private async sendAll(): Promise<void> {
    if (!this.panel?.visible) return;
    const source = vscode.workspace.name ?? "";
    if (this.server.state !== "running") {
      const gone = { state: "stopped", source, detail: "lsp-search: Show Log says why, lsp-search: Restart Server starts it again." };
      this.post("connection", this.server.state === "starting" ? { state: "lost", source, detail: "The server is starting." } : gone);
      return;
    }
    this.post("connection", { state: "live", source });
    try {
      this.post("status", await this.server.request(protocol.status, {}));
      this.post("history", await this.server.request(protocol.history, {}));
      this.post("metrics", await this.server.request(protocol.stats, {}));
    } catch (error) {
      this.log.warn(`The dashboard: ${String(error)}`); // the server ended meanwhile: its next state is sent when it has one
    }
  }

  /** A page that nobody sees is told nothing; when it is shown again it asks for everything. */
  private post(type: string, params: unknown): void {
    if (this.panel?.visible) void this.panel.webview.postMessage({ type, params });
  }
}
