// How the results' tree looks.
import * as vscode from "vscode";
import { pathOf, rangeOf, uriOf } from "../search/places";
import { icon } from "../search/rows";
import { trimmed } from "../search/text";
import { isHit, type Group, type Hit, type Node, type Results } from "./model";

export class Tree implements vscode.TreeDataProvider<Node> {
  private readonly changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  results: Results | undefined;
  grouped = true;

  refresh(): void {
    this.changed.fire(undefined);
  }

  getChildren(node?: Node): Node[] {
    if (node) return isHit(node) ? [] : node.hits;
    return (this.grouped ? this.results?.groups : this.results?.hits) ?? [];
  }

  getParent(node: Node): Node | undefined {
    return this.grouped && isHit(node) ? node.group : undefined;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return isHit(node) ? ofHit(node, this.grouped) : ofGroup(node);
  }
}

function ofGroup({ uri, hits }: Group): vscode.TreeItem {
  const file = vscode.Uri.parse(uri);
  const path = vscode.workspace.asRelativePath(file);
  const slash = path.lastIndexOf("/");
  const item = new vscode.TreeItem(path.slice(slash + 1), vscode.TreeItemCollapsibleState.Expanded);
  item.description = [hits.length, path.slice(0, Math.max(slash, 0))].filter(Boolean).join(" · ");
  item.iconPath = vscode.ThemeIcon.File;
  item.resourceUri = file;
  item.tooltip = path;
  item.contextValue = "file";
  return item;
}

function ofHit({ item: found }: Hit, grouped: boolean): vscode.TreeItem {
  const path = pathOf(found);
  const line = found.location.range.start.line + 1;
  const isLine = found.kind === null;
  const label = isLine ? trimmed(found.snippet, found.matches, 200, 20) : trimmed(found.name, found.matches);
  const item = new vscode.TreeItem({ label: label.text, highlights: label.matches });
  const place = grouped ? `${line}` : `${path.slice(path.lastIndexOf("/") + 1)}:${line}`;
  item.description = found.containerName && !isLine ? `${found.containerName} — ${place}` : place;
  if (!isLine) item.iconPath = new vscode.ThemeIcon(icon(found));
  item.tooltip = `${path}:${line}\n${found.snippet.trim()}`;
  item.contextValue = "hit";
  // The editor's own command knows a click from a double click and from Enter.
  const { start } = rangeOf(found);
  item.command = { command: "vscode.open", title: "Open", arguments: [uriOf(found), { selection: new vscode.Range(start, start) }] };
  return item;
}
