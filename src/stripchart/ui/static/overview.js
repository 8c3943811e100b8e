// The whole recording in one strip at the bottom, with a handle that says which part of it is shown above.
import {css} from "./dom.js";
import {MARK_COLOURS} from "./marks.js";
import {timeTicks} from "./ticks.js";
import {instantText, timeText} from "./zone.js";

const NOTHING = 255;
const TOP = 254;
/** Pixels: above the lines for the ticks of events, and below them for the times. */
const HEAD = 7;
const FOOT = 15;
/** Strips that are drawn; at this height more could not be told apart. */
const LANES = 4;
/** Pixels of the handle, however short the span is. */
const LEAST = 8;

export class Overview {
  constructor(strips, toolbar) {
    this.strips = strips;
    this.toolbar = toolbar;
    this.box = document.getElementById("overview");
    this.canvas = this.box.querySelector("canvas");
    this.thumb = this.box.querySelector(".thumb");
    this.apart = this.box.querySelector(".apart");
    this.record = null;
    this.axis = [0, 1];
    this.box.addEventListener("pointerdown", (event) => this.grab(event));
    this.box.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) this.box.addEventListener(end, () => (this.held = null));
    this.thumb.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.box);
  }

  take(record) {
    this.record = {...record, lines: record.lines.map(([strip, place, text]) => ({strip, place, levels: bytes(text)}))};
    this.draw();
    this.tellApart(record);
  }

  /** A clock that was never set does not stretch the strip; who looks for its rows must know where they are. */
  tellApart({apart, more}) {
    const names = apart.map(([stream, time]) => `${stream} (from ${instantText(time)})`);
    if (more) names.push(`${more} more`);
    this.apart.hidden = !names.length;
    this.apart.textContent = this.apart.title = names.length ? `Too far away for this strip: ${names.join(", ")}` : "";
  }

  /** Where there is nothing older than the window, there is nothing to choose from. */
  get wanted() {
    const {record, toolbar} = this;
    return record != null && (!record.live || record.start < Date.now() - toolbar.window * 1020);
  }

  draw() {
    const {record, canvas} = this;
    this.box.hidden = !this.wanted;
    if (this.box.hidden) return;
    const {clientWidth: width, clientHeight: height} = this.box;
    this.width = width;
    this.axis = [record.start, Math.max(this.toolbar.whole[1], record.start + 1)];
    const scale = devicePixelRatio;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    this.drawLines(pen, width, height);
    pen.font = `11px ${css("--font")}`;
    pen.textBaseline = "bottom";
    pen.fillStyle = css("--soft");
    const [ticks, step] = timeTicks(...this.axis, Math.max(2, width / 90));
    for (const tick of ticks) {
      const text = timeText(tick, step);
      const at = this.across(tick, width);
      if (at + 4 + pen.measureText(text).width < width) pen.fillText(text, at + 4, height - 1);
      pen.fillRect(Math.round(at), height - FOOT + 3, 1, FOOT);
    }
    for (const [time, kind] of record.marks) {
      pen.fillStyle = css(MARK_COLOURS[kind]);
      pen.fillRect(this.across(time, width) - 1, 0, 2, HEAD - 1);
    }
    this.place();
  }

  /** A lane for each of the first strips that have lines to show. */
  drawLines(pen, width, height) {
    const lanes = new Map();
    for (const {strip, place, levels} of this.record.lines) {
      const line = this.strips.strips.get(`strip${strip}`)?.lines[place];
      if (line == null || this.strips.hidden.has(line.id)) continue;
      if (!lanes.has(strip) && lanes.size < LANES) lanes.set(strip, []);
      lanes.get(strip)?.push({line, levels});
    }
    const deep = (height - HEAD - FOOT) / lanes.size;
    let top = HEAD;
    for (const lines of lanes.values()) {
      for (const {line, levels} of lines) this.drawLine(pen, line, levels, width, top + 1, deep - 2);
      top += deep;
    }
  }

  /** The area between the lowest and the highest values, broken where something is missing. */
  drawLine(pen, line, levels, width, top, height) {
    const count = levels.length / 2;
    const {drawn} = this.record;
    const x = (column) => this.across(drawn[0] + ((drawn[1] - drawn[0]) * (column + 0.5)) / count, width);
    const y = (level) => top + (1 - level / TOP) * height;
    pen.fillStyle = pen.strokeStyle = css(`--c${line.colour}`);
    pen.lineWidth = 1;
    for (let first = 0; first < count; ) {
      if (levels[first] === NOTHING) {
        first++;
        continue;
      }
      let stop = first;
      while (stop < count && levels[stop] !== NOTHING) stop++;
      const outline = new Path2D();
      for (let column = first; column < stop; column++) outline.lineTo(x(column), y(levels[count + column]));
      for (let column = stop - 1; column >= first; column--) outline.lineTo(x(column), y(levels[column]));
      if (stop === first + 1) outline.lineTo(x(first) + 1, y(levels[first]));
      outline.closePath();
      pen.globalAlpha = 0.3;
      pen.fill(outline);
      pen.globalAlpha = 0.75;
      pen.stroke(outline);
      first = stop;
    }
    pen.globalAlpha = 1;
  }

  /** Put the handle where the view is. */
  place() {
    const {range} = this.strips;
    if (this.box.hidden !== !this.wanted) return this.draw();
    if (this.box.hidden || range == null) return;
    const {width} = this;
    const left = this.across(range.start, width);
    const right = this.across(range.end, width);
    const wide = Math.max(LEAST, Math.min(right, width) - Math.max(left, 0));
    const at = Math.min(Math.max(0, left), width - wide);
    const style = `${at.toFixed(1)}px ${wide.toFixed(1)}px`;
    if (this.placed === style) return;
    this.placed = style;
    this.thumb.style.transform = `translateX(${at.toFixed(1)}px)`;
    this.thumb.classList.toggle("small", wide < 3 * LEAST);
    this.thumb.style.width = `${wide.toFixed(1)}px`;
    this.thumb.setAttribute("aria-valuenow", String(Math.round((100 * (left + right)) / 2 / width)));
    this.thumb.setAttribute("aria-valuetext", `${instantText(range.start)} to ${instantText(range.end)}`);
  }

  across(time, width) {
    return ((time - this.axis[0]) / (this.axis[1] - this.axis[0])) * width;
  }

  /** Milliseconds of a pixel. */
  get scale() {
    return (this.axis[1] - this.axis[0]) / this.width;
  }

  grab(event) {
    const {range} = this.strips;
    if (range == null || event.button !== 0) return;
    const at = event.clientX - this.box.getBoundingClientRect().left;
    let {start, end} = range;
    if (!event.target.closest(".thumb")) {
      const middle = this.axis[0] + at * this.scale;
      [start, end] = [middle - (end - start) / 2, middle + (end - start) / 2];
      this.toolbar.look(start, end);
    }
    this.held = {at: event.clientX, start, end, edge: event.target.dataset.edge};
    this.box.setPointerCapture(event.pointerId);
  }

  drag(event) {
    if (this.held == null) return;
    const {at, start, end, edge} = this.held;
    const by = (event.clientX - at) * this.scale;
    const least = Math.min(end - start, LEAST * this.scale);
    if (edge === "start") this.toolbar.look(Math.min(start + by, end - least), end);
    else if (edge === "end") this.toolbar.look(start, Math.max(end + by, start + least));
    else this.toolbar.look(start + by, end + by);
  }

  /** Arrows move by a tenth, or with Shift and as pages by all that is shown; + and − look closer and further. */
  key(event) {
    const {start, end} = this.strips.range;
    const span = end - start;
    const [first, last] = this.axis;
    const by = event.shiftKey ? span : span / 10;
    const looks = {
      ArrowLeft: [start - by, end - by], ArrowDown: [start - by, end - by], ArrowRight: [start + by, end + by], ArrowUp: [start + by, end + by],
      PageDown: [start - span, end - span], PageUp: [start + span, end + span], Home: [first, first + span], End: [last - span, last],
      "+": [start + span / 4, end - span / 4], "-": [start - span / 2, end + span / 2],
    };
    const look = looks[event.key];
    if (look == null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.toolbar.look(...look);
  }
}

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
