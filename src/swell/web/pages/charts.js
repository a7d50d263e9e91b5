// Line charts as SVG. A point is [second, users, rate, failures, p50, p95, p99].
const NS = "http://www.w3.org/2000/svg";
const HEIGHT = 210;
const LEFT = 48;
const BOTTOM = 20;
const MOST = 600;

const make = (name, attributes = {}, parent = null) => {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (parent) parent.append(node);
  return node;
};

export const clock = (seconds) => {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};

export const short = (value) => {
  if (value === null || value === undefined) return "-";
  const size = Math.abs(value);
  if (size >= 1e6) return `${+(value / 1e6).toFixed(1)}M`;
  if (size >= 1e4) return `${+(value / 1e3).toFixed(1)}k`;
  return String(size >= 100 ? Math.round(value) : +value.toFixed(size >= 10 ? 1 : 2));
};

// Whole seconds that a label can say exactly, six at most.
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200];
export const timeTicks = (start, end) => {
  const step = STEPS.find((one) => (end - start) / one <= 5) ?? Math.ceil((end - start) / 5 / 86400) * 86400;
  const ticks = [];
  for (let second = Math.ceil(start / step) * step; second <= end; second += step) ticks.push(second);
  return ticks;
};

const niceTop = (value) => {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10].map((step) => step * power).find((step) => step >= value * 1.02) ?? 20 * power;
};

// So many that each has its pixel: of the points left out the highest value stays.
const thinned = (points) => {
  if (points.length <= MOST) return points;
  const size = Math.ceil(points.length / MOST);
  const found = [];
  for (let at = 0; at < points.length; at += size) {
    const group = points.slice(at, at + size);
    found.push(group[0].map((first, column) => {
      if (!column) return first;
      const values = group.map((point) => point[column]).filter((value) => value !== null);
      return values.length ? Math.max(...values) : null;
    }));
  }
  return found;
};

export class Chart {
  constructor(parent, { title, unit, series, onHover }) {
    this.title = title;
    this.unit = unit;
    this.series = series;
    this.points = [];
    this.width = 1;
    this.figure = document.createElement("figure");
    this.figure.className = "chart";
    const heading = document.createElement("h2");
    heading.textContent = `${title} (${unit})`;
    this.legend = document.createElement("figcaption");
    this.legend.className = "legend";
    this.svg = make("svg", { role: "img", tabindex: "0", preserveAspectRatio: "none" });
    this.figure.append(heading, this.legend, this.svg);
    parent.append(this.figure);
    const at = (event) => {
      const box = this.svg.getBoundingClientRect();
      const share = (event.clientX - box.left - LEFT) / (box.width - LEFT - 8);
      onHover(this.start + Math.min(Math.max(share, 0), 1) * (this.end - this.start));
    };
    this.svg.addEventListener("pointermove", at);
    this.svg.addEventListener("pointerleave", () => onHover(null));
    this.svg.addEventListener("blur", () => onHover(null));
    this.svg.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -this.width, ArrowRight: this.width }[event.key];
      if (event.key === "Escape") onHover(null);
      if (!step || !this.points.length) return;
      event.preventDefault();
      onHover(Math.min(Math.max((this.cross ?? this.end) + step, this.start), this.end));
    });
  }

  draw(points, width, range, cross) {
    const newest = points.length ? points[points.length - 1][0] : 0;
    const shown = range ? points.filter((point) => point[0] > newest - range) : points;
    this.points = shown;
    this.width = width;
    this.cross = cross;
    this.start = shown.length ? shown[0][0] : 0;
    this.end = Math.max(newest, this.start + 10);
    const wide = this.svg.clientWidth || 600;
    const high = this.svg.clientHeight || HEIGHT;
    const columns = this.series.map((one) => one.column);
    let highest = 0;
    for (const point of shown) for (const column of columns) highest = Math.max(highest, point[column] ?? 0);
    const top = niceTop(highest);
    const x = (second) => LEFT + ((second - this.start) / (this.end - this.start)) * (wide - LEFT - 8);
    const y = (value) => 8 + (1 - value / top) * (high - BOTTOM - 8);
    this.svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    this.svg.replaceChildren();
    for (let step = 0; step <= 4; step++) {
      const value = (top * step) / 4;
      make("line", { class: "grid", x1: LEFT, x2: wide - 8, y1: y(value), y2: y(value) }, this.svg);
      const label = make("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, this.svg);
      label.textContent = short(value);
    }
    for (const second of timeTicks(this.start, this.end)) {
      const anchor = second - this.start < 1 ? "start" : x(second) > wide - 30 ? "end" : "middle";
      const label = make("text", { class: "time", x: x(second), y: high - 4, "text-anchor": anchor }, this.svg);
      label.textContent = clock(second);
    }
    const drawn = thinned(shown);
    for (const one of this.series) {
      let path = "";
      let open = false;
      for (const point of drawn) {
        const value = point[one.column];
        if (value === null) { open = false; continue; }
        path += `${open ? "L" : "M"}${x(point[0]).toFixed(1)} ${y(value).toFixed(1)}`;
        // A single point with nothing on either side is still to be seen.
        if (!open) path += "h0.1";
        open = true;
      }
      make("path", { class: one.style, d: path }, this.svg);
    }
    let point = shown[shown.length - 1];
    if (cross !== null && cross !== undefined && shown.length) {
      point = shown.reduce((best, each) => (Math.abs(each[0] - cross) < Math.abs(best[0] - cross) ? each : best));
      make("line", { class: "cross", x1: x(point[0]), x2: x(point[0]), y1: 8, y2: high - BOTTOM }, this.svg);
    }
    this.#tell(point);
  }

  #tell(point) {
    this.legend.replaceChildren();
    const words = [];
    const parts = this.series.map((one) => [one.style, `${one.name} ${point ? short(point[one.column]) : "-"}`]);
    for (const [style, text] of parts) {
      const span = document.createElement("span");
      const mark = document.createElement("i");
      mark.className = style;
      span.append(mark, text);
      this.legend.append(span);
      words.push(text);
    }
    if (point) {
      const span = document.createElement("span");
      span.className = "muted";
      span.textContent = `at ${clock(point[0])}`;
      this.legend.append(span);
    }
    this.svg.setAttribute("aria-label", `${this.title}, ${this.unit}: ${words.join(", ")}`);
  }
}
