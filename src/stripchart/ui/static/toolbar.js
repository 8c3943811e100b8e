// The toolbar: live or paused, how much time, what a drag does, and the theme.
import {recall, remember} from "./state.js";
import {isUtc, momentText, setUtc, zoneName} from "./zone.js";

const quiet = {sync: false};
const THEMES = ["system", "light", "dark"];
/** Milliseconds between two questions while a hand moves the view, and until the address follows it. */
const ASK_EVERY = 150;
const KEEP_AFTER = 400;
const WEEK = 7 * 24 * 3600;
/** Part of a view that may be empty at the end of what there is. */
const MARGIN = 0.05;

export class Toolbar {
  constructor(page, strips, readings) {
    this.page = page;
    this.strips = strips;
    this.readings = readings;
    /** No source, only what was recorded: there is nothing to follow. */
    this.finished = document.body.dataset.recording === "true";
    this.live = !this.finished;
    /** What is looked at while not live. */
    this.view = null;
    /** What is recorded: its first and last moment, and whether it goes on. */
    this.record = null;
    this.all = recall("window") === "all";
    this.window = Number(recall("window")) || page.window;
    this.drag = "pan";
    this.asked = this.kept = -Infinity;
    /** Those that are no strips. */
    this.panels = {views: []};
    /** While a hand is on a plot, the axis does not move under it. */
    this.handled = 0;
    this.button = document.getElementById("live");
    this.button.addEventListener("click", () => (this.live ? this.hold() : this.follow()));
    document.getElementById("reset").addEventListener("click", () => this.reset());
    this.clearing = document.getElementById("clear");
    this.clearing.addEventListener("click", () => this.clear());
    strips.cleared = Number(recall("since")) || null;
    document.getElementById("theme").addEventListener("click", () => this.nextTheme());
    this.clock = document.getElementById("clock");
    this.clock.addEventListener("click", () => this.nextZone());
    for (const choice of document.querySelectorAll("[data-window]")) {
      choice.addEventListener("click", () => this.choose(choice.dataset.window));
    }
    this.menu = document.getElementById("window");
    this.menu.addEventListener("change", () => this.choose(this.menu.value));
    for (const choice of document.querySelectorAll("[data-drag]")) {
      choice.addEventListener("click", () => this.setDrag(choice.dataset.drag));
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.setTheme(document.documentElement.dataset.theme));
    strips.box.addEventListener("pointerdown", () => (this.handled = Infinity), {capture: true});
    addEventListener("pointerup", () => (this.handled = performance.now() + 100), {capture: true});
    addEventListener("pointercancel", () => (this.handled = 0), {capture: true});
    strips.box.addEventListener("wheel", () => (this.handled = performance.now() + 300), {capture: true, passive: true});
    this.past = document.getElementById("past");
    this.past.querySelector("button").addEventListener("click", () => this.look(this.newest - this.window * 900, this.newest + this.window * 100));
    if (this.window !== page.window) page.setv({window: this.window});
    this.mark();
    const view = (recall("view") ?? "").split(",").map(Number);
    if (view.length === 2 && view[1] > view[0]) this.look(...view);
  }

  /** A user who pans or zooms wants to look: hold the view, and ask for the rows of that span. */
  moved() {
    this.look(...this.within(this.strips.range.start, this.strips.range.end));
  }

  wire(strip) {
    strip.figure.on_event("doubletap", ({sx, sy, modifiers}) => {
      if (strip.view.frame.bbox.contains(sx, sy) && !modifiers?.shift && this.drag !== "measure") this.follow();
    });
    if (this.view) this.strips.move(...this.view);
    this.setDrag(this.drag, strip);
  }

  /** Whether the time axis moves on with the clock. */
  get following() {
    return this.live && performance.now() > this.handled;
  }

  /** What is shown while live: a window that ends now, or one that begins where it was cleared and fills up. */
  spanAt(now) {
    const span = this.window * 1000;
    const {cleared} = this.strips;
    if (cleared != null && now - cleared >= span) this.setCleared(null);
    const start = Math.max(now - span, this.strips.cleared ?? -Infinity);
    return [start, start + span];
  }

