// The commands that act on the server, and how each failure is told.
import * as vscode from "vscode";
import { count } from "./status/text";
import { reindex } from "./server/protocol";
import type { Server } from "./server/server";

/** Registers a command whose failure is shown with its message. */
export function command(id: string, act: (...given: never[]) => unknown): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...given: never[]) => {
    try {
      await act(...given);
    } catch (error) {
      if (!(error instanceof vscode.CancellationError)) void vscode.window.showErrorMessage(`lsp-search: ${(error as Error).message}`);
    }
  });
}

/** Looks at every file again; cancellable, and says what it did. */
export async function reindexAll(server: Server): Promise<void> {
  const progress = { location: vscode.ProgressLocation.Notification, title: "lsp-search: reindexing", cancellable: true };
  const done = await vscode.window.withProgress(progress, async (report, token) => {
    const following = server.onStatus(({ done, total }) => {
      if (total > 0) report.report({ message: `${count(done)} of ${count(total)} files` });
    });
    try {
      return await server.request(reindex, {}, token);
    } catch (error) {
      if (token.isCancellationRequested) throw new vscode.CancellationError();
      throw error;
    } finally {
      following.dispose();
    }
  });
  void vscode.window.showInformationMessage(`lsp-search: ${count(done.files)} files indexed in ${done.seconds.toFixed(1)} s.`);
}
