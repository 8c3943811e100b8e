// The ledger: every byte and every sample, and where it went.
import {Poll, ask, make, write} from "../dom.js";

const EVERY = 1000;
const count = new Intl.NumberFormat();

/** What each table tells: the name of a column, and what is written there for [name, account]. */
const number = (key) => ([, account]) => count.format(account[key]);
const SOURCES = {
  Source: ([name]) => name,
  State: ([, {state}]) => state,
  Bytes: number("bytes"),
  Skipped: number("bytes_skipped"),
  Frames: number("frames"),
  Decoded: number("decoded"),
  Rejected: ([, {rejected}]) => rejectedText(rejected),
  Samples: ([, {samples, refused}]) => `${count.format(samples)}${refused ? `, ${count.format(refused)} refused` : ""}`,
  Reconnects: number("reconnects"),
};
const READERS = {
  Reader: ([name]) => name,
  Published: number("published"),
  "= Delivered": number("delivered"),
  "+ Lost": number("lost"),
  "+ Queued": number("queued"),
};
const RECORDING = {
  Recording: ([path]) => path,
  State: ([, {state}]) => state,
  Published: number("published"),
  "= Stored": number("stored"),
  "+ Lost": number("lost"),
  "+ Queued": number("queued"),
};
const TEXTS = new Set(["Source", "State", "Reader", "Recording"]);

function rejectedText(rejected) {
  const reasons = Object.entries(rejected);
  const all = reasons.reduce((sum, [, times]) => sum + times, 0);
  return all ? `${count.format(all)}: ${reasons.map(([reason, times]) => `${reason} × ${count.format(times)}`).join(", ")}` : "0";
}

export class HealthPanel {
  idle = true;

  constructor(body) {
    this.verdict = make("p", "verdict", "Asking…");
    this.verdict.setAttribute("role", "status");
    this.tables = [SOURCES, READERS, RECORDING].map((columns) => new Account(columns));
    body.classList.add("ledger");
    body.tabIndex = 0;
    body.append(this.verdict, ...this.tables.map(({table}) => table));
    this.poll = new Poll(body, EVERY, () => this.learn());
  }

  refresh() {
    return this.poll.once();
  }

  async learn() {
    try {
      const {sources, subscriptions, recording, balanced} = await ask("api/ledger");
      this.verdict.dataset.balanced = balanced;
      write(this.verdict, balanced ? "Balanced: every byte and every sample is accounted for" : "Not balanced: something is not accounted for");
      const kept = recording ? {[recording.path ?? "recording"]: recording} : {};
      [sources, subscriptions, kept].forEach((accounts, place) => this.tables[place].show(Object.entries(accounts)));
    } catch (error) {
      delete this.verdict.dataset.balanced;
      write(this.verdict, `No answer: ${error.message}`);
    }
  }

  close() {
    this.poll.close();
  }
}

/** A table with a row for each account. */
class Account {
  constructor(columns) {
    this.columns = Object.entries(columns);
    this.table = make("table", "");
    const head = this.table.createTHead().insertRow();
    for (const [name] of this.columns) {
      const cell = make("th", TEXTS.has(name) ? "" : "figure", name);
      cell.scope = "col";
      head.append(cell);
    }
    this.body = this.table.createTBody();
  }

  show(accounts) {
    this.table.hidden = accounts.length === 0;
    while (this.body.rows.length > accounts.length) this.body.deleteRow(-1);
    accounts.forEach((account, place) => {
      const row = this.body.rows[place] ?? this.make();
      this.columns.forEach(([name, text], at) => {
        write(row.cells[at], text(account));
        const bad = (name === "+ Lost" || name === "Rejected") && !text(account).startsWith("0");
        row.cells[at].classList.toggle("warning", bad);
      });
      row.dataset.state = account[1].state ?? "";
    });
  }

  make() {
    const row = this.body.insertRow();
    this.columns.forEach(([name], place) => {
      const cell = make(place ? "td" : "th", TEXTS.has(name) ? "" : `figure ${name.toLowerCase()}`);
      if (!place) cell.scope = "row";
      row.append(cell);
    });
    return row;
  }
}
