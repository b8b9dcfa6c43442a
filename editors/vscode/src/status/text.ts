// What the status item says, in words.
import type { Alert, Stats, Status } from "../server/protocol";
import type { State } from "../server/server";

export interface Shown {
  text: string;
  detail: string;
  severity: "information" | "warning" | "error";
  busy: boolean;
}

export function shown(state: State, status: Status | undefined, stats: Stats | undefined): Shown {
  if (state === "stopped") return { text: "Search is not running", detail: "", severity: "error", busy: false };
  if (state === "starting" || !status || status.state === "starting")
    return { text: "Search is starting", detail: "", severity: "information", busy: true };
  if (status.state === "indexing")
    return { text: status.total > 0 ? `Indexing ${count(status.done)} of ${count(status.total)}` : "Indexing", detail: figures(stats), severity: "information", busy: true };
  const worst = worstOf(stats?.alerts ?? []);
  if (status.state === "degraded") return { text: "Search is degraded", detail: status.message, severity: "warning", busy: false };
  if (worst) return { text: "Search", detail: worst.message, severity: worst.level === "error" ? "error" : "warning", busy: false };
  return { text: "Search is ready", detail: figures(stats), severity: "information", busy: false };
}

/** Of alerts that stand, the one to show; those that only inform are none. */
function worstOf(alerts: readonly Alert[]): Alert | undefined {
  return alerts.find(({ level }) => level === "error") ?? alerts.find(({ level }) => level === "warning");
}

/** "p95 3 ms · 86% kept": of the last minute where there was a search, else of all. */
export function figures(stats: Stats | undefined): string {
  const latency = [stats?.recent?.latency.search, stats?.latency.search].find((each) => each && each.count > 0);
  if (!stats || !latency) return "";
  return `p95 ${milliseconds(latency.p95Ms)} · ${Math.round(stats.cache.hitRate * 100)}% kept`;
}

function milliseconds(value: number): string {
  return value < 10 ? `${Number(value.toFixed(1))} ms` : `${count(Math.round(value))} ms`;
}

/** As in "6,900". */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}
