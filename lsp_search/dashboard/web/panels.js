// What each part of the page shows of the state. A panel is a function without arguments; `panels` lists them all.
"use strict";

const { of, held } = state;

const chosen = { span: "live", name: "search" };

const charts = {
  latency: new Chart(byId("latency"), {
    label: "Latency over time", write: format.ms, height: 250,
    empty: element("span", "No queries in this period."),
    series: [
      { label: "p50", tone: "--p50" },
      { label: "p95", tone: "--p95", width: 2.25 },
      { label: "p99", tone: "--p99" },
      { label: "p95 yesterday", tone: "--before", dash: [4, 4] },
    ],
  }),
  throughput: new Chart(byId("throughput"), {
    label: "Queries over time", write: format.number, height: 150, least: 1,
    empty: element("span", "No queries in this period."),
    series: [{ label: "queries a second", tone: "--p95", fill: "--wash" }],
  }),
  memory: new Chart(byId("memory"), {
    label: "Memory over time", write: format.bytes, height: 150, unit: 2,
    empty: element("span", "No figures of memory yet."),
    series: [
      { label: "process and workers", tone: "--p95", fill: "--wash" },
      { label: "index (mapped)", tone: "--p50" },
    ],
  }),
  queue: new Chart(byId("queue"), {
    label: "Files waiting over time", write: format.count, height: 96, least: 4,
    empty: element("span", "No figures of the queue yet."),
    series: [{ label: "files waiting", tone: "--p95", fill: "--wash" }],
  }),
};

const readable = {
  search: "All searches", "search.symbol": "Symbols", "search.text": "Text", "search.regex": "Regular expressions",
  "search.semantic": "Meaning", "search.hybrid": "Hybrid", queue: "Wait for a thread",
};
const nameOf = (name) => readable[name] ?? (name.startsWith("stage.") ? `Stage: ${name.slice(6)}` : name);

function header() {
  const { connection, status, metrics } = held;
  const lost = !["live", "connecting"].includes(connection.state);
  const absence = connection.state === "stopped" ? "Stopped" : "Disconnected, retrying";
  const [kind, text] = lost ? ["lost", absence] : stateOf(status, metrics);
  const pill = byId("state");
  if (pill.dataset.state !== kind) pill.dataset.state = kind;
  write(pill, text);
  write(byId("source"), connection.source ?? "");
  const since = held.heard ? ` Figures are those of ${format.exactTime(held.heard)}.` : "";
  const said = lost ? `${absence}. ${connection.detail ?? ""}${since}` : "";
  write(byId("lost"), said);
  byId("lost").hidden = !lost;
  document.body.classList.toggle("stale", lost);
  write(byId("updated"), held.heard ? `Updated ${format.exactTime(held.heard)}` : "");
}

function stateOf(status, metrics) {
  switch (status?.state) {
    case "ready": return ["ready", "Ready"];
    case "indexing": {
      const share = status.total ? ` ${format.percent(Math.floor((100 * status.done) / status.total) / 100)}` : "";
      return ["indexing", `Indexing${share}`];
    }
    case "degraded": return ["degraded", "Degraded"];
    case "starting": return ["starting", "Starting"];
    default: return metrics ? ["ready", "Connected"] : ["starting", "Connecting"];
  }
}

