// Scripts run, so that what needs them may show: a viewer may refuse them without saying so to <noscript>.
document.documentElement.dataset.scripts = "on";
// Before the first paint: the colours that the reader chose last time, if any.
try {
  const chosen = localStorage.getItem("swell-theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // A file opened from disk may have no storage.
}
