// The live page: takes frames as Server-Sent Events and shows them. All text is set as text, never as markup.
import { Chart, clock, short } from "./charts.js";
import { Form, post } from "./form.js";
import { Runs } from "./runs.js";
import { criteria, downloads, endpoints, errors, generator } from "./tables.js";

const $ = (id) => document.getElementById(id);
const TABS = [
  ["charts", "Charts"], ["endpoints", "Endpoints"], ["criteria", "Criteria"], ["errors", "Errors"],
  ["exceptions", "Exceptions"], ["generator", "Generator"], ["log", "Log"], ["download", "Download"], ["history", "History"],
];
const state = { points: [], width: 1, range: 0, cross: null, tab: "charts", opened: false };
const form = new Form();
const runs = new Runs();
const charts = [];

const hover = (second) => { state.cross = second; drawCharts(); };
const chart = (title, unit, series) => charts.push(new Chart($("charts"), { title, unit, series, onHover: hover }));
chart("Requests", "per second", [
  { name: "requests", column: 2, style: "s0" }, { name: "failures", column: 3, style: "s1" },
]);
chart("Response times", "ms", [
  { name: "p50", column: 4, style: "p0" }, { name: "p95", column: 5, style: "p1" }, { name: "p99", column: 6, style: "p2" },
]);
chart("Users", "running", [{ name: "users", column: 1, style: "s0" }]);

const drawCharts = () => {
  if (state.tab === "charts") for (const each of charts) each.draw(state.points, state.width, state.range, state.cross);
};

const tile = (name, value, style = "") => {
  const box = document.createElement("div");
  const [term, text] = [document.createElement("dt"), document.createElement("dd")];
  [box.className, term.textContent, text.textContent] = [style, name, value];
  box.append(term, text);
  return box;
};
const ms = (value) => (value === null || value === undefined ? "-" : `${short(value)} ms`);

