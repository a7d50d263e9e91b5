"use strict";
// The plots: drawn by Bokeh from the JSON in the page, in the page's colours, with one range over time.
(async () => {
  const data = JSON.parse(document.getElementById("plots").textContent);
  // Waits for nothing on the network: everything is in this file.
  Bokeh.set_log_level("warn");
  const [view] = await Bokeh.embed.embed_items(data.docs, data.items);
  const models = new Set();
  for (const one of view) for (const model of one.model.references()) models.add(model);

  function paint(light) {
    const style = getComputedStyle(document.documentElement);
    const text = light ? "#4a5361" : style.getPropertyValue("--muted").trim();
    const grid = light ? "#e3e7ec" : style.getPropertyValue("--line").trim();
    const card = light ? "#ffffff" : style.getPropertyValue("--card").trim();
    const font = style.getPropertyValue("--font").trim();
    for (const model of models) {
      if (model.type.endsWith("Axis")) {
        model.setv({
          major_label_text_color: text,
          major_label_text_font: font,
          major_label_text_font_size: "12px",
          axis_label_text_color: text,
          axis_label_text_font: font,
          axis_label_text_font_size: "12px",
          axis_label_text_font_style: "normal",
        });
      } else if (model.type === "Grid" && model.grid_line_color !== null) {
        model.setv({ grid_line_color: grid });
      } else if (model.type === "Legend") {
        model.setv({ label_text_color: text, label_text_font: font, label_text_font_size: "12px" });
        model.setv({ inactive_fill_color: card, inactive_fill_alpha: 0.65 });
      } else if (model.type === "Label") {
        model.setv({ text_color: text, text_font: font });
      }
    }
  }
  // Clock times are wide: fewer of them where the page is narrow.
  if (document.documentElement.clientWidth < 600) {
    for (const model of models) {
      if (model.type === "AdaptiveTicker") model.setv({ desired_num_ticks: 3 });
    }
  }
  paint(false);
  addEventListener("swell-theme", () => paint(false));
  addEventListener("beforeprint", () => paint(true));
  addEventListener("afterprint", () => paint(false));

  // How wide a plot is here, and how much smaller it must be on a sheet of paper.
  const measure = () => {
    if (matchMedia("print").matches) return;
    for (const plot of document.querySelectorAll(".plot")) {
      const width = plot.clientWidth;
      const paper = plot.closest(".pair") ? 320 : 680;
      plot.style.setProperty("--plot-width", `${width}px`);
      plot.style.setProperty("--print-zoom", String(Math.min(paper / width, 1)));
    }
  };
  measure();
  addEventListener("resize", measure);

  const rate = [...view].find((one) => one.model.x_range && one.model.x_range.bounds);
  const range = rate.model.x_range;
  const end = range.bounds[1];
  const show = (from, to) => {
    const width = Math.min(Math.max(to - from, range.min_interval), end);
    const start = Math.min(Math.max(from, 0), end - width);
    range.setv({ start, end: start + width });
  };
  const stage = document.getElementById("stage");
  if (stage) {
    stage.addEventListener("change", () => {
      const [from, to] = stage.value ? stage.value.split(",").map(Number) : [0, end];
      show(from, to);
    });
  }
  const moves = {
    in: (a, b) => [a + (b - a) / 4, b - (b - a) / 4],
    out: (a, b) => [a - (b - a) / 2, b + (b - a) / 2],
    left: (a, b) => [a - (b - a) / 2, b - (b - a) / 2],
    right: (a, b) => [a + (b - a) / 2, b + (b - a) / 2],
    all: () => [0, end],
  };
  for (const button of document.querySelectorAll("button[data-zoom]")) {
    button.addEventListener("click", () => {
      show(...moves[button.dataset.zoom](range.start, range.end));
      if (button.dataset.zoom === "all" && stage) stage.value = "";
    });
  }
  document.documentElement.dataset.plots = "ready";
})().catch((error) => {
  document.documentElement.dataset.plots = "failed";
  console.error(error);
});
