// The language client as this extension wants it: quiet, and with the user's settings only.
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn } from "vscode-languageclient/node";
import { chosen } from "./settings";

const SECTION = "lspSearch";

/** Says nothing in windows of its own: that the server ended, or does not start, is told once, by the one who starts it. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** `keys`: of all settings of the extension, without the section. */
export function createClient(process: ChildProcessWithoutNullStreams, log: vscode.LogOutputChannel, keys: readonly string[]): LanguageClient {
  return new QuietClient(SECTION, "lsp-search", () => Promise.resolve(process), {
    documentSelector: [{ scheme: "file" }],
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => ({ action: CloseAction.DoNotRestart, handled: true, message: "The connection to the server ended." }),
    },
    stdioOptions: { stdout: () => undefined, stderr: (input) => { createInterface({ input }).on("line", (line) => { note(log, line); }); } },
    middleware: {
      workspace: {
        configuration: ({ items }) => items.map(({ section }) => (section === SECTION ? userSettings(keys) : null)),
        // The server then asks; one that is just ending need not be told.
        didChangeConfiguration: (_sections, next) => next(undefined).catch(() => undefined),
      },
    },
  });
}

function userSettings(keys: readonly string[]): Record<string, unknown> {
  const configuration = vscode.workspace.getConfiguration(SECTION);
  return chosen(keys, (key) => configuration.inspect(key));
}

/** A line of the server's log, without its time: the channel writes one itself. */
function note(log: vscode.LogOutputChannel, line: string): void {
  const [, level = "", text = line] = /^[\d-]{10} [\d:,]+ ([A-Z]+) (.*)$/.exec(line) ?? [];
  if (level === "ERROR" || level === "CRITICAL") log.error(text);
  else if (level === "WARNING") log.warn(text);
  else log.info(text);
}
