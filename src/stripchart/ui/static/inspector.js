// Why isn't it plotting? A dialog about one source: what it sends, what became of that, and what to try instead.
import {Console} from "./console.js";
import {ask, make} from "./dom.js";
import {clockText, momentText} from "./zone.js";

const REFRESH = 1500;
/** Part of the input that another decoder must read on top to be worth a word. */
const MORE = 0.03;
const count = new Intl.NumberFormat();

export class Inspector {
  constructor() {
    this.dialog = document.getElementById("inspector");
    this.body = this.dialog.querySelector(".body");
    this.dialog.querySelector("[data-close]").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("close", () => this.close());
    this.talk = this.dialog.querySelector("[data-talk]");
    this.talk.addEventListener("click", () => this.turn(this.console == null));
  }

  close() {
    clearTimeout(this.waiting);
    this.turn(false);
  }

  /** Show the console of the source instead of what became of its input, or the other way round. */
  turn(talking) {
    this.console?.close();
    this.dialog.querySelector(".talk")?.remove();
    this.console = null;
    this.body.hidden = talking;
    this.talk.setAttribute("aria-pressed", String(talking));
    if (!talking) return;
    const box = make("div", "");
    this.body.after(box);
    this.console = new Console(box, this.name);
  }

  open(name) {
    this.name = name;
    this.shown = "";
    this.body.replaceChildren(make("p", "soft", "Asking\u2026"));
    this.dialog.querySelector("h2").textContent = name;
    this.dialog.showModal();
    this.refresh();
  }

  async refresh() {
    clearTimeout(this.waiting);
    const source = encodeURIComponent(this.name);
    try {
      const [told, events] = await Promise.all([ask(`api/explain?source=${source}`), ask(`api/events?source=${source}`)]);
      this.show({...told, events: events.events.reverse()});
    } catch (error) {
      this.body.replaceChildren(make("p", "soft", `No answer: ${error.message}`));
    }
    if (this.dialog.open) this.waiting = setTimeout(() => this.refresh(), REFRESH);
  }

  show(told) {
    const text = JSON.stringify(told);
    // What is being selected or copied stays as it is.
    if (text === this.shown || (this.shown && String(getSelection()))) return;
    this.shown = text;
    const kept = this.body.scrollTop;
    this.body.replaceChildren(
      ...(told.hint ? [make("p", "hint", told.hint)] : []),
      facts(told),
      ...rejected(told),
      ...this.suggestions(told),
      ...table("Log text", told.log.map(({time_ns, text: line}) => [clockText(time_ns / 1e6), line])),
      ...table("Events", told.events.map((event) => [momentText(event.time_ns / 1e6), event.text])),
    );
    this.body.scrollTop = kept;
  }

  /** The decoders that would read clearly more of what comes. */
  suggestions({suggestions, counts, in_use: inUse}) {
    const read = suggestions.find(({decoder}) => decoder === inUse)?.share ?? 0;
    const better = suggestions.filter(({share}) => share > read + MORE);
    const title = make("h3", "", "Worth a try");
    if (!better.length) return counts.rejected ? [title, make("p", "soft", "No other decoder reads more of it.")] : [];
    const items = better.map(({decoder, share, note, line, toml}) => {
      const head = make("p", "", make("b", "", decoder), ` reads ${Math.round(share * 100)} % of the newest input`, note ? ` (${note})` : "");
      const item = make("li", "", head);
      for (const code of [line, toml].filter(Boolean)) {
        const copy = make("button", "copy", "Copy");
        copy.addEventListener("click", () => this.copy(copy, code));
        item.append(make("div", "code", make("pre", "", code.trimEnd()), copy));
      }
      return item;
    });
    return [title, make("ul", "tries", ...items)];
  }

  async copy(button, text) {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select and copy"; // a page without https may not write there
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  }
}

function facts({url, state, decoder, counts}) {
  const list = make("dl", "facts");
  const lines = {
    Source: url,
    State: state,
    "Recognised as": decoder || "nothing yet",
    Bytes: `${count.format(counts.bytes)}${counts.bytes_skipped ? `, ${count.format(counts.bytes_skipped)} skipped` : ""}`,
    Frames: `${count.format(counts.frames)}: ${count.format(counts.decoded)} decoded, ${count.format(counts.rejected)} rejected`,
    Samples: count.format(counts.samples),
  };
  for (const [name, text] of Object.entries(lines)) list.append(make("dt", "", name), make("dd", "", text));
  return list;
}

function rejected({reasons, rejects}) {
  if (!reasons.length) return [];
  const counts = reasons.map(({reason, count: times}) => make("li", "", `${reason} \u00d7 ${count.format(times)}`));
  const rows = rejects.map(({time_ns, reason, text}) => [clockText(time_ns / 1e6), reason, text]);
  return [make("h3", "", "Rejected"), make("ul", "reasons", ...counts), ...table("", rows)];
}

function table(title, rows) {
  if (!rows.length) return [];
  const body = make("tbody", "", ...rows.map((cells) => make("tr", "", ...cells.map((cell) => make("td", "", cell)))));
  const box = make("div", "rows", make("table", "", body));
  return title ? [make("h3", "", title), box] : [box];
}
