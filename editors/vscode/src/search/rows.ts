// Results as rows of a list: what stands where, without the editor.
import type { Item } from "../server/protocol";
import { trimmed, withoutIcons } from "./text";

export interface Row {
  /** The name of a codicon. */
  icon: string;
  label: string;
  description: string;
  detail?: string;
}

/** *path* is that of the item's file, as users know it. */
export function toRow(item: Item, path: string): Row {
  const line = item.location.range.start.line + 1;
  if (item.kind === null) {
    return { icon: icon(item), label: withoutIcons(trimmed(item.snippet, item.matches).text), description: `${path}:${line}` };
  }
  const label = withoutIcons(trimmed(item.name, []).text);
  if (isFile(item)) return { icon: icon(item), label, description: path, ...detail(item) };
  const place = `${path}:${line}`;
  return { icon: icon(item), label, description: item.containerName ? `${item.containerName} — ${place}` : place, ...detail(item) };
}

/** The line that is worth showing below the name; a result by meaning may have its best line elsewhere. */
function detail(item: Item): { detail?: string } {
  const { text } = trimmed(item.snippet, []);
  if (!text || text === item.name) return {};
  const { snippetLine } = item;
  const elsewhere = snippetLine !== null && snippetLine !== item.location.range.start.line;
  return { detail: withoutIcons(elsewhere ? `${snippetLine + 1}: ${text}` : text) };
}

export function isFile(item: Item): boolean {
  return item.kind === 1;
}

/** By SymbolKind, from 1. */
const ICONS = [
  "file", "symbol-module", "symbol-namespace", "symbol-package", "symbol-class", "symbol-method", "symbol-property", "symbol-field",
  "symbol-constructor", "symbol-enum", "symbol-interface", "symbol-function", "symbol-variable", "symbol-constant", "symbol-string",
  "symbol-number", "symbol-boolean", "symbol-array", "symbol-object", "symbol-key", "symbol-null", "symbol-enum-member", "symbol-struct",
  "symbol-event", "symbol-operator", "symbol-type-parameter",
];

export function icon(item: Item): string {
  return item.kind === null ? "symbol-text" : (ICONS[item.kind - 1] ?? "symbol-misc");
}
