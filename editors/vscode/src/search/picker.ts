// The search as you type: one box, one list.
import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import * as protocol from "../server/protocol";
import type { Answer, Item } from "../server/protocol";
import type { Server } from "../server/server";
import * as buttons from "./buttons";
import * as choices from "./choices";
import type { Choice } from "./choices";
import { Walk, type History } from "./history";
import { Live } from "./live";
import { contextOf, open, pathOf } from "./places";
import { Preview } from "./preview";
import { isOfText, nameOf, summary, toParams, type Question } from "./question";

/** Between the last key and the request. */
const DELAY = 60;
const LIMIT = 50;
export const OPEN = "lspSearch.pickerOpen";

export interface Surroundings {
  server: Server;
  history: History;
  /** Shows all results of a question in a view that stays. */
  showAll(question: Question): Promise<void>;
}

/** What the list holds. */
interface Shown {
  question: Question;
  /** Nothing where the question failed. */
  answer?: Answer;
}

/** Where a result is opened. */
type Where = "here" | "beside";

/** From opening the list to closing it. */
export class Picker {
  private readonly list = vscode.window.createQuickPick<Choice>();
  private readonly preview = new Preview();
  private readonly context = contextOf(vscode.window.activeTextEditor);
  private readonly live: Live<Question, Answer>;
  private readonly subscriptions: { dispose(): unknown }[];
  private actions: buttons.Action[] = [];
  private walk: Walk;
  private shown: Shown | undefined;
  private pinned = false;
  /** The cursor was moved since the list was filled, or the question changed. */
  private moved = false;
  /** The cursor was heard of at the top of the present list; what is heard before that is of the list before. */
  private drawn = false;
  /** The state of the index that was heard of last, until an answer from before it was asked again. */
  private newest = 0;
  /** Enter was pressed before the answer came. */
  private accepted: Where | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly around: Surroundings,
    public asked: Question,
    private readonly onClose: (closing: Promise<void>) => void,
  ) {
    this.live = new Live((what, signal) => this.request(what, signal), {
      answered: (what, answer) => { this.show(what, answer); },
      failed: (what, error) => { this.showFailure(what, error); },
      busy: (waiting) => { this.list.busy = waiting; },
    }, DELAY);
    this.walk = new Walk(around.history.entries, this.asked);
    const { list } = this;
    keepOrder(list);
    list.value = asked.query;
    list.placeholder = "A name, \"text\", /regex/, a sentence, file:, kind:, path: …";
    this.subscriptions = [
      list,
      list.onDidChangeValue((query) => { if (query !== this.asked.query) this.ask({ ...this.asked, query }); }),
      list.onDidAccept(() => { this.accept("here"); }),
      list.onDidChangeActive(([choice]) => { this.look(choice); }),
      list.onDidTriggerButton((button) => { this.actions.find((action) => action.button === button)?.run(); }),
      list.onDidTriggerItemButton(({ item, button }) => { this.press(item, button); }),
      // A click elsewhere, or another box in its place.
      list.onDidHide(() => { this.close(); }),
      around.server.onDidChangeState(() => {
        this.newest = 0;
        this.live.put(this.asked);
      }),
      around.server.onStatus(({ state, generation }) => {
        if (state !== "ready") return;
        this.newest = generation;
        this.catchUp();
      }),
    ];
    this.say();
    this.offer();
    list.show();
    void vscode.commands.executeCommand("setContext", OPEN, true);
    this.live.put(asked);
  }

  /** Changes what is asked; the list stays as it is until the answer is there. */
  ask(what: Question): void {
    const { asked } = this;
    if (isDeepStrictEqual(what, asked)) return;
    this.asked = what;
    this.stand();
    this.accepted = undefined;
    if (this.list.value !== what.query) this.list.value = what.query;
    else if (what.query !== asked.query) this.walk = new Walk(this.around.history.entries, what);
    this.say();
    if (what.mode !== asked.mode || what.caseSensitive !== asked.caseSensitive || what.wholeWords !== asked.wholeWords) this.offer();
    this.live.put(what);
  }

  /** The query before, or after, this one in the history. */
  recall(way: "older" | "newer"): void {
    this.ask({ ...this.asked, ...this.walk[way]() });
  }

  /** Opens what Enter or its like is pressed on; where the answer to what was typed last is not there yet, what stands first in it. */
  accept(where: Where): void {
    const isOld = this.live.waiting && this.shown?.question !== this.asked;
    this.accepted = isOld && !this.moved ? where : undefined;
    if (this.accepted) return;
    const { activeItems: [active], items } = this.list;
    // What was answered last may not be drawn yet.
    this.take(active && items.includes(active) ? active : first(items), where);
  }

  /** Nothing is opened: back to what was to be seen before. */
  dismiss(): void {
    this.list.hide();
    void this.preview.restore();
    this.close();
  }

  private async request(what: Question, signal: AbortSignal): Promise<Answer> {
    const source = new vscode.CancellationTokenSource();
    signal.addEventListener("abort", () => { source.cancel(); });
    try {
      return await this.around.server.request(protocol.search, toParams(what, LIMIT, this.context), source.token);
    } finally {
      source.dispose();
    }
  }

  /** What was answered before the last change, as of a file that is edited, is asked again; not under a cursor that was moved. */
  private catchUp(): void {
    const answer = this.shown?.answer;
    if (!this.newest || !answer || this.moved || this.live.waiting) return;
    if (answer.generation >= this.newest && !answer.indexing) return;
    this.newest = 0;
    this.live.put(this.asked);
  }

  private show(what: Question, answer: Answer): void {
    const before = this.shown?.question === what ? this.shown.answer : undefined;
    if (before && what.query.trim() && (this.moved || looksAlike(before.items, answer.items))) {
      this.shown = { question: what, answer: { ...answer, items: before.items } };
    } else {
      this.shown = { question: what, answer };
      this.fill(this.choicesOf(what, answer));
    }
    this.say();
    if (this.accepted) this.take(this.list.items.find(({ found }) => found), this.accepted);
    this.accepted = undefined;
    this.catchUp();
  }

  private choicesOf(what: Question, answer: Answer): Choice[] {
    const found = answer.items.map(choices.ofItem);
    if (!what.query.trim()) return [...this.recent(), ...(found.length ? [choices.separator("recently picked and changed"), ...found] : [])];
    return found.length ? found : choices.nothing(what, answer, (other) => { this.ask(other); });
  }

  private showFailure(question: Question, error: Error): void {
    this.shown = { question };
    this.accepted = undefined;
    const { state } = this.around.server;
    if (state === "starting") this.fill([choices.message("loading~spin", "The search server is starting")]);
    else if (state === "running") this.fill([choices.message("error", error.message)]);
    else {
      this.fill([
        choices.message("warning", "The search server is not running", error.message),
        choices.message("debug-restart", "Start it", undefined, () => { void vscode.commands.executeCommand("lsp-search.restart"); }),
        choices.message("output", "Show its log", undefined, () => { void vscode.commands.executeCommand("lsp-search.showLog"); }),
      ]);
    }
    this.say();
  }

  private recent(): Choice[] {
    const entries = this.around.history.entries.map((entry) => choices.ofEntry(entry, () => { this.ask({ ...this.asked, ...entry }); }));
    return entries.length ? [choices.separator("recent searches"), ...entries] : [];
  }

  private fill(items: Choice[]): void {
    this.drawn = false;
    this.stand();
    this.list.items = items;
  }

  /** How it is looked, and what came of it. */
  private say(): void {
    const { asked, list } = this;
    const answer = this.shown?.answer;
    const mode = nameOf(asked.mode === "auto" ? (answer?.mode ?? "auto") : asked.mode);
    const refined = isOfText(asked.mode) ? [asked.caseSensitive && "match case", asked.wholeWords && "whole words"] : [];
    const result = answer && asked.query.trim() && summary(answer);
    list.title = [`Search: ${mode}`, ...refined, result].filter(Boolean).join(" · ");
  }

  /** Buttons cost the editor much more than rows: they are drawn only where they change. */
  private offer(): void {
    const { asked, list } = this;
    this.actions = [
      ...buttons.ofQuestion(asked, (part) => { this.ask({ ...this.asked, ...part }); }),
      buttons.plain("list-tree", "Open All in the Search Results View", () => { void this.showAll(); }),
      buttons.plain(this.pinned ? "pinned" : "pin", this.pinned ? "Close When a Result Is Opened" : "Keep Open", () => { this.pin(); }),
    ];
    list.buttons = this.actions.map(({ button }) => button);
  }

  private pin(): void {
    this.pinned = !this.pinned;
    this.list.ignoreFocusOut = this.pinned;
    this.offer();
  }

  /** Where the cursor went in a list that is of the past by now does not count. */
  private stand(): void {
    this.moved = false;
    this.preview.stay();
  }

  private look(choice: Choice | undefined): void {
    // The editor says so, too, while it fills the list.
    if (!choice) return;
    if (choice === first(this.list.items)) this.drawn = true;
    else if (this.drawn) this.moved = true;
    if (this.moved && choice.found && vscode.workspace.getConfiguration("lspSearch").get<boolean>("picker.preview", true)) this.preview.show(choice.found);
  }

  private take(choice: Choice | undefined, where: Where): void {
    if (choice?.run) choice.run();
    else if (choice?.found) void (where === "here" ? this.open(choice.found) : this.openToSide(choice.found));
  }

  private press(choice: Choice, button: vscode.QuickInputButton): void {
    if (button === buttons.openSide) this.take(choice, "beside");
    else if (button === buttons.copyPath && choice.found) void vscode.env.clipboard.writeText(pathOf(choice.found));
    else if (button === buttons.forget && choice.recent) {
      this.around.history.remove(choice.recent);
      this.live.put(this.asked);
    }
  }

  private async open(found: Item): Promise<void> {
    this.picked(found);
    await this.preview.keep(found);
    const preview = vscode.workspace.getConfiguration("workbench.editor").get<boolean>("enablePreviewFromQuickOpen", false);
    await this.leaveFor(() => open(found, { preview, preserveFocus: this.pinned }));
  }

  private async openToSide(found: Item): Promise<void> {
    this.picked(found);
    await this.preview.restore();
    await this.leaveFor(() => open(found, { viewColumn: vscode.ViewColumn.Beside, preview: false, preserveFocus: this.pinned }));
  }

  /** A result takes the focus when it is open: closing is not over before. */
  private async leaveFor(opening: () => Promise<void>): Promise<void> {
    if (this.pinned || this.closing) {
      await this.tried(opening());
      return;
    }
    this.list.hide();
    this.close(() => this.tried(opening()));
  }

  private async tried(opening: Promise<void>): Promise<void> {
    try {
      await opening;
    } catch (error) {
      void vscode.window.showErrorMessage(`lsp-search: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** It answers the question that the list was filled for: another may be on its way. */
  private picked(found: Item): void {
    const rank = this.shown?.answer?.items.indexOf(found) ?? -1;
    if (!this.shown || rank < 0) return;
    const { query, mode } = this.shown.question;
    this.around.history.add({ query, mode });
    this.around.server.notify(protocol.picked, { query, id: found.id, rank });
  }

  private async showAll(): Promise<void> {
    const { query, mode } = this.asked;
    if (!query.trim()) return;
    this.around.history.add({ query, mode });
    this.dismiss();
    await this.around.showAll(this.asked);
  }

  private close(then: () => Promise<void> = () => Promise.resolve()): void {
    if (this.closing) return;
    this.live.cancel();
    for (const subscription of this.subscriptions) subscription.dispose();
    void vscode.commands.executeCommand("setContext", OPEN, false);
    this.closing = this.preview.leave().then(then).finally(() => { this.preview.dispose(); });
    this.onClose(this.closing);
  }
}

/** Of results, whatever they scored; a list without results says more than that. */
function looksAlike(one: Item[], other: Item[]): boolean {
  const seen = (items: Item[]): Item[] => items.map((item) => ({ ...item, score: 0 }));
  return one.length > 0 && isDeepStrictEqual(seen(one), seen(other));
}

/** The row that the cursor is on in a new list. */
function first(items: readonly Choice[]): Choice | undefined {
  return items.find(({ kind }) => kind !== vscode.QuickPickItemKind.Separator);
}

/** The server's order is the order: nothing is sorted, or dropped, by how its label fits. */
function keepOrder(list: vscode.QuickPick<Choice>): void {
  list.matchOnDescription = false;
  list.matchOnDetail = false;
  // Missing in the types, but there: without it editors sort rows by where the query stands in their labels.
  (list as { sortByLabel?: boolean }).sortByLabel = false;
}
