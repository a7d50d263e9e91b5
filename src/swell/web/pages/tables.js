// Tables and lists. All text is set as text, never as markup.
import { clock, short } from "./charts.js";

const node = (name, text = "", style = "") => {
  const made = document.createElement(name);
  if (text !== "") made.textContent = text;
  if (style) made.className = style;
  return made;
};
const count = (value) => (value ?? 0).toLocaleString("en");
const size = (value) => (value === null ? "-" : value >= 1e6 ? `${(value / 1e6).toFixed(1)} MB` : value >= 1e4 ? `${(value / 1e3).toFixed(1)} kB` : `${Math.round(value)} B`);
const COLUMNS = [
  ["Method", "method", String], ["Name", "name", String], ["Requests", "requests", count], ["Failed", "failed", count],
  ["Now/s", "rate", short], ["avg ms", "avg", short], ["p50 ms", "p50", short], ["p95 ms", "p95", short],
  ["p99 ms", "p99", short], ["max ms", "max", short], ["Size", "bytes", size],
];
const order = { column: "", down: true };

export const endpoints = (table, rows) => {
  const head = table.tHead ?? table.createTHead();
  if (!head.rows.length) {
    const row = head.insertRow();
    for (const [title, key] of COLUMNS) {
      const cell = node("th");
      cell.scope = "col";
      cell.dataset.key = key;
      if (key === "name") cell.className = "text";
      const button = node("button", title);
      button.type = "button";
      button.addEventListener("click", () => {
        order.down = order.column === key ? !order.down : true;
        order.column = key;
        endpoints(table, table.rowsShown);
      });
      cell.append(button);
      row.append(cell);
    }
  }
  table.rowsShown = rows;
  for (const cell of head.rows[0].cells) {
    const chosen = cell.dataset.key === order.column;
    cell.setAttribute("aria-sort", chosen ? (order.down ? "descending" : "ascending") : "none");
  }
  const sorted = [...rows];
  if (order.column) {
    sorted.sort((one, other) => {
      const [a, b] = [one[order.column] ?? -1, other[order.column] ?? -1];
      const way = typeof a === "string" ? a.localeCompare(b) : a - b;
      return order.down ? -way : way;
    });
  }
  const body = node("tbody");
  for (const row of sorted) {
    const line = body.insertRow();
    for (const [, key, text] of COLUMNS) {
      const style = key === "name" ? "text wide" : key === "failed" && row.failed ? "bad" : "";
      line.append(node("td", text(row[key]), style));
    }
  }
  table.tBodies[0]?.remove();
  table.append(body);
};

const table = (titles, rows) => {
  const [box, made] = [node("div", "", "scroll"), node("table")];
  const head = made.createTHead().insertRow();
  for (const title of titles) head.append(Object.assign(node("th", title), { scope: "col" }));
  const body = made.createTBody();
  for (const cells of rows) {
    const line = body.insertRow();
    for (const [text, style] of cells) line.append(node("td", text, style));
  }
  box.append(made);
  return box;
};

const GRADES = { met: ["met", "good"], acceptable: ["acceptable", "fair"], failed: ["failed", "bad"], "no data": ["no data yet", "muted"] };

export const criteria = (box, rows) => {
  if (!rows.length) {
    box.replaceChildren(node("p", "No criteria were given, or none is judged yet.", "muted"));
    return;
  }
  const margin = (row) => (row.margin === null ? "" : `${+(100 * row.margin).toFixed(1)} %`);
  box.replaceChildren(table(["Criterion", "State", "Value", "Margin", "Note"], rows.map((row) => [
    [row.text, "wide"], GRADES[row.grade] ?? [row.grade, ""], [row.value ?? "-", ""], [margin(row), ""],
    [[row.stage, row.note, row.unsupported ? "too few samples" : ""].filter(Boolean).join("; "), "text wide"],
  ])));
};

export const errors = (box, rows, empty) => {
  if (!rows.length) {
    box.replaceChildren(node("p", empty, "muted"));
    return;
  }
  // What is open stays open.
  const open = new Set([...box.querySelectorAll("details[open]")].map((each) => each.dataset.key));
  box.replaceChildren(...rows.map((row) => {
    const entry = node("div", "", "entry");
    const key = [row.kind, row.message, row.name, row.method].join("\n");
    entry.append(
      node("h3", `${count(row.count)} × ${row.message}`),
      node("p", [`${row.method} ${row.name}`.trim(), row.kind, `${clock(row.first)} to ${clock(row.last)}`].filter(Boolean).join("  ·  "), "muted"),
    );
    if (row.example && Object.keys(row.example).length) {
      const details = node("details");
      details.dataset.key = key;
      details.open = open.has(key);
      const text = Object.entries(row.example).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value, null, 1)}`);
      details.append(node("summary", "Example"), node("pre", text.join("\n")));
      entry.append(details);
    }
    return entry;
  }));
};

export const generator = (box, found) => {
  const tone = { ok: "good", strained: "fair", saturated: "bad" };
  const words = node("p", `The generator is ${found.now}.`, tone[found.now] ?? "");
  const parts = [words];
  if (found.worst !== "ok") {
    parts.push(node("p", `It was ${found.worst}: ${found.reasons.join("; ")} (strained ${found.strained} s, saturated ${found.saturated} s).`, tone[found.worst]));
  }
  parts.push(table(
    ["Worker", "State", "CPU", "Loop lag", "Schedule lag p99", "GC", "Users", "Files", "Memory"],
    found.workers.map((row) => [
      [String(row.worker), ""], [row.state, tone[row.state] ?? ""], [`${Math.round(100 * row.cpu)} %`, ""], [`${short(row.loop_lag_ms)} ms`, ""],
      [`${short(row.schedule_lag_p99_ms)} ms`, ""], [`${short(row.gc_ms)} ms`, ""], [count(row.users), ""], [count(row.open_files), ""],
      [`${Math.round(row.rss / 1e6)} MB`, ""],
    ]),
  ));
  box.replaceChildren(...parts);
};

export const downloads = (box, desk) => {
  const link = (href, text) => {
    const item = node("li");
    item.append(Object.assign(node("a", text), { href }));
    return item;
  };
  box.replaceChildren(link("api/endpoints.csv", "Endpoints as CSV"), ...desk.downloads.map((name) => link(`api/download/${name}`, name)));
  if (desk.so_far) box.prepend(link("api/report-so-far.html", "Report so far"));
  if (!desk.downloads.length) box.append(node("li", "Report and summaries are here when the run has ended.", "muted"));
};
