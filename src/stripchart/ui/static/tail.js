// Lines of which the newest are below: they follow what comes, until somebody scrolls up or selects some of it.
import {make} from "./dom.js";

const count = new Intl.NumberFormat();
/** Pixels from the end within which it counts as being there. */
const NEAR = 12;

export class Tail {
  /** `row(line)` makes the element of a line {key, ...}; two lines with one key, and one `count` if they have any, look the same. */
  constructor(body, label, row) {
    this.row = row;
    this.lines = [];
    this.held = null;
    this.list = make("ol", "lines");
    this.list.tabIndex = 0;
    this.list.setAttribute("role", "log");
    this.list.setAttribute("aria-live", "off"); // it may be hundreds a second
    this.list.setAttribute("aria-label", label);
    this.list.addEventListener("scroll", () => this.scrolled(), {passive: true});
    this.button = make("button", "newest");
    this.button.hidden = true;
    this.button.addEventListener("click", () => this.follow());
    body.append(make("div", "tail", this.list, this.button));
  }

  get atEnd() {
    const {scrollTop, clientHeight, scrollHeight} = this.list;
    return scrollTop + clientHeight >= scrollHeight - NEAR;
  }

  get selected() {
    const selection = getSelection();
    return !selection.isCollapsed && this.list.contains(selection.anchorNode);
  }

  /** Show some lines, the newest last, or hold them back. */
  show(lines) {
    if (this.held == null && !this.selected) return this.write(lines);
    this.held = lines;
    this.tell();
  }

  /** Show the newest, whatever was looked at. */
  follow() {
    const lines = this.held ?? this.lines;
    this.held = null;
    this.write(lines);
  }

  scrolled() {
    if (!this.atEnd) {
      this.held ??= this.lines;
      this.tell();
    } else if (this.held && !this.selected) this.follow();
  }

  tell() {
    const last = this.lines.at(-1)?.key;
    const more = this.held.length - 1 - this.held.findLastIndex(({key}) => key === last);
    this.button.textContent = more ? `↓ ${count.format(more)} newer` : "↓ Newest";
    this.button.hidden = false;
  }

  /** Make the list show these lines; those that stay are not touched. */
  write(lines) {
    const {list} = this;
    const gone = passed(this.lines, lines);
    for (let place = 0; place < gone; place++) list.firstChild.remove();
    this.lines.slice(gone).forEach(({count: before}, place) => {
      if (before !== lines[place].count) list.children[place].replaceWith(this.row(lines[place]));
    });
    list.append(...lines.slice(this.lines.length - gone).map(this.row));
    this.lines = lines;
    this.button.hidden = true;
    list.scrollTop = list.scrollHeight;
  }

  /** Make every line anew. */
  repaint() {
    const {lines} = this;
    this.lines = [];
    this.list.replaceChildren();
    this.write(lines);
  }
}

/** How many of the old lines are not among the new ones: these go on with the rest, or hold none of them. */
function passed(old, lines) {
  const first = lines[0]?.key;
  for (let gone = 0; gone < old.length; gone++) {
    const rest = old.length - gone;
    if (old[gone].key === first && rest <= lines.length && old.slice(gone).every(({key}, place) => key === lines[place].key)) return gone;
  }
  return old.length;
}
