// The buttons of the picker.
import * as vscode from "vscode";
import type { Mode } from "../server/protocol";
import { isOfText, type Question } from "./question";

const MODES: [mode: Mode, icon: string, tooltip: string][] = [
  ["symbol", "symbol-class", "Symbols and files only"],
  ["text", "symbol-text", "Text: lines that hold the query as it stands"],
  ["regex", "regex", "Regular expression over lines"],
  ["semantic", "lightbulb", "Meaning: code that is about the query"],
];

/** QuickInputButtonLocation.Inline of VS Code 1.110. */
const BESIDE_INPUT = 2;
const DRAWS_TOGGLES = Number(vscode.version.split(".")[1]) >= 110;

export const openSide: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon("split-horizontal"), tooltip: "Open to the Side (Ctrl+Enter)" };
export const copyPath: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon("copy"), tooltip: "Copy Relative Path" };
export const forget: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon("close"), tooltip: "Remove from Recent Searches" };

export interface Action {
  button: vscode.QuickInputButton;
  run(): void;
}

/** Modes, and what refines them; *change* gets what a button changes in the question. */
export function ofQuestion(question: Question, change: (part: Partial<Question>) => void): Action[] {
  const modes = MODES.map(([mode, icon, tooltip]) => {
    const on = question.mode === mode;
    return toggle(icon, tooltip, on, () => { change({ mode: on ? "auto" : mode }); });
  });
  if (!isOfText(question.mode)) return modes;
  const { caseSensitive, wholeWords } = question;
  return [
    ...modes,
    toggle("case-sensitive", "Match Case (off: where the query has capitals)", caseSensitive, () => { change({ caseSensitive: !caseSensitive }); }),
    toggle("whole-word", "Match Whole Words", wholeWords, () => { change({ wholeWords: !wholeWords }); }),
  ];
}

export function plain(icon: string, tooltip: string, run: () => void): Action {
  return { button: { iconPath: new vscode.ThemeIcon(icon), tooltip }, run };
}

/** Older editors draw a plain button; the picker's title says what is on. */
function toggle(icon: string, tooltip: string, checked: boolean, run: () => void): Action {
  const drawn = DRAWS_TOGGLES ? { toggle: { checked }, location: BESIDE_INPUT } : {};
  return { button: { iconPath: new vscode.ThemeIcon(icon), tooltip, ...drawn }, run };
}
