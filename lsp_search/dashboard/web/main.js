// From a message to a drawn page, and the two hosts that messages come from.
//
// A message is {type, params, at}: type metrics, status, alert, history or connection; `at` (epoch milliseconds, optional)
// is when it was sent. In a browser they come as server-sent events from `events`, in an editor's webview by
// `postMessage`; the page then says {type: "ready"} once, and the host sends what it has.
"use strict";

(() => {
  const dirty = new Set();
  let paused = false;
  let asked = false;
  const fresh = new Map(); // the newest message of each type that is not drawn yet

  function receive(message) {
    if (!message || !state.take(message)) return;
    fresh.set(message.type, message);
    schedule(touched[message.type]);
  }

  function schedule(names) {
    for (const name of names) dirty.add(name);
    if (asked || (paused && !dirty.has("header"))) return;
    asked = true;
    requestAnimationFrame(draw);
  }

  function draw() {
    asked = false;
    const names = paused ? ["header"] : [...dirty];
    for (const name of names) {
      dirty.delete(name);
      panels[name]();
    }
    if (paused) return;
    for (const message of fresh.values()) document.dispatchEvent(new CustomEvent("drawn", { detail: message }));
    fresh.clear();
  }

  // What the reader chooses.

  byId("latency-of").addEventListener("change", (event) => {
    chosen.name = event.target.value;
    schedule(["latency"]);
  });
  byId("span").addEventListener("change", (event) => {
    chosen.span = event.target.value;
    schedule(touched.history);
  });
  byId("pause").addEventListener("click", ({ currentTarget: button }) => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    if (!paused) schedule([...dirty]);
  });

  // Light and dark.

  const theme = byId("theme");
  const kept = { get: () => { try { return localStorage.getItem("theme") ?? ""; } catch { return ""; } },
    set: (value) => { try { localStorage.setItem("theme", value); } catch { /* a page without storage forgets */ } } };
  function repaint() {
    colours.forget();
    for (const chart of Object.values(charts)) chart.repaint();
  }
  function dress(value) {
    if (value) document.documentElement.dataset.theme = value;
    else delete document.documentElement.dataset.theme;
    repaint();
  }
  theme.addEventListener("change", () => {
    kept.set(theme.value);
    dress(theme.value);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

  // Hosts.

  function webview(host) {
    document.documentElement.classList.add("webview");
    new MutationObserver(repaint).observe(document.body, { attributeFilter: ["class", "data-vscode-theme-id"] });
    window.addEventListener("message", (event) => receive(event.data));
    receive({ type: "connection", params: { state: "live" } });
    host.postMessage({ type: "ready" });
  }

  function browser() {
    theme.value = kept.get();
    dress(theme.value);
    const source = new EventSource("events");
    source.onmessage = (event) => receive(JSON.parse(event.data));
    source.onerror = () => receive({ type: "connection", params: {
      ...state.held.connection, state: "lost",
      detail: source.readyState === EventSource.CLOSED
        ? "The dashboard does not let this page in: open the address that it printed."
        : "The dashboard does not answer.",
    } });
  }

  schedule(Object.keys(panels));
  setInterval(() => schedule(["latency", "throughput", "memory", "queue"]), 1000); // time goes on without news
  if (typeof acquireVsCodeApi === "function") webview(acquireVsCodeApi());
  else browser();
})();
