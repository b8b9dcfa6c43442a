// What can be done with the results.
import * as vscode from "vscode";
import { command } from "../commands";
import { open } from "../search/places";
import { isHit, type Node } from "./model";
import type { ResultsView } from "./view";

export function resultCommands(view: ResultsView): vscode.Disposable[] {
  const on = (name: string, run: (node?: Node, all?: Node[]) => unknown): vscode.Disposable =>
    command(`lsp-search.results.${name}`, run);
  /** What a menu was opened on, with the rest of the selection; by keyboard, the selection. */
  const chosen = (node?: Node, all?: Node[]): readonly Node[] => all ?? (node ? [node] : view.selection);
  return [
    on("rerun", () => view.rerun()),
    on("clear", () => { view.clear(); }),
    on("next", () => view.step(1)),
    on("previous", () => view.step(-1)),
    on("viewByFile", () => { view.group(true); }),
    on("viewAsList", () => { view.group(false); }),
    on("dismiss", (node, all) => { view.dismiss(chosen(node, all)); }),
    on("copy", (node, all) => view.copy(chosen(node, all))),
    on("openToSide", async (node) => {
      const [first] = chosen(node);
      const hit = first && (isHit(first) ? first : first.hits[0]);
      if (hit) await open(hit.item, { viewColumn: vscode.ViewColumn.Beside, preview: false });
    }),
  ];
}