  /** Hide what came before now, on this page only; or show it again. */
  clear() {
    if (this.finished) return;
    this.setCleared(this.strips.cleared == null ? Date.now() : null);
    this.follow();
  }

  setCleared(time) {
    this.strips.cleared = time;
    remember("since", time);
    this.mark();
  }

  /** Everything as it was: live, and nothing hidden. */
  reset() {
    this.setCleared(null);
    this.follow();
  }

  /** From the first moment that is recorded to now, or to the last one where nothing comes any more. */
  get whole() {
    const now = Date.now();
    if (this.record == null) return [now - this.window * 1000, now];
    return [this.record.start, this.record.live ? Math.max(now, this.record.end) : this.record.end];
  }

  /** Take what is recorded. A finished recording is shown whole at first. */
  know(record) {
    this.record = record;
    if (this.finished && record.live) {
      this.finished = false; // a source has come
      if (this.view == null || !recall("view")) return this.follow();
    }
    this.finished = !record.live;
    if (this.finished && this.view == null) this.follow();
    else if (this.all && this.live) this.setAll();
    this.mark();
  }

  hold() {
    if (this.strips.range) this.look(this.strips.range.start, this.strips.range.end);
  }

  /** Zooming out ends where everything is in view, and leaves no more of the time to come than a margin. */
  within(start, end) {
    const [first, last] = this.whole;
    const before = this.view ? this.view[1] - this.view[0] : this.window * 1000;
    if (this.record == null || end - start <= before * 1.0001) return [start, end];
    const most = Math.max((last - first) * (1 + 2 * MARGIN), this.window * 1000);
    if (end - start >= most) return [last + (last - first) * MARGIN - most, last + (last - first) * MARGIN];
    const over = Math.max(0, end - Math.max(last + (end - start) * MARGIN, this.view?.[1] ?? 0));
    return [start - over, end - over];
  }

