// Stored runs: the list, files of each, the comparison of two. All text is set as text, never as markup.
import { clock, short } from "./charts.js";

const $ = (id) => document.getElementById(id);
const node = (name, text = "", style = "") => {
  const made = document.createElement(name);
  if (text !== "") made.textContent = text;
  if (style) made.className = style;
  return made;
};
const link = (href, text, label) => {
  const made = node("a", text);
  made.href = href;
  if (label) made.setAttribute("aria-label", label);
  return made;
};
const share = (value) => (value === null ? "-" : `${+(100 * value).toFixed(2)} %`);
const TONES = { PASS: "good", WARN: "fair", FAIL: "bad", INVALID: "invalid" };
const CHANGES = { REGRESSED: "bad", IMPROVED: "good", INVALID: "invalid", INCONCLUSIVE: "fair" };
const FILES = [["report.html", "report"], ["endpoints.csv", "CSV"], ["summary.json", "JSON"]];

const table = (titles, lines, textual) => {
  const [box, made] = [node("div", "", "scroll"), node("table")];
  const head = made.createTHead().insertRow();
  titles.forEach((title, at) => {
    head.append(Object.assign(node("th", title, textual.includes(at) ? "text" : ""), { scope: "col" }));
  });
  const body = made.createTBody();
  for (const line of lines) body.append(line);
  box.append(made);
  return box;
};

const get = async (path) => {
  try {
    const answer = await fetch(path);
    return answer.ok ? await answer.json() : { trouble: await answer.text() };
  } catch {
    return { trouble: "Swell does not answer." };
  }
};

export class Runs {
  constructor() {
    this.chosen = [];
    this.rows = [];
    $("compare").addEventListener("click", () => this.#compare());
    $("refresh").addEventListener("click", () => this.load());
  }

  async load() {
    const found = await get("api/runs");
    if (found.trouble) {
      $("runs").replaceChildren(node("p", found.trouble, "trouble"));
      return;
    }
    this.rows = found.runs;
    this.chosen = this.chosen.filter((id) => this.rows.some((row) => row.id === id));
    if (!this.rows.length) $("runs").replaceChildren(node("p", "No run is stored yet.", "muted"));
    else $("runs").replaceChildren(this.#table());
    this.#choice();
  }

  #table() {
    const titles = ["Compare", "Run", "Verdict", "Started", "Length", "Users", "Requests/s", "p95 ms", "Failed", "Files"];
    return table(titles, this.rows.map((row) => this.#line(row)), [0, 1, 2, 3, 9]);
  }

  #line(row) {
    const line = node("tr");
    const cell = (content, style = "") => {
      const made = node("td", "", style);
      made.append(...[content].flat());
      line.append(made);
    };
    const box = Object.assign(node("input"), { type: "checkbox", checked: this.chosen.includes(row.id) });
    box.dataset.run = row.id;
    box.setAttribute("aria-label", `Compare ${row.name}, ${row.id}`);
    box.addEventListener("change", () => this.#choose(row.id, box.checked));
    cell(box, "text");
    const marks = [...row.baselines.map((name) => (name === "default" ? "baseline" : `baseline ${name}`)),
      ...Object.entries(row.tags).map(([name, value]) => `${name}=${value}`)];
    const under = node("small", [row.id, row.target, ...marks].filter(Boolean).join("  ·  "), "muted");
    cell([node("strong", row.name), node("br"), under], "text wide");
    cell(row.finished ? row.verdict : "not finished", `text ${TONES[row.verdict] ?? "muted"}`);
    cell(new Date(1000 * row.started).toLocaleString(), "text");
    cell(row.duration === null ? "-" : clock(row.duration));
    cell(short(row.users));
    cell(short(row.rate));
    cell(short(row.p95));
    cell(share(row.failed), row.failed ? "bad" : "");
    const path = `api/runs/${encodeURIComponent(row.id)}`;
    cell(FILES.flatMap(([name, text]) => [link(`${path}/${name}`, text, `${text} of ${row.name}, ${row.id}`), " "]), "text");
    return line;
  }

  #choose(id, wanted) {
    this.chosen = this.chosen.filter((each) => each !== id);
    if (wanted) this.chosen.push(id);
    // The one that was chosen first makes room.
    if (this.chosen.length > 2) this.chosen.shift();
    for (const box of $("runs").querySelectorAll("input")) box.checked = this.chosen.includes(box.dataset.run);
    this.#choice();
  }

  // The older one is the base: the list begins with the newest.
  get pair() {
    const order = this.rows.map((row) => row.id);
    return [...this.chosen].sort((one, other) => order.indexOf(other) - order.indexOf(one));
  }

  #choice() {
    $("compare").disabled = this.chosen.length !== 2;
    $("choice").textContent = this.chosen.length === 2
      ? `${this.pair[1]} against ${this.pair[0]}` : "Choose two runs to compare them.";
  }

  async #compare() {
    const query = new URLSearchParams({ base: this.pair[0], new: this.pair[1] });
    $("compare").disabled = true;
    $("comparison").replaceChildren(node("p", "comparing", "muted"));
    const found = await get(`api/compare?${query}`);
    $("compare").disabled = this.chosen.length !== 2;
    const parts = [];
    if (found.trouble) parts.push(node("p", found.trouble, "trouble"));
    else {
      const heading = node("h2", `${query.get("new")} against ${query.get("base")}: `);
      heading.append(node("span", found.verdict, CHANGES[found.verdict] ?? ""));
      parts.push(heading, ...found.notes.map((text) => node("p", text, "muted")));
      if (found.needed) parts.push(node("p", `Runs of ${clock(found.needed)} would settle what is inconclusive.`, "muted"));
      parts.push(table(
        ["Endpoint", "Metric", "Verdict", "Base", "New", "Effect", "95 % interval"],
        found.rows.map((row) => {
          const line = node("tr");
          line.append(
            node("td", row.endpoint, "text wide"), node("td", row.metric, "text"),
            node("td", row.verdict, `text ${CHANGES[row.verdict] ?? ""}`), node("td", row.base), node("td", row.new),
            node("td", row.effect), node("td", row.interval),
          );
          return line;
        }),
        [0, 1, 2],
      ));
      const more = node("p");
      more.append(link(`api/compare/report.html?${query}`, "Report with this comparison"));
      parts.push(more);
    }
    $("comparison").replaceChildren(...parts);
  }
}
