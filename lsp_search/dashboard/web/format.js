// Numbers as people read them: always with a unit, at most three digits that mean something.
"use strict";

const format = (() => {
  const grouped = new Intl.NumberFormat("en");
  const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
  const known = (value) => typeof value === "number" && Number.isFinite(value);
  const NONE = "–";

  const guarded = (write) => (value) => (known(value) ? write(value) : NONE);

  function bytes(value) {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit += 1;
    }
    return `${value >= 100 ? Math.round(value) : short.format(value)} ${units[unit]}`;
  }

  function milliseconds(value) {
    if (value >= 1000) return `${short.format(value / 1000)} s`;
    return `${value >= 100 ? Math.round(value) : short.format(Math.round(value * 100) / 100)} ms`;
  }

  const clock = (at, parts) => new Date(at * 1000).toLocaleTimeString([], { hour12: false, ...parts });

  return {
    NONE,
    known,
    count: guarded((value) => grouped.format(Math.round(value))),
    number: guarded((value) => (value >= 1000 ? grouped.format(Math.round(value)) : short.format(value))),
    percent: guarded((value) => `${short.format(Math.round(value * 1000) / 10)}%`),
    ms: guarded(milliseconds),
    bytes: guarded(bytes),
    perSecond: guarded((value) => `${short.format(value)}/s`),
    time: guarded((at) => clock(at, { hour: "2-digit", minute: "2-digit" })),
    exactTime: guarded((at) => clock(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" })),
    date: guarded((at) =>
      new Date(at * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short", hour12: false })),
  };
})();
