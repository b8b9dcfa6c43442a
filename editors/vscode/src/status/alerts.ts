// The server's alerts as notifications, until the user has seen enough of one.
import * as vscode from "vscode";
import type { Alert } from "../server/protocol";
import type { Server } from "../server/server";

const MUTED = "notifications.muted";
const SHOW = "Show Dashboard";
const MUTE = "Don't Show Again";

export function notifyOfAlerts(server: Server): vscode.Disposable {
  return server.onAlert((alert) => {
    if (!muted().includes(alert.metric)) void notify(alert);
  });
}

async function notify({ level, metric, message, advice }: Alert): Promise<void> {
  const show = {
    info: vscode.window.showInformationMessage,
    warning: vscode.window.showWarningMessage,
    error: vscode.window.showErrorMessage,
  }[level];
  const answer = await show(`lsp-search: ${message}. ${advice}`, SHOW, MUTE);
  if (answer === SHOW) await vscode.commands.executeCommand("lsp-search.showDashboard");
  // In the user's settings, where it is seen, taken back and the same on every machine.
  if (answer === MUTE) await configuration().update(MUTED, [...new Set([...muted(), metric])], vscode.ConfigurationTarget.Global);
}

function configuration(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration("lspSearch");
}

function muted(): string[] {
  return configuration().get<string[]>(MUTED, []);
}
