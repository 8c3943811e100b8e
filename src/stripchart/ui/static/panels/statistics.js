// Figures about each channel's samples, as a table.
import {format} from "../readings.js";

const count = new Intl.NumberFormat();
const number = (pick, unit = ({unit: own}) => own) => ({text: (row) => format(pick(row)), exact: pick, unit});
const difference = ({first, last}) => (first == null || last == null ? null : last - first);
const COLUMNS = {
  first: ["First", number(({first}) => first)],
  last: ["Last", number(({last}) => last)],
  change: ["Δ", number(difference)],
  minimum: ["Min", number(({minimum}) => minimum)],
  maximum: ["Max", number(({maximum}) => maximum)],
  mean: ["Mean", number(({mean}) => mean)],
  std: ["Std", number(({std}) => std)],
  slope: ["Slope", number(({slope}) => slope, ({unit}) => `${unit}/s`)],
  count: ["Samples", {text: ({count: samples, whole}) => `${whole ? "" : "newest "}${count.format(samples)}`, exact: (row) => row.count, unit: () => ""}],
};

export class StatisticsPanel {
  constructor(body, told, table) {
    this.table = document.createElement("table");
    this.table.className = "statistics";
    body.append(this.table);
    this.rows = [];
    this.head(table?.ends ? {first: "At start", last: "At end"} : {}, Object.keys(COLUMNS));
  }

  /** Name the columns, and say which there are. */
  head(names, shown) {
    const key = JSON.stringify([names, shown]);
    if (key === this.key) return;
    this.key = key;
    this.shown = shown;
    const head = this.table.createTHead();
    head.replaceChildren();
    const row = head.insertRow();
    for (const name of ["Channel", ...shown.map((column) => names[column] ?? COLUMNS[column][0])]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      row.append(cell);
    }
    this.table.tBodies[0]?.remove();
    this.rows = [];
  }

  /** Write the rows; a cell whose text stays is not touched, so that it can be selected while others change. */
  show({rows}) {
    const body = this.table.tBodies[0] ?? this.table.createTBody();
    while (this.rows.length > rows.length) this.rows.pop().remove();
    while (this.rows.length < rows.length) this.rows.push(this.row(body));
    rows.forEach((told, place) => {
      const [head, ...cells] = this.rows[place].cells;
      head.querySelector("i").style.borderTopColor = told.colour == null ? "transparent" : `var(--c${told.colour})`;
      write(head.querySelector("span"), told.label);
      this.shown.forEach((column, at) => {
        const {text, exact, unit} = COLUMNS[column][1];
        const value = exact(told);
        write(cells[at].firstChild, text(told));
        write(cells[at].lastChild, value == null ? "" : unit(told));
        cells[at].title = value == null ? "" : `${value} ${unit(told)}`;
      });
    });
  }

  row(body) {
    const row = body.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    head.append(document.createElement("i"), document.createElement("span"));
    row.append(head);
    for (const _ of this.shown) row.insertCell().append(document.createElement("b"), document.createElement("small"));
    return row;
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