function now() {
  const { metrics } = held;
  const recent = metrics?.recent;
  const latency = recent ? recent.latency?.search : of(metrics, "latency", "search");
  const asked = latency?.count > 0;
  const ever = of(metrics, "latency", "search", "count") > 0;
  const minute = metrics && !recent ? "since start" : "last minute";
  const cache = cacheOf(metrics);
  const memory = metrics?.memory;
  const tiles = [
    [`p95, ${minute}`, asked ? format.ms(latency.p95Ms) : format.NONE,
      asked ? `p50 ${format.ms(latency.p50Ms)} · p99 ${format.ms(latency.p99Ms)}` : metrics ? (ever ? "no queries lately" : "no queries yet") : ""],
    ["Queries", recent ? format.perSecond(recent.queriesPerSecond) : format.count(latency?.count),
      recent ? `${format.count(recent.queries)} in the last minute` : minute],
    ["Cache hits", cache.total ? format.percent(cache.rate) : format.NONE,
      cache.total ? `of ${format.count(cache.total)} queries` : metrics ? "no queries yet" : ""],
    ["Files", format.count(of(metrics, "index", "files")), metrics ? `${format.count(of(metrics, "index", "symbols"))} symbols` : ""],
    ["Memory", format.bytes(memory?.rssBytes), memory?.limitBytes ? `${format.percent(memory.rssBytes / memory.limitBytes)} of ${format.bytes(memory.limitBytes)}` : ""],
    ["Queue", format.count(of(metrics, "queue", "depth")), metrics ? `${format.count(of(metrics, "queue", "failed") ?? 0)} failed` : ""],
  ];
  show(byId("now"), tiles, () => tiles.map(([name, value, more]) => {
    const [figure, unit] = value.match(/^([\d.,]+)\s?(.*)$/)?.slice(1) ?? [value, ""];
    return element("div", [element("dt", name), element("dd", [element("b", figure), unit && element("span", ` ${unit}`), element("small", more || "\u00a0")])]);
  }));
}

const LEVELS = { error: "Error", warning: "Warning", info: "Note" };

function alerts() {
  const standing = state.alerts();
  show(byId("alert-list"), [standing, Boolean(held.metrics)], () =>
    standing.length
      ? element("ul", standing.map((alert) => element("li", [
        element("p", [element("strong", LEVELS[alert.level] ?? "Note"), " ", alert.message ?? alert.metric ?? ""]),
        alert.advice ? element("p", alert.advice, { class: "soft" }) : null,
      ], { "data-level": alert.level in LEVELS ? alert.level : "info" })), { class: "alerts" })
      : empty(held.metrics ? "Nothing to warn of." : "No figures yet."));
  byId("alerts").classList.toggle("quiet", !standing.length);
}

function latency() {
  const names = state.names();
  if (!names.includes(chosen.name)) names.push(chosen.name);
  const select = byId("latency-of");
  show(select, names, () => names.map((name) => new Option(nameOf(name), name, false, name === chosen.name)));
  const lines = state.columns(
    chosen.span, 4,
    (one) => state.percentilesOfSample(one, chosen.name),
    (row) => state.percentilesOfRow(row, chosen.name),
    (row) => [state.percentilesOfRow(row, chosen.name)[1]]);
  charts.latency.draw(lines);
}

function throughput() {
  charts.throughput.draw(nothingAsNothing(state.columns(chosen.span, 1, (one) => [one.queriesPerSecond], (row) => [row.queries / 60])));
}

// A period without any query is said in words, not drawn as a line at zero.
function nothingAsNothing(lines) {
  return lines.data[1].some((value) => value > 0) ? lines : { ...lines, data: lines.data.map((column, at) => (at ? column.map(() => null) : column)) };
}

function memory() {
  charts.memory.draw(state.columns(chosen.span, 2, (one) => [one.rssBytes, one.indexBytes], (row) => [row.rssBytes, row.indexBytes]));
  const parts = Object.entries(of(held.metrics, "memory", "parts") ?? {}).filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]);
  show(byId("parts"), parts, () => parts.length ? [
    bar(parts.map(([name, value], at) => ({ name, value, tone: at % 5 }))),
    facts(parts.map(([name, value], at) => [[mark(at % 5), name], format.bytes(value)])),
  ] : []);
}

function queue() {
  charts.queue.draw(state.columns(chosen.span, 1, (one) => [one.depth], (row) => [row.queueDepth]));
  const { queue: waiting = {}, watcher = {} } = held.metrics ?? {};
  const pairs = [
    ["Files read", format.count(waiting.done)], ["Failed", format.count(waiting.failed)],
    ["Watcher", watcher.mode ?? format.NONE], ["Folders watched", format.count(watcher.watched)],
    ["Events", format.count(watcher.events)], ["Overflows", format.count(watcher.overflows)],
  ];
  show(byId("work"), pairs, () => facts(pairs));
}

