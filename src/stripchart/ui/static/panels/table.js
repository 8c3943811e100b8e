// A table of channels, sorted and searched by its viewer. Only the rows in sight are in the page, so hundreds cost what a few do.
import {make, search, write} from "../dom.js";
import {format} from "../readings.js";
import {stretched} from "../svg.js";

/** Pixels of a row, as the style sheet has it, and rows above and below those in sight. */
const HEIGHT = 28;
const SPARE = 6;
const count = new Intl.NumberFormat();
const collator = new Intl.Collator(undefined, {numeric: true});

/** Name, and text of what the server tells, for each column. */
const COLUMNS = {
  label: ["Channel", (row) => row.label],
  value: ["Now", ({value}) => format(value)],
  min: ["Min", ({min}) => format(min)],
  max: ["Max", ({max}) => format(max)],
  mean: ["Mean", ({mean}) => format(mean)],
  rate: ["Rate", ({rate}) => (rate == null ? "–" : `${format(Number(rate.toPrecision(3)))} Hz`)],
  age: ["Age", ({age}) => (age == null ? "–" : ageText(age))],
  trend: ["Trend", null],
};

function ageText(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const [size, unit] = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]].find(([each]) => seconds >= each);
  return `${Math.floor(seconds / size)} ${unit}`;
}

export class TablePanel {
  constructor(body) {
    this.rows = [];
    this.made = [];
    this.sort = {name: "", down: false};
    this.search = Object.assign(make("input", "find"), {type: "search", placeholder: "Find a channel"});
    this.search.setAttribute("aria-label", "Find a channel");
    this.search.addEventListener("input", () => this.arrange());
    this.found = make("span", "found");
    body.closest("section").querySelector("header").append(this.found, this.search);
    this.table = make("table", "channels");
    this.head = this.table.createTHead().insertRow();
    this.body = this.table.createTBody();
    this.spaces = [make("tr", "space"), make("tr", "space")];
    for (const space of this.spaces) space.setAttribute("aria-hidden", "true");
    this.body.append(...this.spaces);
    this.box = body;
    body.classList.add("tabled");
    body.tabIndex = 0;
    body.append(this.table);
    body.addEventListener("scroll", () => this.write(), {passive: true});
    new ResizeObserver(() => this.write()).observe(body);
  }

  show({shown, columns}) {
    this.name(["label", ...shown]);
    const sources = new Set(columns.source).size > 1;
    const names = Object.keys(columns);
    this.rows = columns.label.map((_, place) => {
      const row = Object.fromEntries(names.map((name) => [name, columns[name][place]]));
      row.before = sources ? `${row.source} ` : "";
      row.name = `${row.before}${row.label}`;
      return row;
    });
    this.arrange();
  }

  /** Write the head. */
  name(shown) {
    if (this.shown?.join() === shown.join()) return;
    this.shown = shown;
    this.made.splice(0).forEach((row) => row.remove());
    this.head.replaceChildren(...shown.map((name) => {
      const cell = make("th", name);
      cell.scope = "col";
      if (COLUMNS[name][1] == null) cell.textContent = COLUMNS[name][0];
      else {
        const button = make("button", "", COLUMNS[name][0]);
        button.addEventListener("click", () => this.turn(name));
        cell.append(button);
      }
      return cell;
    }));
    this.tellSort();
  }

  /** Sort by a column: numbers from the greatest at first, texts from A; then the other way round, then as they came. */
  turn(name) {
    const first = name !== "label";
    if (this.sort.name !== name) this.sort = {name, down: first};
    else if (this.sort.down === first) this.sort = {name, down: !first};
    else this.sort = {name: "", down: false};
    this.tellSort();
    this.arrange();
  }

  tellSort() {
    for (const cell of this.head.cells) {
      const order = this.sort.down ? "descending" : "ascending";
      if (cell.className === this.sort.name) cell.setAttribute("aria-sort", order);
      else cell.removeAttribute("aria-sort");
    }
  }

  /** Choose and sort the rows. */
  arrange() {
    const holds = search(this.search.value);
    this.chosen = this.rows.filter(({name}) => holds(name));
    const {name, down} = this.sort;
    if (name) {
      const key = name === "label" ? (row) => row.name : (row) => row[name];
      this.chosen.sort((a, b) => compare(key(a), key(b), down));
    }
    const [some, all] = [this.chosen.length, this.rows.length].map((each) => count.format(each));
    write(this.found, some === all ? `${all} ${all === "1" ? "channel" : "channels"}` : `${some} of ${all}`);
    this.table.setAttribute("aria-rowcount", this.chosen.length + 1);
    this.write();
  }

  /** Write the rows in sight. */
  write() {
    if (!this.shown) return;
    const all = this.chosen.length;
    const first = Math.max(0, Math.min(Math.floor(this.box.scrollTop / HEIGHT) - SPARE, all - 1));
    const last = Math.min(all, first + Math.ceil(this.box.clientHeight / HEIGHT) + 2 * SPARE);
    while (this.made.length > last - first) this.made.pop().remove();
    while (this.made.length < last - first) this.made.push(this.make());
    [first, all - last].forEach((rows, place) => {
      this.spaces[place].hidden = rows === 0;
      this.spaces[place].style.height = `${rows * HEIGHT}px`;
    });
    this.made.forEach((row, place) => this.writeRow(row, this.chosen[first + place], first + place));
  }

  make() {
    const row = make("tr", "");
    for (const name of this.shown) {
      const cell = make(name === "label" ? "th" : "td", name);
      if (name === "label") {
        cell.scope = "row";
        cell.append(make("small", ""), make("span", ""));
      } else if (name === "value") cell.append(make("b", ""), make("small", ""));
      else if (name === "trend") stretched(cell, "", "0 0 47 35", "path");
      row.append(cell);
    }
    this.body.insertBefore(row, this.spaces[1]);
    return row;
  }

  writeRow(row, told, place) {
    row.setAttribute("aria-rowindex", place + 2);
    row.className = told.stale ? "stale" : "";
    this.shown.forEach((name, at) => {
      const cell = row.cells[at];
      if (name === "trend") return bend(cell.firstChild, told.trend ?? "");
      const text = COLUMNS[name][1](told);
      if (name === "label") {
        write(cell.firstChild, told.before);
        write(cell.lastChild, text);
        cell.title = told.name;
      } else if (name === "value") {
        write(cell.firstChild, text);
        write(cell.lastChild, told.unit && told.value != null ? ` ${told.unit}` : "");
        cell.title = told.value == null ? "" : `${told.value} ${told.unit}`;
      } else write(cell, text);
    });
  }
}

/** Texts after numbers, what is unknown last whatever the order. */
function compare(a, b, down) {
  if (a == null || b == null) return (a == null) - (b == null);
  const order = typeof a === "number" && typeof b === "number" ? a - b : typeof a === typeof b ? collator.compare(a, b) : typeof a === "number" ? -1 : 1;
  return down ? -order : order;
}

/** Draw a trend: a digit to the base 36 for each height, a blank where there is nothing. */
function bend(svg, digits) {
  if (svg.digits === digits) return;
  svg.digits = digits;
  let path = "";
  [...digits].forEach((digit, x) => {
    if (digit === " ") return;
    const y = 35 - parseInt(digit, 36);
    path += `${path && digits[x - 1] !== " " ? "L" : "M"}${x} ${y}`;
    if ((digits[x - 1] ?? " ") === " " && (digits[x + 1] ?? " ") === " ") path += `h.5`;
  });
  svg.firstChild.setAttribute("d", path);
}
