// Puts the parts together: the server, and what users see of it.
import * as vscode from "vscode";
import { command, reindexAll } from "./commands";
import { Dashboard } from "./dashboard/panel";
import { Doctor } from "./doctor/doctor";
import { searching } from "./search/commands";
import { Environment } from "./server/environment";
import { Installer } from "./server/install";
import { Locator } from "./server/locate";
import { Interpreter } from "./server/python";
import { Server } from "./server/server";
import { notifyOfAlerts } from "./status/alerts";
import { StatusItem } from "./status/item";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  // Never disposed: it ends with the extension host, and what a server that is just ending still says finds it open.
  const log = vscode.window.createOutputChannel("lsp-search", { log: true });
  const interpreter = new Interpreter();
  const environment = new Environment(context.globalStorageUri.fsPath, context.asAbsolutePath("wheel"));
  const installer = new Installer(environment, interpreter, log);
  const locator = new Locator(environment, interpreter, installer, log);
  const started = (server = new Server(log, () => locator.locate(), settingKeys(context)));
  const dashboard = new Dashboard(context.extensionUri, started, log);
  const doctor = new Doctor(() => locator.found);
  const restart = (): void => void started.restart();
  context.subscriptions.push(
    started,
    interpreter,
    installer,
    interpreter.onDidChange(restart),
    installer.onDidInstall(restart),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((event) => { if (event.affectsConfiguration("lspSearch.server.path")) restart(); }),
    new StatusItem(started),
    notifyOfAlerts(started),
    dashboard,
    doctor,
    searching(context, started),
    command("lsp-search.showDashboard", () => { dashboard.show(); }),
    command("lsp-search.doctor", () => doctor.examine()),
    command("lsp-search.reindex", () => reindexAll(started)),
    command("lsp-search.restart", () => started.restart()),
    command("lsp-search.install", () => installer.install()),
    command("lsp-search.showLog", () => { log.show(); }),
  );
  started.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

/** The keys of all settings of the extension, without the section. */
function settingKeys(context: vscode.ExtensionContext): string[] {
  const manifest = context.extension.packageJSON as { contributes: { configuration: { properties: Record<string, unknown> } } };
  return Object.keys(manifest.contributes.configuration.properties).map((key) => key.replace(/^lspSearch\./, ""));
}
