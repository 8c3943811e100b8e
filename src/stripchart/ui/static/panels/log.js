// A log: texts of sources and what happened to them, found by words, following the newest.
import {make} from "../dom.js";
import {Tail} from "../tail.js";
import {fineText, momentText} from "../zone.js";

const count = new Intl.NumberFormat();
/** Milliseconds after the last key until the server is asked. */
const TYPED = 200;
/** Milliseconds over which lines are told apart by their clock alone. */
const DAY = 20 * 3_600_000;

export class LogPanel {
  constructor(body, told, table, panels) {
    this.panels = panels;
    this.asks = {};
    this.search = Object.assign(make("input", "find"), {type: "search", placeholder: "Find", value: table.search ?? ""});
    this.search.setAttribute("aria-label", "Find lines");
    this.search.addEventListener("input", () => this.find());
    body.closest("section").querySelector("header").append(this.search);
    body.classList.add("logged");
    this.empty = make("p", "nothing", "Nothing was said here, and nothing happened.");
    this.empty.hidden = true;
    body.append(this.empty);
    this.tail = new Tail(body, "Log", (line) => this.row(line));
  }

  find() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      this.asks = {search: this.search.value};
      this.tail.held = null;
      this.panels.ask(true);
    }, TYPED);
  }

  show({lines}) {
    const clocks = lines.map(([time]) => time).filter((time) => time != null);
    const long = clocks.at(-1) - clocks[0] > DAY;
    if (long !== this.long) {
      this.long = long;
      this.tail.repaint();
    }
    this.empty.hidden = lines.length > 0;
    this.tail.show(lines.map(([time, source, what, text, kind, times]) => (
      {key: `${time} ${source} ${what} ${text}`, time, source, what, text, kind, count: times})));
  }

  row({time, source, what, text, kind, count: times}) {
    const clock = make("time", "", time == null ? "before" : this.long ? momentText(time) : fineText(time));
    if (time != null) clock.title = momentText(time);
    const row = make("li", kind && `event ${kind}`, clock, make("b", "", source), make("span", "what", what), make("span", "text", text));
    if (times > 1) row.append(make("small", "", `× ${count.format(times)}`));
    return row;
  }

  /** The theme or the zone has changed. */
  paint() {
    this.tail.repaint();
  }
}
