// Offers to install the server where none was found, installs it, and says what went wrong.
import * as vscode from "vscode";
import { InstallError, pythons, type Environment } from "./environment";
import { program } from "./programs";
import type { Interpreter } from "./python";

export class Installer implements vscode.Disposable {
  private offered = false;
  private running: { controller: AbortController; well: Promise<boolean> } | undefined;
  private readonly emitter = new vscode.EventEmitter<void>();
  readonly onDidInstall = this.emitter.event;

  constructor(
    private readonly environment: Environment,
    private readonly interpreter: Interpreter,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Once a window: who says "Not Now" is asked again in the next. */
  async offer(): Promise<void> {
    if (this.offered) return;
    this.offered = true;
    const answer = await vscode.window.showInformationMessage(
      "lsp-search needs its search server. Install it into an environment of the extension's own, or choose one that you have?",
      "Install",
      "Choose…",
      "Not Now",
    );
    if (answer === "Install") await this.install();
    if (answer === "Choose…") await choose();
  }

  async install(): Promise<void> {
    if (await this.attempt("Installing the lsp-search server")) this.emitter.fire();
  }

  /** Whether it went well; if not, the user was told why. While one attempt runs there is no other. */
  attempt(title: string): Promise<boolean> {
    if (!this.running) {
      const controller = new AbortController();
      const well = this.show(title, controller).finally(() => { this.running = undefined; });
      this.running = { controller, well };
    }
    return this.running.well;
  }

  dispose(): void {
    this.running?.controller.abort();
    this.emitter.dispose();
  }

  private async show(title: string, controller: AbortController): Promise<boolean> {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    try {
      await vscode.window.withProgress(options, async (progress, token) => {
        token.onCancellationRequested(() => { controller.abort(); });
        const say = (line: string): void => {
          this.log.info(line);
          progress.report({ message: line.trim() });
        };
        const chosen = await this.interpreter.path().catch(() => undefined); // there are others
        await this.environment.install(pythons(chosen, program), say, controller.signal);
      });
      return true;
    } catch (error) {
      if (!controller.signal.aborted) this.failed(error as Error, title);
      return false;
    }
  }

  private failed(error: Error, title: string): void {
    const message = error instanceof InstallError ? error.message : `${title} failed: ${error.message}`;
    this.log.warn(message);
    void vscode.window.showErrorMessage(message, "Try Again", "Show Log").then((answer) => {
      if (answer === "Show Log") this.log.show();
      if (answer === "Try Again") return this.install();
      return undefined;
    });
  }
}

/** Lets the user point at an installed server. What they choose is the setting from then on. */
async function choose(): Promise<void> {
  const [file] = (await vscode.window.showOpenDialog({ title: "The command lsp-search", openLabel: "Use" })) ?? [];
  if (file) await vscode.workspace.getConfiguration("lspSearch").update("server.path", [file.fsPath], vscode.ConfigurationTarget.Global);
}