const show = {
  run(run) {
    $("name").textContent = run.name || "Swell";
    document.title = `${run.name || "Swell"} - Swell`;
    const workers = run.workers > 1 ? `${run.workers} workers` : "";
    $("where").textContent = [run.words, run.host, workers].filter(Boolean).join("  ·  ");
    $("progress").hidden = !run.planned;
    if (run.planned) $("done").style.width = `${Math.min(100, (100 * (run.elapsed ?? 0)) / run.planned)}%`;
    const warning = [run.warning, ...(run.lost ?? [])].filter(Boolean).join(" ");
    $("warning").textContent = warning;
    $("warning").hidden = !warning;
    if (run.phase !== "ended") state.wasRunning = true;
  },
  verdict(verdict) {
    const word = { OPEN: "open", NONE: verdict.final ? "done" : "no criteria" }[verdict.word] ?? verdict.word;
    const small = document.createElement("small");
    small.textContent = verdict.final ? "the verdict" : verdict.word === "NONE" ? "" : "so far";
    $("verdict").replaceChildren(word, small);
    $("hero").className = `hero ${verdict.word}`;
    $("reasons").replaceChildren(...verdict.reasons.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  },
  now(now) {
    const failed = now.failed ? `${+(100 * now.failed).toFixed(2)} %` : "0 %";
    $("tiles").replaceChildren(
      tile("Users", short(now.users)), tile("Requests/s", short(now.rate)),
      tile("Failed", failed, now.failed ? "bad" : ""), tile("p50", ms(now.p50)), tile("p95", ms(now.p95)),
      tile("p99", ms(now.p99)), tile("Requests", now.total.toLocaleString("en")),
      tile("Failures", now.total_failed.toLocaleString("en"), now.total_failed ? "bad" : ""),
      ...(now.dropped ? [tile("Dropped", short(now.dropped), "bad")] : []),
    );
  },
  endpoints: (rows) => endpoints($("endpoints"), rows),
  criteria(rows) {
    criteria($("criteria"), rows);
    count("criteria", rows.filter((row) => row.grade === "failed").length);
  },
  errors(rows) {
    errors($("errors"), rows, "Nothing has failed.");
    count("errors", rows.length);
  },
  exceptions(rows) {
    errors($("exceptions"), rows, "The test raised no exceptions.");
    count("exceptions", rows.length);
  },
  generator: (found) => generator($("generator"), found),
  history(history) {
    [state.points, state.width] = [history.points, history.width];
    drawCharts();
  },
  points(points) {
    state.points.push(...points);
    drawCharts();
  },
  lines(lines) {
    $("log").replaceChildren();
    show.new_lines(lines);
  },
  new_lines(lines) {
    const log = $("log");
    const follow = log.scrollTop + log.clientHeight >= log.scrollHeight - 20;
    for (const [number, level, text] of lines) {
      const item = document.createElement("li");
      [item.className, item.textContent, item.dataset.number] = [level, text, number];
      log.append(item);
    }
    while (log.children.length > 500) log.firstChild.remove();
    if (follow) log.scrollTop = log.scrollHeight;
  },
  desk(desk) {
    state.desk = desk;
    $("stop").hidden = !desk.can_stop;
    $("stop").disabled = false;
    $("edit").hidden = !(desk.can_steer && desk.fields.some((field) => field.steers));
    if (desk.running && form.visible && form.mode === "start") form.hide();
    if (!desk.running && form.visible && form.mode === "steer") form.hide();
    const refused = desk.trouble && desk.trouble !== state.trouble;
    if (desk.can_start && ((!state.opened && !state.points.length) || refused)) form.show("start", desk);
    if (refused) $("trouble").textContent = desk.trouble;
    state.trouble = desk.trouble;
    state.opened = true;
    $("new").hidden = !desk.can_start || form.visible;
    downloads($("downloads"), desk);
    $("tab-history").hidden = !desk.archive;
    if (state.tab === "history" && state.stored !== desk.running) runs.load();
    state.stored = desk.running;
  },
  server: (server) => { state.closing = server.closing; },
};

const count = (tab, number) => {
  const label = TABS.find(([name]) => name === tab)[1];
  $(`tab-${tab}`).textContent = number ? `${label} (${number})` : label;
};

const take = (frame, whole) => {
  if (whole) Object.assign(state, { wasRunning: false });
  for (const [name, value] of Object.entries(frame)) show[name]?.(value);
};

const line = (text, cut = false) => {
  $("line").textContent = text;
  $("line").classList.toggle("cut", cut);
};

const connect = () => {
  const source = new EventSource("api/events");
  const listen = (name, whole) => source.addEventListener(name, (event) => {
    line("live");
    take(JSON.parse(event.data), whole);
    if (state.closing) {
      source.close();
      line("Swell has ended; this is the last state");
      $("stop").hidden = $("new").hidden = $("edit").hidden = true;
      form.hide();
    }
  });
  listen("whole", true);
  listen("tick", false);
  source.onerror = () => {
    if (state.closing) return;
    line("connection lost, trying again", true);
    // A refused connection ends an EventSource for good in some browsers.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  };
};

const choose = (tab, focus = false) => {
  state.tab = tab;
  for (const [name] of TABS) {
    const [button, chosen] = [$(`tab-${name}`), name === tab];
    button.setAttribute("aria-selected", chosen);
    button.tabIndex = chosen ? 0 : -1;
    if (chosen && focus) button.focus();
    $(`panel-${name}`).hidden = !chosen;
  }
  drawCharts();
  if (tab === "history") runs.load();
};
for (const [name, label] of TABS) {
  const button = Object.assign(document.createElement("button"), { id: `tab-${name}`, type: "button", textContent: label });
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", `panel-${name}`);
  button.addEventListener("click", () => choose(name));
  $("tabs").append(button);
}
$("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const shown = TABS.map(([name]) => name).filter((name) => !$(`tab-${name}`).hidden);
  choose(shown[(shown.indexOf(state.tab) + step + shown.length) % shown.length], true);
});
for (const button of document.querySelectorAll("[data-range]")) {
  button.addEventListener("click", () => {
    state.range = Number(button.dataset.range);
    for (const each of document.querySelectorAll("[data-range]")) each.setAttribute("aria-pressed", each === button);
    drawCharts();
  });
}
$("stop").addEventListener("click", async () => {
  $("stop").disabled = true;
  const answer = await post("api/stop");
  if (!answer.ok) {
    $("stop").disabled = false;
    line(answer.message, true);
  }
});
$("new").addEventListener("click", () => { form.show("start", state.desk); $("new").hidden = true; });
$("cancel").addEventListener("click", () => { $("new").hidden = !state.desk?.can_start; });
$("edit").addEventListener("click", () => form.show("steer", state.desk));
$("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("swell-theme", root.dataset.theme); } catch { /* Storage may be refused. */ }
});
addEventListener("resize", drawCharts);
choose("charts");
connect();
// For tests and for the curious.
globalThis.swell = { state, clock };
