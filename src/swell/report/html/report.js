"use strict";
// Sorting, colours and printing. The page can be read without any of it.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = document.querySelector("button.theme");

  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const tell = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `${button.textContent} colours`);
    dispatchEvent(new CustomEvent("swell-theme"));
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("swell-theme", root.dataset.theme);
    } catch {
      // Then it holds until the page is closed.
    }
    tell();
  });
  system.addEventListener("change", tell);
  tell();

  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!head.dataset.sort) return;
      const press = document.createElement("button");
      press.type = "button";
      press.append(...head.childNodes);
      head.append(press);
      press.addEventListener("click", () => {
        const isNumber = head.dataset.sort === "number";
        // Numbers begin with the largest, names with A.
        const first = isNumber ? "descending" : "ascending";
        const second = isNumber ? "ascending" : "descending";
        const order = head.getAttribute("aria-sort") === first ? second : first;
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", order);
        sort(table, column, isNumber, order === "ascending" ? 1 : -1);
      });
    });
  }

  function sort(table, column, isNumber, sign) {
    const body = table.tBodies[0];
    const key = (row) => {
      const cell = row.cells[column];
      return isNumber ? Number(cell.dataset.value) : cell.textContent;
    };
    const compare = (a, b) => (isNumber ? a - b : a.localeCompare(b));
    const rows = [...body.rows].map((row) => [key(row), row]);
    rows.sort((a, b) => sign * compare(a[0], b[0]));
    body.append(...rows.map(([, row]) => row));
  }

  // What is folded away on the screen belongs on paper, but for the long table of the plots.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open]):not(.data)")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
  });
})();
