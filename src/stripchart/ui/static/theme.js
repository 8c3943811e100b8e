// Loaded before anything is drawn, so that no page flashes in the wrong theme.
// It is no module, since those wait for the page; the toolbar calls its function.
function applyTheme(theme) {
  const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = theme;
  document.documentElement.dataset.shade = dark ? "dark" : "light";
}

applyTheme(new URLSearchParams(location.hash.slice(1)).get("theme") ?? document.documentElement.dataset.theme);
