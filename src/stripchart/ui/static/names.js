// Names and patterns of channels, as the server reads them (`design.matches`), and what a page says of a channel.

const WILDCARDS = /[*?[]/;
const compiled = new Map();

/** A name as a pattern that means nothing else. */
export const escape = (name) => name.replace(/[*?[]/g, "[$&]");

/** Whether a channel's full name, or the stream that it is in, is meant by a name or a shell pattern. */
export function matches(name, pattern) {
  const stream = name.slice(0, Math.max(0, name.lastIndexOf("/")));
  if (pattern === name || pattern === stream) return true;
  if (!WILDCARDS.test(pattern)) return false;
  if (!compiled.has(pattern)) compiled.set(pattern, glob(pattern));
  return compiled.get(pattern).test(name) || compiled.get(pattern).test(stream);
}

/** A shell pattern as Python's `fnmatchcase` understands it. */
function glob(pattern) {
  const text = pattern.replace(/\[(!?)(\]?[^\]]*)\]|[^]/gu, (part, not, set) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    if (set) return `[${not && "^"}${set.replace(/[\\^[\]]/g, "\\$&")}]`;
    return part.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  });
  try {
    return new RegExp(`^(?:${text})$`, "su");
  } catch {
    return /(?!)/; // a range that ends before it begins holds nothing
  }
}

/** What a design says of channels: `of(name)` is the table that names one, else the first that matches it. */
export class Looks {
  constructor(tables = []) {
    this.tables = tables;
    this.named = new Map(tables.toReversed().map((table) => [table.match, table]));
  }

  of(name) {
    return this.named.get(name) ?? this.tables.find(({match}) => matches(name, match));
  }
}

/** Leave out of topic names what they all begin with and end in: greenhouse/north/temp and greenhouse/south/temp. */
export function shorten(labels) {
  if (labels.length < 2) return labels;
  const parts = labels.map((label) => label.split("/"));
  const least = Math.min(...parts.map((each) => each.length)) - 1;
  const same = (pick) => {
    let count = 0;
    while (count < least && parts.every((each) => pick(each, count) === pick(parts[0], count))) count++;
    return count;
  };
  const head = same((each, place) => each[place]);
  const tail = Math.min(same((each, place) => each.at(-1 - place)), least - head);
  return parts.map((each) => each.slice(head, each.length - tail).join("/"));
}
