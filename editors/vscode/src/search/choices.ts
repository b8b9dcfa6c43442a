// What the picker's list offers: results, and what to do where there are none.
import * as vscode from "vscode";
import type { Answer, Item } from "../server/protocol";
import { copyPath, forget, openSide } from "./buttons";
import type { Entry } from "./history";
import { pathOf } from "./places";
import { isOfMeaning, isOfText, nameOf, type Question } from "./question";
import { toRow } from "./rows";
import { withoutIcons } from "./text";

export interface Choice extends vscode.QuickPickItem {
  /** A result; others have something to do. */
  found?: Item;
  recent?: Entry;
  run?: () => void;
}

export function ofItem(item: Item): Choice {
  const { icon, ...row } = toRow(item, pathOf(item));
  return { ...row, iconPath: new vscode.ThemeIcon(icon), alwaysShow: true, buttons: [openSide, copyPath], found: item };
}

export function ofEntry(entry: Entry, run: () => void): Choice {
  return {
    label: withoutIcons(entry.query),
    ...(entry.mode !== "auto" && { description: nameOf(entry.mode) }),
    iconPath: new vscode.ThemeIcon("history"),
    alwaysShow: true,
    buttons: [forget],
    recent: entry,
    run,
  };
}

export function separator(label: string): Choice {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

export function message(icon: string, label: string, detail?: string, run?: () => void): Choice {
  return { label: withoutIcons(label), iconPath: new vscode.ThemeIcon(icon), alwaysShow: true, ...(detail && { detail }), ...(run && { run }) };
}

/** Nothing was found: says so, and offers the other ways to look. */
export function nothing(question: Question, answer: Answer, ask: (question: Question) => void): Choice[] {
  const why = answer.indexing ? "Files are still being indexed: there may be more in a moment." : undefined;
  const choices = [message("info", `No ${nameOf(answer.mode)} found for “${question.query}”`.replace("No meaning", "Nothing"), why)];
  if (!isOfText(answer.mode)) {
    choices.push(message("symbol-text", "Look for it as text", undefined, () => { ask({ ...question, mode: "text" }); }));
  }
  if (!isOfMeaning(answer.mode)) {
    choices.push(message("lightbulb", "Look for it by meaning", undefined, () => { ask({ ...question, mode: "semantic" }); }));
  }
  if (question.mode !== "auto") {
    choices.push(message("search", "Let the query decide how to look", undefined, () => { ask({ ...question, mode: "auto" }); }));
  }
  return choices;
}
