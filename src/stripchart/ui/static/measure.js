// What is measured: between the cursors, or else of all that is seen. The server computes it, of raw samples.
import {make} from "./dom.js";
import {drawn} from "./panels.js";
import {StatisticsPanel} from "./panels/statistics.js";
import {format} from "./readings.js";
import {isSameDay, momentText, preciseText} from "./zone.js";

const EVERY = 500;
/** How many times as long as the answer took it is not asked again; milliseconds until the wait is said. */
const PAUSE = 3;
const SOON = 50;
const PATIENT = 400;
/** Nanoseconds by which a span is widened, so that rounding leaves out neither of its ends. */
const EDGE = 1000;
const COLUMNS = ["first", "last", "change", "minimum", "maximum", "mean", "std", "slope", "count"];

/** A time between two moments, so that a person can read it. */
export function durationText(milliseconds) {
  const size = Math.abs(milliseconds);
  if (size < 1) return `${format(milliseconds * 1000)} µs`;
  if (size < 1000) return `${format(milliseconds)} ms`;
  if (size < 120_000) return `${Number((milliseconds / 1000).toFixed(6))} s`;
  const parts = [["d", 86_400], ["h", 3600], ["min", 60]];
  let rest = size / 1000;
  const texts = [];
  for (const [unit, seconds] of parts) {
    const whole = Math.floor(rest / seconds);
    if (whole || texts.length) texts.push(`${whole} ${unit}`);
    rest -= whole * seconds;
  }
  return `${milliseconds < 0 ? "−" : ""}${texts.join(" ")} ${Number(rest.toFixed(3))} s`;
}

/** How often something happens that takes so long. */
export function rateText(milliseconds) {
  const rate = 1000 / milliseconds;
  const [scale, unit] = Math.abs(rate) >= 1000 ? [1e-3, "kHz"] : Math.abs(rate) >= 1 ? [1, "Hz"] : Math.abs(rate) >= 1e-3 ? [1e3, "mHz"] : [1e6, "µHz"];
  return `${format(rate * scale)} ${unit}`;
}

export class Measure {
  constructor(strips, toolbar, panels, cursors) {
    Object.assign(this, {strips, toolbar, panels, cursors});
    this.box = document.getElementById("measured");
    this.facts = this.box.querySelector("dl");
    this.note = this.box.querySelector(".note");
    this.hint = this.box.querySelector(".hint");
    this.box.querySelector("button").addEventListener("click", () => this.end());
    this.table = new StatisticsPanel(this.box.querySelector(".body"));
    this.asking = this.stale = false;
    this.waiting = null;
    cursors.onChange = () => this.ask();
    document.addEventListener("visibilitychange", () => this.ask());
  }

  get wanted() {
    return this.toolbar.drag === "measure" || this.cursors.times.length > 0;
  }

  /** Take the cursors away, and let drags pan again. */
  end() {
    this.cursors.use([]);
    if (this.toolbar.drag === "measure") this.toolbar.setDrag("pan");
    this.ask();
  }

  /** The view has moved: without cursors, that is what is measured. */
  moved() {
    if (!this.cursors.times.length && !this.toolbar.live) this.ask();
  }

  /** Ask soon, also while a hand goes on to move a cursor. */
  ask(wait = SOON) {
    this.box.hidden = !this.wanted;
    if (!this.wanted || this.strips.range == null) return;
    this.tell();
    const due = performance.now() + wait;
    if (this.waiting && this.due <= due) return;
    clearTimeout(this.waiting);
    this.due = due;
    this.waiting = setTimeout(() => {
      this.waiting = null;
      this.measure();
    }, wait);
  }

  /** The lines that are seen and can be asked for, by the names of their channels. */
  lines() {
    const lines = [...this.strips.strips.values()].flatMap((strip) => strip.lines);
    return new Map(lines.filter((line) => line.channel && !this.strips.hidden.has(line.id)).map((line) => [line.channel, line]));
  }

  get span() {
    const {times} = this.cursors;
    const {start, end} = this.strips.range;
    return times.length ? [Math.min(...times) * 1e6 - EDGE, Math.max(...times) * 1e6 + EDGE] : [start * 1e6, end * 1e6];
  }

  async measure() {
    // One question at a time: the server is at it all the same.
    this.stale = this.asking;
    if (this.asking) return;
    const lines = this.lines();
    if (!lines.size) this.show({rows: [], note: "There is no line to measure"}, lines, this.cursors.times.length);
    if (document.hidden || !lines.size) return this.again(EVERY);
    this.asking = true;
    const began = performance.now();
    const late = setTimeout(() => (this.note.textContent = "Reading…"), PATIENT);
    const {times} = this.cursors;
    const [start, stop] = this.span;
    const {channel} = this.panels.design ?? {};
    const panel = {kind: "statistics", channels: [...lines.keys()], ends: times.length > 0};
    try {
      const told = await drawn({keys: ["measured"], page: {panel: [panel], ...(channel && {channel})}, start, stop, width: 1000});
      this.show(told.measured, lines, times.length);
    } catch {
      this.note.textContent = "No answer";
    }
    clearTimeout(late);
    this.asking = false;
    if (this.stale) this.ask();
    else this.again(Math.max(EVERY, PAUSE * (performance.now() - began)));
  }

  /** What lies between cursors stays as it is; what is seen goes on. */
  again(wait) {
    if (this.toolbar.live && !this.cursors.times.length && this.wanted) this.ask(wait);
  }

  show({rows, note, error}, lines, cursors) {
    this.note.textContent = error ?? note;
    if (error) return;
    this.table.head(cursors ? {first: "A", last: "B"} : {}, cursors === 1 ? COLUMNS.slice(0, 1) : COLUMNS);
    // A name may mean others too, where it holds what a pattern would take for a wildcard.
    const meant = rows.filter(({name}) => lines.has(name));
    this.table.show({rows: meant.map((row) => ({...row, label: lines.get(row.name).id, colour: lines.get(row.name).colour}))});
  }

  /** Say of which time it is. */
  tell() {
    const {times} = this.cursors;
    const {start, end} = this.strips.range;
    const [a, b] = times;
    const facts = times.length ? [["A", momentText(a)]] : [["In view", durationText(Math.round(end - start))]];
    if (b != null) facts.push(["B", isSameDay(a, b) ? preciseText(b) : momentText(b)], ["Δt", durationText(b - a)], ["1/Δt", b === a ? "–" : rateText(b - a)]);
    this.hint.hidden = times.length > 0;
    const key = JSON.stringify(facts);
    if (key === this.told) return;
    this.told = key;
    this.facts.replaceChildren(...facts.map(([name, text]) => {
      const fact = document.createElement("div");
      fact.append(make("dt", "", name), make("dd", "", text));
      return fact;
    }));
  }
}
