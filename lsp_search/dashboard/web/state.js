// What is known: the newest message of each type, the last minutes of figures, and the minutes of history.
//
// Nothing here touches the document. Any field may be missing: an older server knows fewer.
"use strict";

const state = (() => {
  const LIVE_SECONDS = 600;
  const DAY_SECONDS = 86400;
  const TEN_MINUTES = 600;
  const TREND_SECONDS = 8 * 3600;
  const LEAST_STEP = 0.5; // seconds between two samples that are both kept

  const held = {
    metrics: null,
    status: null,
    connection: { state: "connecting" },
    heard: 0, // epoch seconds of the last figures
    passing: new Map(), // alerts that came by themselves, by metric, until the next figures
    samples: [],
    rows: new Map(), // by epoch seconds of the minute's start
  };

  const of = (value, ...names) => names.reduce((inner, name) => (inner == null ? undefined : inner[name]), value);
  const now = () => Date.now() / 1000;

  // Takes one message; true where it is of a type that is known.
  function take({ type, params }) {
    if (params == null) return false;
    if (type === "metrics") {
      held.metrics = params;
      held.heard = now();
      held.passing.clear();
      sample(params);
    } else if (type === "history") {
      for (const row of params.rows ?? []) if (format.known(row?.at)) held.rows.set(row.at, row);
      const oldest = now() - 2 * DAY_SECONDS;
      for (const at of held.rows.keys()) if (at < oldest) held.rows.delete(at);
      ordered = null;
    } else if (type === "alert") {
      held.passing.set(params.metric, params);
    } else if (type === "status" || type === "connection") {
      held[type] = params;
    } else {
      return false;
    }
    return true;
  }

  function sample(stats) {
    const recent = stats.recent;
    const fresh = {
      at: now(),
      latency: recent?.latency ?? (recent ? {} : stats.latency ?? {}),
      queriesPerSecond: recent?.queriesPerSecond,
      rssBytes: of(stats, "memory", "rssBytes"),
      indexBytes: of(stats, "memory", "indexBytes"),
      depth: of(stats, "queue", "depth"),
    };
    const { samples } = held;
    if (samples.length > 1 && fresh.at - samples.at(-2).at < LEAST_STEP) samples.pop();
    samples.push(fresh);
    while (samples[0].at < fresh.at - LIVE_SECONDS) samples.shift();
  }

  let ordered = null;
  const rows = () => (ordered ??= [...held.rows.values()].sort((a, b) => a.at - b.at));
  const rowsBetween = (from, to) => rows().filter((row) => row.at >= from && row.at < to);

  // [p50, p95, p99] in milliseconds of one name in one sample or row; nothing where no query was.
  function percentilesOfSample(sample, name) {
    const figures = sample.latency?.[name];
    return figures?.count ? [figures.p50Ms, figures.p95Ms, figures.p99Ms] : [null, null, null];
  }

  function percentilesOfRow(row, name) {
    if (name === "search") return row.queries ? [row.p50Ms, row.p95Ms, row.p99Ms] : [null, null, null];
    const figures = row.modes?.[name.replace(/^search\./, "")];
    return figures?.[0] ? [figures[1], figures[2], null] : [null, null, null];
  }

  // Columns [times, ...values] of the wanted period. *ofSample*, *ofRow*: lists of numbers or nulls; *ofYesterday*: what is
  // to be shown beside of a row of the day before. Where nothing was recorded there is a gap in the line.
  function columns(span, width, ofSample, ofRow, ofYesterday) {
    const until = now();
    const live = span === "live";
    const first = held.samples[0]?.at ?? until;
    const points = live
      ? [
          ...rowsBetween(until - LIVE_SECONDS, first - 60).map((row) => [row.at + 60, ...ofRow(row)]),
          ...held.samples.map((one) => [one.at, ...ofSample(one)]),
        ]
      : day(until, ofRow, ofYesterday);
    const gap = live ? 90 : 1.5 * TEN_MINUTES;
    const result = Array.from({ length: width + 1 }, () => []);
    let last = null;
    for (const point of points) {
      if (last !== null && point[0] - last > gap) {
        result[0].push(last + 1);
        for (let at = 1; at <= width; at += 1) result[at].push(null);
      }
      for (let at = 0; at <= width; at += 1) result[at].push(point[at] ?? null);
      last = point[0];
    }
    return { data: result, from: until - (live ? LIVE_SECONDS : DAY_SECONDS), until };
  }

  // Points of the last 24 hours, one for ten minutes: the middle of their rows, and that of the rows a day earlier.
  function day(until, ofRow, ofYesterday = () => []) {
    const spans = new Map();
    for (const row of rowsBetween(until - 2 * DAY_SECONDS, until)) {
      const before = row.at < until - DAY_SECONDS;
      const span = Math.floor((row.at + (before ? DAY_SECONDS : 0)) / TEN_MINUTES);
      if (!spans.has(span)) spans.set(span, { today: [], before: [] });
      if (before) spans.get(span).before.push(ofYesterday(row));
      else spans.get(span).today.push(ofRow(row));
    }
    const [width, more] = [ofRow({}).length, ofYesterday({}).length];
    return [...spans].sort(([a], [b]) => a - b).map(([span, { today, before }]) =>
      [Math.min((span + 0.5) * TEN_MINUTES, until), ...middles(today, width), ...middles(before, more)]);
  }

  const middles = (rows, width) => Array.from({ length: width }, (_, column) => {
    const known = rows.map((row) => row[column]).filter(format.known).sort((a, b) => a - b);
    return known.length ? known[known.length >> 1] : null;
  });

  // The same hours of today and yesterday, as sums and middles of minutes; null where a day has no rows.
  function trends() {
    const until = now();
    const summed = (from) => {
      const part = rowsBetween(from, from + TREND_SECONDS);
      if (!part.length) return null;
      const asked = part.filter((row) => row.queries > 0);
      const total = (list, name) => list.reduce((sum, row) => sum + (row[name] ?? 0), 0);
      return {
        queries: total(part, "queries"),
        files: total(part, "files"),
        p50Ms: middle(asked, "p50Ms"),
        p95Ms: middle(asked, "p95Ms"),
        hitRate: asked.length ? asked.reduce((sum, row) => sum + (row.hitRate ?? 0) * row.queries, 0) / total(asked, "queries") : null,
        rssBytes: Math.max(...part.map((row) => row.rssBytes ?? 0)) || null,
        minutes: part.length,
      };
    };
    return { hours: TREND_SECONDS / 3600, today: summed(until - TREND_SECONDS), yesterday: summed(until - TREND_SECONDS - DAY_SECONDS) };
  }

  // The median of a figure over minutes, each weighing as many as its queries: what the typical query met.
  function middle(part, name) {
    const known = part.filter((row) => format.known(row[name])).sort((a, b) => a[name] - b[name]);
    let left = known.reduce((sum, row) => sum + row.queries, 0) / 2;
    for (const row of known) if ((left -= row.queries) <= 0) return row[name];
    return null;
  }

  // Alerts that stand, those of the figures first.
  function alerts() {
    const standing = held.metrics?.alerts ?? [];
    const named = new Set(standing.map((alert) => alert.metric));
    return [...standing, ...[...held.passing.values()].filter((alert) => !named.has(alert.metric))];
  }

  // Names whose latency can be drawn, all searches first.
  function names() {
    const found = new Set(["search"]);
    for (const one of held.samples) for (const name of Object.keys(one.latency)) found.add(name);
    for (const row of held.rows.values()) for (const mode of Object.keys(row.modes ?? {})) found.add(`search.${mode}`);
    return [...found].sort((a, b) => (b === "search") - (a === "search") || a.localeCompare(b));
  }

  return { held, of, take, columns, percentilesOfSample, percentilesOfRow, trends, alerts, names };
})();
