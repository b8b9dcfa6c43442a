// Shows results in the editor while the cursor is on them, and puts everything back when none is opened.
import * as vscode from "vscode";
import type { Item } from "../server/protocol";
import { rangeOf, uriOf } from "./places";
import { groupAt, reveal, tabOf } from "./tabs";

/** Holding an arrow key moves on every 30 ms or so: only where it rests is shown. */
const DELAY = 80;

/** What was to be seen before the first preview. */
interface Before {
  /** The group that all previews are in. */
  column: vscode.ViewColumn;
  active: vscode.Tab | undefined;
  /** A preview tab of the user's: others take its place. */
  preview: vscode.Tab | undefined;
}

/** A result that is shown, as it was left to the user. */
interface Shown {
  column: vscode.ViewColumn;
  editor: vscode.TextEditor;
  selection: vscode.Selection;
  version: number;
  isPreview: boolean;
  /** Where the user was in a tab that had been there before. Nothing: the tab is our own. */
  place: { selections: readonly vscode.Selection[]; top: vscode.Position | undefined } | undefined;
}

export class Preview implements vscode.Disposable {
  private readonly line = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor("editor.rangeHighlightBackground"),
    isWholeLine: true,
  });
  private readonly match = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor("editor.findMatchHighlightBackground"),
    border: "1px solid",
    borderColor: new vscode.ThemeColor("editor.findMatchHighlightBorder"),
  });
  private before: Before | undefined;
  private shown: Shown | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Editors open one after the other. */
  private last: Promise<void> = Promise.resolve();

  show(item: Item): void {
    this.stay();
    this.timer = setTimeout(() => { void this.then(() => this.open(item)); }, DELAY);
  }

  /** What is shown stays, and nothing else is until it is asked for. */
  stay(): void {
    clearTimeout(this.timer);
  }

  /** Back to what was to be seen before, unless the user went on from what is shown. */
  restore(): Promise<void> {
    return this.end((shown, before) => (isAsLeft(shown) ? putBack(shown, before) : close(shown)));
  }

  /** The user is elsewhere: what is to be seen is theirs, but for a tab of our own. */
  leave(): Promise<void> {
    return this.end((shown) => close(shown));
  }

  /** *item* is about to be opened: a tab of our own that shows it may stay; any other goes, and a tab of the user's is as it was. */
  keep(item: Item): Promise<void> {
    return this.end((shown) => {
      if (shown.editor.document.uri.toString() === uriOf(item).toString()) return;
      goBack(shown);
      return close(shown);
    });
  }

  dispose(): void {
    this.stay();
    this.line.dispose();
    this.match.dispose();
  }

  private end(how: (shown: Shown, before: Before) => Promise<void> | void): Promise<void> {
    this.stay();
    return this.then(async () => {
      const { shown, before } = this;
      this.shown = this.before = undefined;
      if (!shown || !before) return;
      this.unmark();
      await how(shown, before);
    });
  }

  private then(step: () => Promise<void>): Promise<void> {
    // A file that is gone, or no text, has no preview.
    return (this.last = this.last.then(step).catch(() => undefined));
  }

  private async open(item: Item): Promise<void> {
    if (this.shown && !isAsLeft(this.shown)) {
      await close(this.shown);
      this.shown = this.before = undefined;
    }
    const { column } = (this.before ??= seen());
    const uri = uriOf(item);
    const range = rangeOf(item);
    const selection = new vscode.Selection(range.start, range.start);
    const { shown } = this;
    const same = shown?.editor.document.uri.toString() === uri.toString();
    const isOwn = same ? !shown.place : !tabOf(column, uri);
    this.unmark();
    if (shown && !same) goBack(shown);
    const editor = await vscode.window.showTextDocument(uri, { viewColumn: column, preview: true, preserveFocus: true, ...(isOwn && { selection }) });
    const place = same ? shown.place : isOwn ? undefined : { selections: editor.selections, top: editor.visibleRanges[0]?.start };
    if (place) editor.selection = selection;
    const line = item.snippetLine ?? range.start.line;
    editor.setDecorations(this.line, [new vscode.Range(line, 0, line, 0)]);
    editor.setDecorations(this.match, [range]);
    editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    const isPreview = tabOf(column, uri)?.isPreview ?? false;
    this.shown = { column, editor, selection: editor.selection, version: editor.document.version, isPreview, place };
    // Without preview tabs each result has one of its own.
    if (shown && !same) await close(shown);
  }

  private unmark(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      editor.setDecorations(this.line, []);
      editor.setDecorations(this.match, []);
    }
  }
}

function seen(): Before {
  const { viewColumn, activeTab, tabs } = vscode.window.tabGroups.activeTabGroup;
  return { column: viewColumn, active: activeTab, preview: tabs.find((tab) => tab.isPreview) };
}

/** Nothing where the user made the tab theirs: moved the cursor, wrote, or pinned it. */
function tabOfUntouched({ column, editor, selection, version, isPreview }: Shown): vscode.Tab | undefined {
  const { document } = editor;
  const untouched = editor.selection.isEqual(selection) && document.version === version;
  const tab = untouched ? tabOf(column, document.uri) : undefined;
  return tab?.isPreview === isPreview ? tab : undefined;
}

/** False where the user went on from it. */
function isAsLeft(shown: Shown): boolean {
  return tabOfUntouched(shown)?.isActive ?? false;
}

async function putBack(shown: Shown, { column, active, preview }: Before): Promise<void> {
  const has = (wanted: vscode.Tab): boolean => groupAt(column)?.tabs.includes(wanted) ?? false;
  goBack(shown);
  if (preview && !has(preview)) await reveal(preview, column);
  await close(shown);
  if (active && has(active) && !active.isActive) await reveal(active, column);
}

async function close(shown: Shown): Promise<void> {
  const tab = shown.place ? undefined : tabOfUntouched(shown);
  if (tab) await vscode.window.tabGroups.close(tab);
}

/** To where the user was in a tab of theirs. */
function goBack({ editor, selection, place }: Shown): void {
  if (!place || !vscode.window.visibleTextEditors.includes(editor) || !editor.selection.isEqual(selection)) return;
  editor.selections = place.selections;
  if (place.top) editor.revealRange(new vscode.Range(place.top, place.top), vscode.TextEditorRevealType.AtTop);
}
