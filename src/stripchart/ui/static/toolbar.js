// The toolbar: live or paused, how much time, what a drag does, the theme, and the keys.
import {recall, remember} from "./state.js";
import {isUtc, momentText, setUtc, zoneName} from "./zone.js";

const quiet = {sync: false};
const THEMES = ["system", "light", "dark"];

export class Toolbar {
  constructor(page, strips, readings) {
    this.page = page;
    this.strips = strips;
    this.readings = readings;
    this.live = true;
    this.window = Number(recall("window")) || page.window;
    this.drag = "pan";
    /** While a hand is on a plot, the axis does not move under it. */
    this.handled = 0;
    this.button = document.getElementById("live");
    this.button.addEventListener("click", () => (this.live ? this.hold() : this.follow()));
    document.getElementById("reset").addEventListener("click", () => this.follow());
    document.getElementById("theme").addEventListener("click", () => this.nextTheme());
    this.clock = document.getElementById("clock");
    this.clock.addEventListener("click", () => this.setZone(!isUtc()));
    for (const choice of document.querySelectorAll("[data-window]")) {
      choice.addEventListener("click", () => this.setWindow(Number(choice.dataset.window)));
    }
    for (const choice of document.querySelectorAll("[data-drag]")) {
      choice.addEventListener("click", () => this.setDrag(choice.dataset.drag));
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.setTheme(document.documentElement.dataset.theme));
    addEventListener("keydown", (event) => this.key(event));
    strips.box.addEventListener("pointerdown", () => (this.handled = Infinity), {capture: true});
    addEventListener("pointerup", () => (this.handled = performance.now() + 100), {capture: true});
    addEventListener("pointercancel", () => (this.handled = 0), {capture: true});
    strips.box.addEventListener("wheel", () => (this.handled = performance.now() + 300), {capture: true, passive: true});
    this.past = document.getElementById("past");
    this.past.querySelector("button").addEventListener("click", () => this.look(this.newest - this.window * 900, this.newest + this.window * 100));
    strips.onFigure = (strip) => this.wire(strip);
    if (this.window !== page.window) page.setv({window: this.window});
    this.mark();
    const view = (recall("view") ?? "").split(",").map(Number);
    if (view.length === 2 && view[1] > view[0]) this.look(...view);
  }

  /** A user who pans or zooms wants to look: hold the view, and ask for the rows of that span. */
  wire(strip) {
    strip.figure.on_event("rangesupdate", () => this.look(this.strips.range.start, this.strips.range.end));
    strip.figure.on_event("doubletap", () => this.follow());
    this.setDrag(this.drag, strip);
  }

  /** Whether the time axis moves on with the clock. */
  get following() {
    return this.live && performance.now() > this.handled;
  }

  hold() {
    if (this.strips.range) this.look(this.strips.range.start, this.strips.range.end);
  }

  look(start, end) {
    this.live = false;
    this.mark();
    this.strips.range?.setv({start, end}, quiet);
    this.strips.fit();
    clearTimeout(this.asking);
    this.asking = setTimeout(() => {
      this.page.setv({view: [start, end]});
      remember("view", `${Math.round(start)},${Math.round(end)}`);
    }, 120);
  }

  follow() {
    clearTimeout(this.asking);
    this.live = true;
    this.page.setv({view: []});
    remember("view", null);
    this.mark();
  }

  setWindow(seconds) {
    this.window = seconds;
    this.page.setv({window: seconds});
    remember("window", seconds);
    this.follow();
  }

  setDrag(name, only = null) {
    this.drag = name;
    for (const strip of only ? [only] : this.strips.strips.values()) {
      for (const tool of strip.figure?.toolbar.tools ?? []) {
        if (tool.type === "PanTool") tool.setv({active: name === "pan"}, quiet);
        if (tool.type === "BoxZoomTool") tool.setv({active: name === "box"}, quiet);
      }
    }
    this.mark();
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

  key(event) {
    if (document.querySelector("dialog[open]")) return;
    if (event.target.matches("input, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && !event.target.matches("button")) {
      event.preventDefault();
      this.button.click();
    }
    if (event.key === "l" || event.key === "L") this.follow();
    if (event.key === "u" || event.key === "U") this.setZone(!isUtc());
  }

  /** Where all samples are older than what is shown, as with a log that is played or a device whose clock is wrong, say where they are. */
  tellPast(sources, now) {
    const times = sources.map(({newest}) => newest).filter((time) => time != null);
    this.newest = Math.max(...times);
    this.past.hidden = !(this.live && times.length && this.newest < now - this.window * 1000);
    this.past.querySelector("span").textContent = this.past.hidden ? "" : `Nothing in this span of time: the newest sample is of ${momentText(this.newest)}.`;
  }

  /** Show on the buttons what is chosen. */
  mark() {
    this.button.setAttribute("aria-pressed", String(this.live));
    document.getElementById("live-text").textContent = this.live ? "Live" : "Paused";
    for (const choice of document.querySelectorAll("[data-window]")) {
      choice.setAttribute("aria-checked", String(Number(choice.dataset.window) === this.window));
    }
    for (const choice of document.querySelectorAll("[data-drag]")) {
      choice.setAttribute("aria-checked", String(choice.dataset.drag === this.drag));
    }
    this.clock.title = isUtc() ? "Times are in UTC; click for those of this browser (U)" : `Times are in ${zoneName()}, as this browser has it; click for UTC (U)`;
    document.getElementById("theme").title = `Theme: ${document.documentElement.dataset.theme}`;
  }
}
