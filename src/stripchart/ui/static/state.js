// What the user chose, kept in the address, so that a reload or a copied link shows the same.
const state = new URLSearchParams(location.hash.slice(1));

export function remember(key, value) {
  if (value == null || value === "") state.delete(key);
  else state.set(key, value);
  history.replaceState(null, "", `#${state}`);
}

export const recall = (key) => state.get(key);
