// Two cursors on the time axis, A and B, through all strips: set by a click or a drag, moved by hand or key, kept in the address.
import {make} from "./dom.js";
import {acrossOf, layerOf, partUnder, plotAt, timeUnder} from "./layer.js";
import {neighbour, snap} from "./samples.js";
import {recall, remember} from "./state.js";
import {momentText} from "./zone.js";

export const NAMES = ["A", "B"];
/** Pixels from which on a press that moves is a drag; and milliseconds after which the address follows. */
const DRAG = 4;
const KEEP_AFTER = 300;
/** Samples that an arrow key moves a cursor by, with Shift. */
const MANY = 10;

export class Cursors {
  constructor(strips, toolbar, panels) {
    Object.assign(this, {strips, toolbar, panels});
    /** Milliseconds of A, and of B. */
    this.times = (recall("cursors") ?? "").split(",").filter(Boolean).map(Number).filter(Number.isFinite).slice(0, 2);
    /** Called when one has moved. */
    this.onChange = null;
    this.pressed = null;
    this.sourceOf = (line) => strips.source(line.source);
    strips.box.addEventListener("pointerdown", (event) => this.press(event));
    addEventListener("pointermove", (event) => this.pressed?.id === event.pointerId && this.pull(event));
    addEventListener("pointerup", (event) => this.pressed?.id === event.pointerId && this.release(event));
    addEventListener("pointercancel", () => (this.pressed = null));
    this.goThere();
  }

  /** Who follows a link shall see them; who loads the page again goes on where it was. */
  goThere() {
    const [way] = performance.getEntriesByType("navigation");
    if (!this.times.length || recall("view") || way?.type === "reload") return;
    const [start, end] = [Math.min(...this.times), Math.max(...this.times)];
    if (start > Date.now() - this.toolbar.window * 1000) return;
    const margin = (end - start) / 4 || this.toolbar.window * 500;
    this.toolbar.look(start - margin, end + margin);
  }

  get measuring() {
    return this.toolbar.drag === "measure";
  }

  /** All plots over time, strips first. */
  get plots() {
    return [...this.strips.strips.values(), ...this.panels.timed];
  }

  /** The lines whose samples are met on a plot: its own, or on a panel those of all strips. */
  linesOf({lines}) {
    const all = lines ?? [...this.strips.strips.values()].flatMap((strip) => strip.lines);
    return all.filter((line) => line.renderer?.visible);
  }

  /** The time of the sample under the pointer; with Alt, just where it is. */
  timeAt(strip, event) {
    const time = timeUnder(strip, event);
    return event.altKey ? time : snap(this.linesOf(strip), this.sourceOf, time);
  }

  press(event) {
    const strip = plotAt(this.plots, event.target);
    if (!this.measuring || event.button !== 0 || partUnder(strip, event) !== "frame" || event.target.closest(".cursor")) return;
    this.pressed = {id: event.pointerId, strip, at: event.clientX, from: this.timeAt(strip, event), dragged: false};
  }

  /** A drag is a span: from where it began, A, to where the hand is, B. A held cursor follows the hand. */
  pull(event) {
    const {strip, at, from, held} = this.pressed;
    if (!this.pressed.dragged && Math.abs(event.clientX - at) < DRAG) return;
    this.pressed.dragged = true;
    const time = this.timeAt(strip, event);
    if (held != null) this.set(held, time);
    else this.use([Math.min(from, time), Math.max(from, time)]);
  }

  /** A click sets A, then B, and then moves the nearer one. */
  release() {
    const {from, dragged, held} = this.pressed;
    this.pressed = null;
    if (dragged || held != null) return;
    const [a, b] = this.times;
    this.set(a == null ? 0 : b == null ? 1 : Number(Math.abs(from - b) < Math.abs(from - a)), from);
  }

  set(place, time) {
    this.use(Object.assign([...this.times], {[place]: time}));
  }

  use(times) {
    this.times = times;
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => remember("cursors", times.map((time) => time.toFixed(3)).join(",")), KEEP_AFTER);
    this.place();
    this.onChange?.();
  }

  /** Put them where their times are now. */
  place() {
    let first = true;
    for (const strip of this.plots) {
      if (!this.times.length && strip.cursors == null) continue;
      const layer = layerOf(strip);
      if (layer == null) continue;
      strip.cursors ??= this.make(strip, layer, first);
      first = false;
      const across = this.times.map((time) => acrossOf(strip, time));
      strip.cursors.lines.forEach((line, place) => this.put(line, place, across[place], layer.clientWidth));
      const [low, high] = [Math.max(0, Math.min(...across)), Math.min(layer.clientWidth, Math.max(...across))];
      strip.cursors.shade.hidden = across.length < 2 || low >= high;
      strip.cursors.shade.style.left = `${low}px`;
      strip.cursors.shade.style.width = `${high - low}px`;
    }
  }

  put(line, place, across, width) {
    line.hidden = across == null || across < 0 || across > width;
    if (line.hidden) return;
    line.style.transform = `translateX(${across.toFixed(1)}px)`;
    if (line.tabIndex === 0) line.setAttribute("aria-valuetext", momentText(this.times[place]));
  }

  /** Lines for one strip; those of the first can be reached by the keyboard. */
  make(strip, layer, first) {
    const shade = make("div", "shade");
    const lines = NAMES.map((name, place) => {
      const line = make("div", "cursor");
      line.append(make("span", "", name));
      line.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        line.setPointerCapture(event.pointerId);
        this.pressed = {id: event.pointerId, strip, at: event.clientX, held: place, dragged: false};
      });
      if (first) {
        line.tabIndex = 0;
        for (const [key, value] of Object.entries({role: "slider", "aria-label": `Cursor ${name}`, "aria-valuenow": place})) line.setAttribute(key, value);
        line.addEventListener("keydown", (event) => this.key(event, strip, place));
      }
      return line;
    });
    layer.append(shade, ...lines);
    return {shade, lines};
  }

  /** Arrows move from sample to sample; Delete takes a cursor away. */
  key(event, strip, place) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const forward = event.key === "ArrowRight";
    if (event.key === "Delete" || event.key === "Backspace") this.use(this.times.filter((_, each) => each !== place));
    else if (forward || event.key === "ArrowLeft") {
      let time = this.times[place];
      for (let step = 0; step < (event.shiftKey ? MANY : 1); step++) time = neighbour(this.linesOf(strip), this.sourceOf, time, forward);
      this.set(place, time);
    } else return;
    event.preventDefault();
  }
}
