// The tabs of an editor group.
import * as vscode from "vscode";

export function groupAt(column: vscode.ViewColumn): vscode.TabGroup | undefined {
  return vscode.window.tabGroups.all.find((group) => group.viewColumn === column);
}

/** The tab that shows the text of a file. */
export function tabOf(column: vscode.ViewColumn, uri: vscode.Uri): vscode.Tab | undefined {
  return groupAt(column)?.tabs.find(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString());
}

/** Shows what a tab shows, or did before another took its place. */
export async function reveal({ input, label }: vscode.Tab, viewColumn: vscode.ViewColumn): Promise<void> {
  const options = { viewColumn, preview: true };
  if (input instanceof vscode.TabInputText) {
    // One editor shows all texts of a group: it has the focus already, or something else should keep it.
    await vscode.window.showTextDocument(input.uri, { ...options, preserveFocus: true });
  } else if (input instanceof vscode.TabInputTextDiff) {
    await vscode.commands.executeCommand("vscode.diff", input.original, input.modified, label, options);
  } else if (input instanceof vscode.TabInputNotebook) {
    await vscode.commands.executeCommand("vscode.openWith", input.uri, input.notebookType, options);
  } else if (input instanceof vscode.TabInputCustom) {
    await vscode.commands.executeCommand("vscode.openWith", input.uri, input.viewType, options);
  }
}
