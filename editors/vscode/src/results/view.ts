// The view of search results: stays until something else is searched.
import { basename } from "node:path";
import * as vscode from "vscode";
import { contextOf, open, pathOf } from "../search/places";
import { isOfText, nameOf, summary, toParams, type Question } from "../search/question";
import * as protocol from "../server/protocol";
import type { Answer } from "../server/protocol";
import type { Server } from "../server/server";
import { isHit, Results, type Hit, type Node } from "./model";
import { Tree } from "./tree";

const VIEW = "lspSearch.results";
const LIMIT = 1000;

/** A search that can be run again. */
interface Search {
  /** With the mode that was used, where one had to be found. */
  title(answer?: Answer): string;
  run(token: vscode.CancellationToken): Promise<Answer>;
}

export class ResultsView implements vscode.Disposable {
  private readonly tree = new Tree();
  private readonly view = vscode.window.createTreeView(VIEW, { treeDataProvider: this.tree, showCollapseAll: true, canSelectMany: true });
  private search: Search | undefined;
  private running: vscode.CancellationTokenSource | undefined;
  private current: Hit | undefined;

  constructor(private readonly server: Server) {
    this.view.onDidChangeSelection(({ selection: [node] }) => { if (node && isHit(node)) this.current = node; });
  }

  showAll(question: Question): Promise<void> {
    const context = contextOf(vscode.window.activeTextEditor);
    return this.show({
      title: (answer) => `${question.query} · ${nameOf(answer?.mode ?? question.mode)}`,
      run: (token) => this.server.request(protocol.search, toParams(question, LIMIT, context), token),
    });
  }

  showSimilar(editor: vscode.TextEditor): Promise<void> {
    const { document, selection: { active: { line, character } } } = editor;
    const params = { uri: document.uri.toString(), position: { line, character } };
    return this.show({
      title: () => `code like ${basename(document.fileName)}:${line + 1}`,
      run: (token) => this.server.request(protocol.similar, params, token),
    });
  }

  async rerun(): Promise<void> {
    if (this.search) await this.show(this.search);
  }

  clear(): void {
    this.running?.cancel();
    this.running = undefined;
    this.search = undefined;
    this.fill(undefined);
  }

  dismiss(nodes: readonly Node[]): void {
    for (const node of nodes) this.tree.results?.dismiss(node);
    this.update();
  }

  group(byFile: boolean): void {
    this.tree.grouped = byFile;
    this.update();
  }

  /** Opens the next result, or the one before. */
  async step(by: 1 | -1): Promise<void> {
    const hit = this.tree.results?.step(this.current, by, this.tree.grouped);
    if (!hit) return;
    this.current = hit;
    await open(hit.item, { preview: true });
    await this.view.reveal(hit, { select: true, focus: false });
  }

  /** As lines of text: "path:line: text". */
  async copy(nodes: readonly Node[]): Promise<void> {
    const hits = nodes.flatMap((node) => (isHit(node) ? [node] : node.hits));
    await vscode.env.clipboard.writeText(hits.map(({ item }) => `${pathOf(item)}:${item.location.range.start.line + 1}: ${item.snippet.trim() || item.name}`).join("\n"));
  }

  get selection(): readonly Node[] {
    return this.view.selection;
  }

  dispose(): void {
    this.running?.cancel();
    this.view.dispose();
  }

  private async show(search: Search): Promise<void> {
    this.running?.cancel();
    const running = (this.running = new vscode.CancellationTokenSource());
    this.search = search;
    await vscode.commands.executeCommand(`${VIEW}.focus`);
    // The editor keeps for new rows where the list is scrolled to, and what is selected. (Revealing the best of them instead would
    // race with the view, which fetches the rows at the same time: of two fetches the editor drops one.)
    if (this.tree.getChildren().length) {
      await vscode.commands.executeCommand("list.focusFirst");
      await vscode.commands.executeCommand("list.clear");
    }
    try {
      const answer = await vscode.window.withProgress({ location: { viewId: VIEW } }, () => search.run(running.token));
      if (running !== this.running) return;
      this.tree.grouped = isOfText(answer.mode);
      this.fill(new Results(answer));
    } catch (error) {
      if (running !== this.running) return;
      this.fill(undefined);
      this.view.message = `${search.title()}: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      running.dispose();
    }
  }

  private fill(results: Results | undefined): void {
    this.tree.results = results;
    this.current = undefined;
    this.update();
  }

  private update(): void {
    const { results, grouped } = this.tree;
    this.tree.refresh();
    this.view.message = results && this.search ? `${this.search.title(results.answer)} · ${summary(results.answer, results.hits.length)}` : "";
    void vscode.commands.executeCommand("setContext", "lspSearch.hasSearch", this.search !== undefined);
    void vscode.commands.executeCommand("setContext", "lspSearch.hasResults", Boolean(results?.hits.length));
    void vscode.commands.executeCommand("setContext", "lspSearch.resultsByFile", grouped);
  }
}
