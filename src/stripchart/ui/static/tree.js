// The tree of channels by source and by the steps of their names: which of its rows are to be seen, and in what order.

/** Channels up to which all of the tree is open at first. */
const FEW = 100;
const order = new Intl.Collator(undefined, {numeric: true}).compare;

export class Tree {
  constructor() {
    this.entries = [];
    this.root = group("", "");
    /** What was opened (true) or closed (false) by hand, by path. */
    this.chosen = new Map();
  }

  /** Take all channels, with what the page says of them. */
  take(entries, looks) {
    this.entries = entries.filter(Boolean);
    this.root = group("", "");
    for (const entry of this.entries) {
      entry.look = looks.of(entry.name);
      const steps = [entry.source, ...entry.label.split("/")];
      const leaf = steps.pop();
      let node = this.root;
      for (const step of steps) {
        const path = `${node.path}\n${step}`;
        if (!node.groups.has(path)) node.groups.set(path, group(step, path));
        node = node.groups.get(path);
      }
      entry.title = entry.look?.name || leaf || entry.label;
      entry.unitShown = entry.look?.unit || entry.unit;
      entry.words = `${entry.source}/${entry.label} ${entry.title} ${entry.unitShown}`.toLowerCase();
      node.leaves.push(entry);
    }
    sort(this.root);
  }

  /** The rows to show: groups that are open and what is in them; of a search, all that is found. */
  rows(query = "") {
    const searching = query.trim() !== "";
    const isFound = searching ? finder(query, this.entries) : () => true;
    const rows = [];
    const found = tally(this.root, isFound);
    this.walk(this.root, 1, null, searching, rows);
    return {rows, found};
  }

  walk(node, level, parent, searching, rows) {
    node.shown.forEach((each, place) => {
      const row = {level, parent, place: place + 1, size: node.shown.length};
      // A step that leads to just one other is told with that.
      let [last, name] = [each, ""];
      while (level > 1 && last.shown?.length === 1) {
        name += `${last.name}/`;
        [last] = last.shown;
      }
      if (!last.groups) {
        rows.push({...row, entry: last, name: last.look?.name || name + last.title, key: last.number});
        return;
      }
      const open = searching || this.isOpen(last, level);
      Object.assign(row, {path: last.path, name: name + last.name, many: last.many, open, key: last.path, node: last});
      rows.push(row);
      if (open) this.walk(last, level + 1, row, searching, rows);
    });
  }

  isOpen(node, level) {
    return this.chosen.get(node.path) ?? (level === 1 || this.entries.length <= FEW);
  }

  toggle({path, open}) {
    this.chosen.set(path, !open);
  }
}

/** The channels of a group that are found. */
export const channelsIn = (node) => node.shown.flatMap((each) => (each.groups ? channelsIn(each) : each));

const group = (name, path) => ({name, path, groups: new Map(), leaves: []});

/** Put what is in each group in order. */
function sort(node) {
  node.groups.forEach(sort);
  node.inside = [...node.leaves, ...node.groups.values()].sort((a, b) => order(a.title ?? a.name, b.title ?? b.name));
}

/** Find what is to be shown of each group, and count its channels. */
function tally(node, isFound) {
  node.many = 0;
  node.shown = node.inside.filter((each) => {
    const many = each.groups ? tally(each, isFound) : Number(isFound(each));
    node.many += many;
    return many;
  });
  return node.many;
}

/** What a search means: all its words are in the channel's names; `unit:` and `kind:` are what they say. */
function finder(query, entries) {
  const tests = query.toLowerCase().trim().split(/\s+/).map((word) => {
    const [, field, wanted] = /^(unit|kind):(.*)$/.exec(word) ?? [];
    if (!field) return (entry) => entry.words.includes(word);
    const of = field === "unit" ? (entry) => entry.unitShown.toLowerCase() : (entry) => entry.kind;
    const whole = entries.some((entry) => of(entry) === wanted);
    return whole ? (entry) => of(entry) === wanted : (entry) => of(entry).startsWith(wanted);
  });
  return (entry) => tests.every((test) => test(entry));
}
