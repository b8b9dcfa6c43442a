// Where results are in the editor.
import * as vscode from "vscode";
import type { Item, SearchParams } from "../server/protocol";

export function uriOf(item: Item): vscode.Uri {
  return vscode.Uri.parse(item.location.uri);
}

export function pathOf(item: Item): string {
  return vscode.workspace.asRelativePath(uriOf(item));
}

export function rangeOf({ location: { range } }: Item): vscode.Range {
  return new vscode.Range(range.start.line, range.start.character, range.end.line, range.end.character);
}

/** Where the user is: near results are preferred. */
export function contextOf(editor: vscode.TextEditor | undefined): SearchParams["context"] {
  if (editor?.document.uri.scheme !== "file") return undefined;
  const { line, character } = editor.selection.active;
  return { uri: editor.document.uri.toString(), position: { line, character } };
}

export async function open(item: Item, options: vscode.TextDocumentShowOptions): Promise<void> {
  const range = rangeOf(item);
  const editor = await vscode.window.showTextDocument(uriOf(item), { ...options, selection: new vscode.Range(range.start, range.start) });
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