  /** Show a span, whatever comes; `lasting`: a reload shall show it too. */
  look(start, end, lasting = true) {
    this.live = false;
    this.view = [start, end];
    this.strips.move(start, end);
    this.strips.fit();
    this.mark();
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.ask(), Math.max(0, this.asked + ASK_EVERY - performance.now()));
    clearTimeout(this.keeping);
    if (lasting) this.keeping = setTimeout(() => this.keep(), performance.now() - this.kept > 2 * KEEP_AFTER ? 0 : KEEP_AFTER);
  }

  /** Ask for the rows of the view: the first of a movement at once, then the latest now and then. */
  ask() {
    this.asked = performance.now();
    this.page.setv({view: this.view});
  }

  keep() {
    this.kept = performance.now();
    const digits = this.view[1] - this.view[0] < 10_000 ? 3 : 0;
    remember("view", this.view.map((edge) => edge.toFixed(digits)).join(","));
  }

  /** Back to what comes now; of a finished recording, to all of it. */
  follow() {
    clearTimeout(this.asking);
    clearTimeout(this.keeping);
    remember("view", null);
    if (this.finished) {
      const [start, end] = this.whole;
      if (this.record) this.look(start, Math.max(end, start + 1), false);
      return;
    }
    this.live = true;
    this.view = null;
    this.page.setv({view: []});
    this.mark();
  }

  choose(seconds) {
    this.all = seconds === "all";
    if (this.all && !this.finished) this.setAll();
    else if (this.all) this.follow();
    else if (this.finished) this.zoom(Number(seconds) * 1000);
    else this.setWindow(Number(seconds));
  }

  setWindow(seconds) {
    this.window = seconds;
    this.page.setv({window: seconds});
    remember("window", this.all ? "all" : seconds);
    this.follow();
  }

  /** A window that holds everything, with room to grow: it is widened when that is used up. */
  setAll() {
    if (this.record == null) return this.setWindow(WEEK); // more than memory holds of most
    const [start, end] = this.whole;
    const seconds = (end - start) / 1000;
    if (seconds > this.window || seconds < this.window * 0.8) this.setWindow(Math.max(1, seconds * 1.05));
    else if (!this.live) this.follow();
    this.mark();
  }

  /** Show so much time around what is shown, as far as it was recorded. */
  zoom(span) {
    if (this.view == null) return;
    const [first, last] = this.whole;
    const middle = (this.view[0] + this.view[1]) / 2;
    const start = Math.max(Math.min(middle - span / 2, last - span), Math.min(first, last - span));
    this.look(start, start + span);
  }

  /** Move the view by a part of itself; what comes now cannot be passed. */
  pan(part) {
    const {range} = this.strips;
    if (range == null || (this.live && part > 0)) return;
    const by = (range.end - range.start) * part;
    this.look(range.start + by, range.end + by);
  }

  /** Show so many times as much: while live up to now, else around the middle. */
  scale(factor) {
    const {range} = this.strips;
    if (range == null) return;
    if (this.live) {
      this.all = false;
      this.setWindow(Math.min(Math.max(this.window * factor, 0.1), 52 * WEEK));
      return;
    }
    const [middle, half] = [(range.start + range.end) / 2, ((range.end - range.start) * factor) / 2];
    this.look(...this.within(middle - half, middle + half));
  }

  setDrag(name, only = null) {
    this.drag = name;
    document.body.dataset.dragging = name;
    for (const {figure} of only ? [only] : [...this.strips.strips.values(), ...this.panels.views]) {
      for (const tool of figure?.toolbar.tools ?? []) {
        if (tool.type === "PanTool") tool.setv({active: name === "pan"}, quiet);
        if (tool.type === "BoxZoomTool") tool.setv({active: name === "box"}, quiet);
      }
    }
    this.mark();
    if (!only) this.onDrag?.();
  }

  nextZone() {
    this.setZone(!isUtc());
  }

  nextTheme() {
    this.setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]);
    remember("theme", document.documentElement.dataset.theme);
  }

  setTheme(theme) {
    window.applyTheme(theme);
    this.strips.repaint();
    this.mark();
  }

  setZone(utc) {
    setUtc(utc);
    this.strips.relabel();
    this.readings.tick();
    this.mark();
  }

  /** Where all samples are older than what is shown, as with a log that is played or a device whose clock is wrong, say where they are. */
  tellPast(sources, now) {
    const times = [...sources.map(({newest}) => newest), this.record?.end].filter((time) => time != null);
    this.newest = Math.max(...times);
    this.past.hidden = !(this.live && times.length && this.newest < now - this.window * 1000);
    this.past.querySelector("span").textContent = this.past.hidden ? "" : `Nothing in this span of time: the newest sample is of ${momentText(this.newest)}.`;
  }

  /** Show on the buttons what is chosen. */
  mark() {
    const {finished, live} = this;
    if (!live) this.past.hidden = true; // at once: the next readings may be a while away
    this.button.setAttribute("aria-pressed", String(live));
    this.button.dataset.mode = finished ? "recording" : live ? "live" : "paused";
    this.button.title = finished ? "Show the whole recording (L)" : "Pause or go on (space)";
    document.getElementById("live-text").textContent = finished ? "Recording" : live ? "Live" : "Paused";
    const [first, last] = this.whole;
    const span = live ? this.window * 1000 : this.view ? this.view[1] - this.view[0] : NaN;
    const all = live ? this.all : finished && this.view != null && this.view[0] <= first && this.view[1] >= last;
    let chosen = all ? "all" : "";
    for (const choice of document.querySelectorAll("[data-window]")) {
      if (!all && Math.abs(Number(choice.dataset.window) * 1000 - span) < span * 0.001) chosen = choice.dataset.window;
      choice.setAttribute("aria-checked", String(choice.dataset.window === chosen));
    }
    this.menu.value = chosen;
    this.clearing.hidden = finished;
    this.clearing.setAttribute("aria-pressed", String(this.strips.cleared != null));
    for (const choice of document.querySelectorAll("[data-drag]")) {
      choice.setAttribute("aria-checked", String(choice.dataset.drag === this.drag));
    }
    this.clock.title = isUtc() ? "Times are in UTC; click for those of this browser (U)" : `Times are in ${zoneName()}, as this browser has it; click for UTC (U)`;
    document.getElementById("theme").title = `Theme: ${document.documentElement.dataset.theme}`;
  }
}