const KINDS = [["exact", "Exact"], ["refined", "Refined"], ["predicted", "Predicted"], ["disk", "Disk"], ["miss", "Miss"]];

// Answers by where they came from. An older server tells levels, not kinds.
function cacheOf(metrics) {
  const cache = metrics?.cache ?? {};
  const kinds = cache.kinds ?? { exact: of(cache, "memory", "hits"), disk: of(cache, "disk", "hits"), miss: of(cache, "disk", "misses") || of(cache, "memory", "misses") };
  const total = KINDS.reduce((sum, [key]) => sum + (kinds[key] ?? 0), 0);
  return { cache, kinds, total, rate: format.known(cache.hitRate) ? cache.hitRate : total ? 1 - (kinds.miss ?? 0) / total : null };
}

function cache() {
  const { cache: figures, kinds, total } = cacheOf(held.metrics);
  show(byId("cache"), [figures, Boolean(held.metrics)], () => {
    if (!total) return empty(held.metrics ? "No queries yet." : "No figures yet.");
    const { made, used, wasted } = figures.predictions ?? {};
    return [
      bar(KINDS.map(([key, name], at) => ({ name, value: kinds[key] ?? 0, tone: key === "miss" ? "rest" : at }))),
      table("Answers by where they came from", ["Kind", "Answers", "Share"], KINDS.filter(([key]) => format.known(kinds[key])).map(([key, name], at) =>
        [[mark(key === "miss" ? "rest" : KINDS.findIndex(([other]) => other === key)), name], format.count(kinds[key]), format.percent(kinds[key] / total)])),
      facts([
        format.known(made) && ["Predictions", `${format.count(made)} made, ${format.count(used)} used, ${format.count(wasted)} wasted`],
        figures.memory && ["In memory", `${format.count(figures.memory.entries)} entries, ${format.bytes(figures.memory.bytes)}`],
        figures.disk && ["On disk", `${format.count(figures.disk.entries)} entries, ${format.bytes(figures.disk.bytes)}`],
      ]),
    ];
  });
}

function index() {
  const { metrics, status } = held;
  const { index: figures = {}, rates = {} } = metrics ?? {};
  const busy = status?.state === "indexing" || status?.state === "starting";
  const key = [figures, rates, busy && [status.done, status.total], status?.message];
  show(byId("index"), key, () => {
    if (!metrics && !status) return empty("No figures yet.");
    const progress = busy && status.total > 0 ? element("div", [
      element("label", [element("span", "Indexing"), element("span", `${format.count(status.done)} of ${format.count(status.total)} files`)], { for: "progress" }),
      element("progress", [], { id: "progress", max: status.total, value: status.done }),
    ], { class: "progress" }) : null;
    return [
      progress,
      status?.message ? element("p", status.message, { class: "trouble" }) : null,
      facts([
        ["Files", format.count(figures.files)],
        ["Symbols", format.count(figures.symbols)],
        format.known(figures.textFiles) && ["Files indexed by text", format.count(figures.textFiles)],
        ["On disk", format.bytes(figures.storeBytes)],
        format.known(rates.filesPerMinute) && [busy ? "Rate" : "Rate, last run", rates.filesPerMinute ? `${format.count(rates.filesPerMinute)} files/min` : format.NONE],
        format.known(rates.bytesPerSecond) && [busy ? "Throughput" : "Throughput, last run", rates.bytesPerSecond ? `${format.bytes(rates.bytesPerSecond)}/s` : format.NONE],
        ["Last change", figures.lastUpdate ? format.date(figures.lastUpdate) : "never"],
        ["Generation", format.count(figures.generation)],
      ]),
    ];
  });
}

const MOST_LANGUAGES = 8;

