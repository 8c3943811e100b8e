// The y axis of each strip: fitted to what is seen, unless it is locked. A wheel over it zooms, a double click fits it again.
import {make} from "./dom.js";
import {axesOf} from "./fitting.js";
import {partUnder} from "./layer.js";
import {recall, remember} from "./state.js";

const quiet = {sync: false};
/** By how much a step of the wheel zooms, with the pixels it says. */
const ZOOM = 1 / 600;
const KEEP_AFTER = 300;
const PADLOCK = '<svg viewBox="0 0 16 16" aria-hidden="true"><path class="shackle" d="M5 7.5V5a3 3 0 0 1 6 0v2.5"/><rect x="3.2" y="7.5" width="9.6" height="6.5" rx="1.4"/></svg>';

export class YAxes {
  constructor(strips) {
    this.strips = strips;
    /** The ends of locked axes, by the title of their strip. */
    this.kept = read(recall("y"));
    strips.box.addEventListener("wheel", (event) => this.wheel(event), {capture: true, passive: false});
    strips.box.addEventListener("dblclick", (event) => this.doubleClick(event));
  }

  /** Give each strip its padlock. */
  build() {
    for (const strip of this.strips.strips.values()) {
      strip.lock ??= this.padlock(strip);
      this.mark(strip); // it may be called otherwise now
    }
  }

  padlock(strip) {
    const button = make("button", {className: "lock", innerHTML: PADLOCK});
    button.addEventListener("click", () => this.lock(strip, !strip.locked));
    strip.section.querySelector(".side").prepend(button);
    return button;
  }

  /** A strip has got its figure: lock it as it was. */
  wire(strip) {
    const kept = Object.hasOwn(this.kept, strip.title) && this.kept[strip.title];
    if (!Array.isArray(kept)) return;
    axesOf(strip.figure).forEach((range, place) => {
      const [start, end] = kept.slice(2 * place).map(Number);
      if (end > start && Number.isFinite(end - start)) range.setv({start, end}, quiet);
    });
    strip.locked = true;
    this.mark(strip);
  }

  lock(strip, locked) {
    strip.locked = locked;
    if (!locked) for (const range of axesOf(strip.figure)) range.fitted = false;
    this.mark(strip);
    this.strips.fit();
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keep(), KEEP_AFTER);
  }

  /** Lock or free the strips given, all alike. */
  toggle(strips) {
    const locked = !strips.every((strip) => strip.locked);
    for (const strip of strips) if (strip.figure) this.lock(strip, locked);
  }

  mark({lock, locked, title}) {
    if (!lock) return;
    lock.setAttribute("aria-pressed", String(Boolean(locked)));
    lock.setAttribute("aria-label", `Lock the y axis of ${title}`);
    lock.title = locked ? "The y axis is locked: click to fit it to what is seen (Y)" : "The y axis fits what is seen: click to lock it (Y)";
  }

  keep() {
    const locked = [...this.strips.strips.values()].filter((strip) => strip.locked && strip.figure);
    this.kept = Object.fromEntries(locked.map((strip) => [strip.title, axesOf(strip.figure).flatMap(({start, end}) => [start, end])]));
    remember("y", locked.length ? JSON.stringify(this.kept) : null);
  }

  /** Zoom around the value under the pointer, in the scale of the axis. */
  wheel(event) {
    const strip = this.strips.at(event.target);
    const side = partUnder(strip, event);
    if (side !== "left" && side !== "right") return;
    const range = axesOf(strip.figure)[side === "right" ? 1 : 0];
    if (range == null) return;
    event.preventDefault();
    event.stopPropagation();
    const {y_scale: left, y_scales: scales, bbox} = strip.view.frame;
    const scale = side === "right" ? scales.get("right") : left;
    const at = event.clientY - strip.plot.getBoundingClientRect().top;
    const factor = Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY * (event.deltaMode ? 20 : 1) * ZOOM)));
    const [start, end] = [bbox.bottom, bbox.top].map((edge) => scale.invert(at + (edge - at) * factor));
    if (!(end - start > 1e-12 * Math.max(Math.abs(start), Math.abs(end))) || !Number.isFinite(end - start)) return;
    range.setv({start, end}, quiet);
    this.lock(strip, true);
  }

  doubleClick(event) {
    const strip = this.strips.at(event.target);
    if (["left", "right"].includes(partUnder(strip, event))) this.lock(strip, false);
  }
}

function read(text) {
  try {
    return Object(JSON.parse(text ?? "{}"));
  } catch {
    return {};
  }
}
