// The command "Doctor": checks the server that was found, this machine and the folder, and shows the report.
import * as vscode from "vscode";
import type { Found } from "../server/find";
import { run } from "../server/run";
import { report, type Check } from "./report";

const SCHEME = "lsp-search-report";
const PAGE = vscode.Uri.from({ scheme: SCHEME, path: "/lsp-search doctor.md" });

export class Doctor implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private text = "";
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  readonly onDidChange = this.changed.event;

  constructor(private readonly found: () => Found | undefined) {}

  provideTextDocumentContent(): string {
    return this.text;
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }

  /** Rejects, with a message for the user, where there is nothing to check or the check itself fails. */
  async examine(): Promise<void> {
    const server = this.found();
    if (!server) throw new Error("No server was found that could be checked. \"lsp-search: Install Server\" installs one.");
    const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file");
    if (!folder) throw new Error("Open a folder first: the doctor looks at it too.");
    const title = "lsp-search doctor";
    this.text = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, async () => {
      const { output, errors } = await run([...server.command, "doctor", folder.uri.fsPath, "--json"], { timeout: 120_000 });
      return report(folder.uri.fsPath, `${server.command.join(" ")} (${server.version}, ${server.place})`, checksIn(output, errors));
    });
    this.changed.fire(PAGE);
    await vscode.commands.executeCommand("markdown.showPreview", PAGE);
  }
}

function checksIn(output: string, errors: string): Check[] {
  try {
    return (JSON.parse(output) as { checks: Check[] }).checks;
  } catch {
    throw new Error(`The doctor did not finish: ${errors.trim() || output.trim() || "it said nothing"}`);
  }
}