function languages() {
  const all = Object.entries(of(held.metrics, "index", "languages") ?? {}).sort((a, b) => b[1] - a[1]);
  show(byId("languages"), [all, Boolean(held.metrics)], () => {
    if (!all.length) return empty(held.metrics ? "No files of a known language yet." : "No figures yet.");
    const total = all.reduce((sum, [, files]) => sum + files, 0);
    const listed = all.slice(0, all.length > MOST_LANGUAGES + 1 ? MOST_LANGUAGES : undefined);
    const rest = all.slice(listed.length);
    if (rest.length) listed.push([`${rest.length} more`, rest.reduce((sum, [, files]) => sum + files, 0)]);
    const made = table("Files by language", ["Language", "Files", "Share"], listed.map(([name, files]) => [name, format.count(files), format.percent(files / total)]));
    made.classList.add("bars");
    made.querySelectorAll("tbody tr").forEach((row, at) => row.style.setProperty("--share", `${(100 * listed[at][1]) / listed[0][1]}%`));
    return made;
  });
}

// Figures of the trend: name, how it is written, and which way is better (0: neither).
const TRENDS = [
  ["p95", "p95Ms", format.ms, -1], ["p50", "p50Ms", format.ms, -1], ["Cache hits", "hitRate", format.percent, 1],
  ["Queries", "queries", format.count, 0], ["Files indexed", "files", format.count, 0], ["Memory, most", "rssBytes", format.bytes, -1],
];
const STEADY = 0.05; // less than this share of change is none

function trend() {
  const { hours, today, yesterday } = state.trends();
  show(byId("trend"), [today, yesterday], () => {
    if (!today) return empty(`Nothing was recorded in the last ${hours} hours.`);
    const rows = TRENDS.map(([name, key, write, better]) => [name, write(today[key]), yesterday ? write(yesterday[key]) : format.NONE, change(today[key], yesterday?.[key], better, key)]);
    return [
      table(`The last ${hours} hours and the same hours yesterday`, ["Figure", `Last ${hours} h`, "Yesterday", "Change"], rows),
      yesterday ? null : empty("Nothing was recorded in the same hours yesterday."),
    ];
  });
}

function change(today, before, better, key) {
  if (!format.known(today) || !format.known(before) || !before) return format.NONE;
  const points = key === "hitRate";
  const by = points ? today - before : today / before - 1;
  if (Math.abs(by) < (points ? 0.01 : STEADY)) return element("span", "steady", { class: "soft" });
  const size = points ? `${format.number(Math.abs(Math.round(by * 1000) / 10))} points` : format.percent(Math.abs(by));
  const turn = better ? (by * better > 0 ? "better" : "worse") : null;
  return element("span", [`${by > 0 ? "+" : "−"}${size}`, turn && element("span", ` (${turn})`, { class: "unseen" })], { "data-turn": turn });
}

// Searches by mode, then methods, then stages in the order of the work.
const STAGES = ["stage.parse", "stage.match", "stage.rank", "stage.fuse", "stage.read", "stage.encode", "queue"];
const place = (name) => (name.startsWith("search") ? 0 : 2 + STAGES.indexOf(name));

function methods() {
  const all = Object.entries(held.metrics?.latency ?? {}).filter(([, figures]) => figures?.count)
    .sort(([a], [b]) => place(a) - place(b) || a.localeCompare(b));
  show(byId("methods"), [all, Boolean(held.metrics)], () =>
    all.length
      ? table("Latency since the server started", ["Name", "Count", "p50", "p95", "p99", "Most"], all.map(([name, one]) =>
        [nameOf(name), format.count(one.count), ...[one.p50Ms, one.p95Ms, one.p99Ms, one.maxMs].map(format.ms)]))
      : empty(held.metrics ? "No queries yet." : "No figures yet."));
}

const panels = { header, now, alerts, latency, throughput, cache, memory, queue, index, languages, trend, methods };

// Which panels a type of message bears on.
const touched = {
  metrics: Object.keys(panels).filter((name) => name !== "trend"),
  status: ["header", "index"],
  connection: ["header"],
  alert: ["alerts"],
  history: ["latency", "throughput", "memory", "queue", "trend"],
};
