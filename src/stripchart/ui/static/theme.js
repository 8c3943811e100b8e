// Loaded before anything is drawn, so that no page flashes in the wrong theme.
{
  const state = new URLSearchParams(location.hash.slice(1));
  const theme = state.get("theme") ?? document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = theme;
  const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.shade = dark ? "dark" : "light";
}
