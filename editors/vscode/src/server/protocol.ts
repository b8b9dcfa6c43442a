// What the server speaks beside standard LSP: docs/protocol.md of the project, as types.
import { NotificationType, RequestType, type Location, type Position, type SymbolKind } from "vscode-languageclient/node";

export type Mode = "auto" | "symbol" | "text" | "regex" | "semantic" | "hybrid";

export interface Filter {
  kinds?: (number | string)[];
  languages?: string[];
  paths?: string[];
  excludePaths?: string[];
  caseSensitive?: boolean;
  wholeWords?: boolean;
}

export interface SearchParams {
  query: string;
  mode?: Mode;
  limit?: number;
  filter?: Filter;
  context?: { uri: string; position?: Position };
}

export interface Item {
  id: string;
  sources: ("symbol" | "text" | "semantic")[];
  name: string;
  /** Nothing for lines of text; 1 for files. */
  kind: SymbolKind | null;
  containerName: string | null;
  language: string | null;
  location: Location;
  score: number;
  /** Half-open spans of code points in `name`, or in `snippet` for text. */
  matches: [number, number][];
  /** Nothing for most symbols. */
  snippet: string;
  snippetLine: number | null;
}

export interface Answer {
  items: Item[];
  mode: Mode;
  isIncomplete: boolean;
  indexing: boolean;
  generation: number;
  tookMs: number;
  cache: "miss" | "refined" | "hit-memory" | "hit-disk";
  /** Of text: lines and files found, also those beyond the limit. */
  lines?: number;
  files?: number;
  scanned?: boolean;
}

export interface Status {
  state: "starting" | "indexing" | "ready" | "degraded";
  done: number;
  total: number;
  generation: number;
  message: string;
}

export interface Latency {
  count: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface Alert {
  level: "info" | "warning" | "error";
  metric: string;
  value: number;
  threshold: number;
  message: string;
  advice: string;
}

/** The part of `lspSearch/stats` that the extension itself reads; the dashboard's page reads all of it. */
export interface Stats {
  index: { files: number; symbols: number };
  latency: Record<string, Latency>;
  recent?: { latency: Record<string, Latency> };
  cache: { hitRate: number };
  alerts: Alert[];
}

export interface Picked {
  query: string;
  id: string;
  rank: number;
}

export const search = new RequestType<SearchParams, Answer, void>("lspSearch/search");
export const similar = new RequestType<{ uri: string; position: Position; limit?: number }, Answer, void>("lspSearch/similar");
export const status = new RequestType<Record<string, never>, Status, void>("lspSearch/status");
export const stats = new RequestType<Record<string, never>, Stats, void>("lspSearch/stats");
export const history = new RequestType<{ minutes?: number }, { rows: unknown[] }, void>("lspSearch/history");
export const reindex = new RequestType<{ uris?: string[] }, { files: number; seconds: number; generation: number }, void>("lspSearch/reindex");

export const picked = new NotificationType<Picked>("lspSearch/picked");
export const statusChanged = new NotificationType<Status>("lspSearch/statusChanged");
export const metrics = new NotificationType<Stats>("lspSearch/metrics");
export const alert = new NotificationType<Alert>("lspSearch/alert");
