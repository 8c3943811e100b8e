// One row of the tree as the page has it. Rows that leave the sight are used again for those that come.
import {make} from "./dom.js";
import {ago, format} from "./readings.js";
import {stretched} from "./svg.js";

const KINDS = {
  number: ["M1 9l3-5 3 4 4-6", "a number"],
  state: ["M1 9h3V3h4v6h3", "a state"],
  text: ["M2 3h8M6 3v7", "text"],
};
const count = new Intl.NumberFormat();
/** Units of a sparkline across and up; see `SPARK_SIZE` of the server. */
const SPARK = [120, 32];

export class Row {
  constructor(number) {
    this.element = make("div", "item");
    this.element.id = `row-${number}`;
    this.element.setAttribute("role", "treeitem");
    this.icon = stretched(this.element, "icon", "0 0 12 12", "path");
    this.name = this.part("name");
    this.many = this.part("many");
    this.spark = stretched(this.element, "spark", `-1 -2 ${SPARK[0] + 2} ${SPARK[1] + 4}`, "polyline");
    this.age = this.part("age");
    this.value = this.part("value");
    this.more = make("button", {className: "more", textContent: "⋯", tabIndex: -1, title: "More (or a right click)"});
    this.element.append(this.more);
  }

  part(name) {
    const part = make("span", name);
    this.element.append(part);
    return part;
  }

  hide() {
    this.row = null;
    this.element.hidden = true;
  }

  /** Show a group, or a channel with the line that draws it, if any. */
  show(row, top, drawn, channels) {
    const {element} = this;
    const {entry} = row;
    this.row = row;
    element.hidden = false;
    element.style.transform = `translateY(${top}px)`;
    element.style.setProperty("--level", row.level);
    element.classList.toggle("branch", !entry);
    element.draggable = Boolean(entry && channels.canDraw(entry));
    for (const [name, value] of [["level", row.level], ["posinset", row.place], ["setsize", row.size]]) element.setAttribute(`aria-${name}`, value);
    set(element, "aria-expanded", entry ? null : row.open);
    set(element, "aria-checked", entry && channels.canDraw(entry) ? Boolean(drawn && channels.isShown(drawn)) : null);
    element.classList.toggle("off", Boolean(drawn && !channels.isShown(drawn)));
    element.classList.toggle("drawn", Boolean(drawn));
    this.name.textContent = row.name;
    this.many.textContent = entry ? "" : count.format(row.many);
    const [path, kind] = entry ? KINDS[entry.kind] : ["M4 2l4 4-4 4", ""];
    this.icon.firstChild.setAttribute("d", path);
    this.icon.style.color = drawn ? `var(--c${drawn.line.colour})` : "";
    element.title = entry ? `${entry.source}/${entry.label}${entry.unitShown ? ` [${entry.unitShown}]` : ""}, ${kind}` : "";
    this.more.setAttribute("aria-label", `More: ${row.name}`);
    this.told = null;
    this.tell();
  }

  activate(active) {
    this.element.classList.toggle("active", active);
  }

  /** Write the newest value, its age where it is old, and the last minutes. */
  tell() {
    const {entry} = this.row ?? {};
    const now = entry?.now;
    if (this.told && this.told === now && !now.stale) return;
    this.told = now;
    const old = Boolean(now?.stale);
    this.element.classList.toggle("stale", old);
    const {scale = 1, offset = 0} = entry?.look ?? {};
    const number = typeof now?.value === "number";
    this.value.textContent = !now ? "" : format(number ? now.value * scale + offset : now.value);
    if (entry?.unitShown && number) {
      this.value.append(make("small", "", entry.unitShown));
    }
    this.age.textContent = old && now.time != null ? ago(now.time) : "";
    const points = old ? [] : (entry?.spark ?? []);
    const up = scale < 0 ? (y) => y : (y) => SPARK[1] - y;
    this.spark.firstChild.setAttribute("points", points.map((at, place) => (place % 2 ? up(at) : at)).join(" "));
  }
}

const set = (element, name, value) => (value == null ? element.removeAttribute(name) : element.setAttribute(name, String(value)));
