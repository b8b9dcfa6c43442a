// What is asked of the server, and how its answers are summed up for people.
import type { Answer, Mode, SearchParams } from "../server/protocol";
import { count } from "../status/text";

export interface Question {
  query: string;
  mode: Mode;
  caseSensitive: boolean;
  wholeWords: boolean;
}

export function question(query: string, mode: Mode = "auto"): Question {
  return { query, mode, caseSensitive: false, wholeWords: false };
}

export function isOfText(mode: Mode): boolean {
  return mode === "text" || mode === "regex";
}

export function isOfMeaning(mode: Mode): boolean {
  return mode === "semantic" || mode === "hybrid";
}

/** Case and whole words are of text; where they are off the server decides. */
export function toParams({ query, mode, caseSensitive, wholeWords }: Question, limit: number, context?: SearchParams["context"]): SearchParams {
  const filter = isOfText(mode) ? { ...(caseSensitive && { caseSensitive }), ...(wholeWords && { wholeWords }) } : {};
  return { query, mode, limit, filter, ...(context && { context }) };
}

const NAMES: Record<Mode, string> = {
  auto: "everything",
  symbol: "symbols",
  text: "text",
  regex: "regular expression",
  semantic: "meaning",
  hybrid: "meaning",
};

export function nameOf(mode: Mode): string {
  return NAMES[mode];
}

/** The server reads no further when so many lines were found. */
const ENOUGH_LINES = 1000;

/** Such as "50 of 2,431 lines in 210 files, still indexing"; *shown* of the answer's items are left. */
export function summary(answer: Answer, shown = answer.items.length): string {
  return (shown ? counted(answer, shown) : "nothing found") + (answer.indexing ? ", still indexing" : "");
}

function counted({ items, isIncomplete, lines, files }: Answer, shown: number): string {
  if (lines === undefined || files === undefined) {
    return isIncomplete ? `first ${many(shown, "result")}` : many(shown, "result");
  }
  const more = isIncomplete && (lines >= ENOUGH_LINES || lines === items.length) ? "+" : "";
  const all = shown === lines && !more ? many(lines, "line") : `${count(shown)} of ${count(lines)}${more} lines`;
  return `${all} in ${many(files, "file")}`;
}

function many(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}
