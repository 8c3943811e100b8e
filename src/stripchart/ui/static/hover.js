// Under the pointer: one moment in all strips at once, with every channel's value at that time.
import {firstAtOrAfter} from "./strips.js";
import {markText} from "./marks.js";
import {format} from "./readings.js";
import {hush, tell} from "./tip.js";
import {momentText} from "./zone.js";

const quiet = {sync: false};

/** The newest value at or before a time, and its time; nothing before the first row or across a gap. */
export function valueAt(data, column, time) {
  const place = firstAtOrAfter(data.t, time + 1e-6) - 1;
  return place >= 0 ? data[column]?.[place] : null;
}

/** Pixels from a mark within which the pointer reads it. */
const REACH = 5;

export class Hover {
  constructor(strips, readings, marks) {
    this.strips = strips;
    this.readings = readings;
    this.marks = marks;
    strips.box.addEventListener("mousemove", (event) => this.move(event));
    strips.box.addEventListener("mouseleave", () => this.leave());
  }

  move(event) {
    const section = event.target.closest(".strip");
    const strip = [...this.strips.strips.values()].find((each) => each.section === section);
    const frame = strip?.view?.frame;
    const box = frame && strip.plot.getBoundingClientRect();
    const across = box && event.clientX - box.left;
    if (frame == null || across < frame.bbox.left || across > frame.bbox.right || !event.target.closest(".plot")) return this.leave();
    const time = frame.x_scale.invert(across);
    document.body.classList.add("hovering");
    this.readings.held = true;
    for (const each of this.strips.strips.values()) {
      each.cursor?.setv({location: time}, quiet);
      for (const line of each.lines) {
        const data = this.strips.source(line.source)?.data;
        line.under = data ? valueAt(data, line.column, time) : null;
        this.readings.write(line, line.under);
      }
    }
    const {start, end} = this.strips.range;
    this.show(strip, time, event, this.marks.near(time, (REACH * (end - start)) / frame.bbox.width));
  }

  show(strip, time, event, mark) {
    const rows = strip.lines.filter((line) => line.renderer?.visible).map((line) => ({
      colour: line.colour,
      label: line.name,
      value: `${format(line.under)}${line.unit ? ` ${line.unit}` : ""}`,
    }));
    tell(event, momentText(time), rows, mark && markText(mark));
  }

  leave() {
    if (!this.readings.held) return;
    this.readings.held = false;
    hush();
    document.body.classList.remove("hovering");
    for (const each of this.strips.strips.values()) each.cursor?.setv({location: NaN}, quiet);
    this.readings.tell();
  }
}
