// The commands that search.
import { setTimeout as sleep } from "node:timers/promises";
import * as vscode from "vscode";
import { command } from "../commands";
import { resultCommands } from "../results/commands";
import { ResultsView } from "../results/view";
import type { Mode } from "../server/protocol";
import type { Server } from "../server/server";
import { History } from "./history";
import { Picker } from "./picker";
import { question, type Question } from "./question";

/** Milliseconds. */
const PATIENCE = 1000;

export function searching(context: vscode.ExtensionContext, server: Server): vscode.Disposable {
  const results = new ResultsView(server);
  const around = { server, history: new History(context.workspaceState), showAll: (all: Question) => results.showAll(all) };
  let picker: Picker | undefined;
  let closing: Promise<void> | undefined;
  let last = question("");

  const open = async (asked: Question): Promise<void> => {
    // What the picker before opens, or puts back, would take the focus from the next; a file system that hangs is not waited for.
    await Promise.race([closing, sleep(PATIENCE)]);
    if (picker) {
      picker.ask(asked);
      await vscode.commands.executeCommand("workbench.action.focusQuickOpen");
      return;
    }
    const opened = (picker = new Picker(around, asked, (until) => {
      last = opened.asked;
      picker = undefined;
      closing = until;
    }));
  };
  const openIn = (mode: Mode): Promise<void> => open(question((picker?.asked ?? last).query, mode));
  const on = (name: string, run: () => unknown): vscode.Disposable => command(`lsp-search.${name}`, run);

  return vscode.Disposable.from(
    results,
    ...resultCommands(results),
    on("search", () => openIn("auto")),
    on("searchText", () => openIn("text")),
    on("searchMeaning", () => openIn("semantic")),
    on("searchSelection", () => open(ofSelection(vscode.window.activeTextEditor) ?? last)),
    on("findSimilar", () => {
      const editor = vscode.window.activeTextEditor;
      return editor ? results.showSimilar(editor) : vscode.window.showInformationMessage("lsp-search: open a file and place the cursor in the code that others should be like.");
    }),
    on("picker.openToSide", () => { picker?.accept("beside"); }),
    on("picker.dismiss", () => { picker?.dismiss(); }),
    on("picker.older", () => { picker?.recall("older"); }),
    on("picker.newer", () => { picker?.recall("newer"); }),
  );
}

/** The word at the cursor; what is selected is text, as it stands, unless it is a word. */
function ofSelection(editor: vscode.TextEditor | undefined): Question | undefined {
  if (!editor) return undefined;
  const { document, selection } = editor;
  const word = document.getWordRangeAtPosition(selection.active);
  if (selection.isEmpty) return word && question(document.getText(word));
  const [line = ""] = document.getText(selection).trim().split(/\r?\n/);
  return question(line, /^[\w$]+$/u.test(line) ? "auto" : "text");
}
