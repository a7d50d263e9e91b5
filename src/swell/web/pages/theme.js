// Before the first paint: the colours that the reader chose last time, if any.
try {
  const chosen = localStorage.getItem("swell-theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be refused.
}
