// Under the pointer: one moment in all strips at once, with every channel's sample nearest to it, and a dot on each.
import {make} from "./dom.js";
import {acrossOf, downOf, layerOf, partUnder, timeUnder} from "./layer.js";
import {markText} from "./marks.js";
import {format} from "./readings.js";
import {reading} from "./samples.js";
import {hush, tell} from "./tip.js";
import {momentText} from "./zone.js";

const quiet = {sync: false};
/** Pixels from a mark, or from a sample beyond a gap, within which the pointer reads it. */
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
    const strip = this.strips.at(event.target);
    if (partUnder(strip, event) !== "frame") return this.leave();
    const {start, end} = this.strips.range;
    const reach = (REACH * (end - start)) / strip.view.frame.bbox.width;
    const pointed = timeUnder(strip, event);
    const near = this.read(strip.lines.filter((line) => line.renderer?.visible), pointed, reach);
    // The moment is that of the sample, so that what is read off belongs together.
    const time = near.reduce((best, at) => (Math.abs(at - pointed) < Math.abs(best - pointed) ? at : best), near[0] ?? pointed);
    this.time = time;
    document.body.classList.add("hovering");
    this.readings.held = true;
    for (const each of this.strips.strips.values()) {
      each.cursor?.setv({location: time}, quiet);
      this.read(each.lines, time, reach);
      for (const line of each.lines) this.readings.write(line, line.under?.value);
    }
    this.place();
    this.show(strip, time, event, this.marks.near(pointed, reach));
  }

  /** Note for some lines which of their samples is at a time; return when those are. */
  read(lines, time, reach) {
    for (const line of lines) {
      const step = line.renderer?.glyph.type === "Step";
      line.under = reading(this.strips.source(line.source)?.data, line.column, time, {step, reach});
    }
    return lines.flatMap(({under}) => (under ? [under.time] : []));
  }

  /** Put the dots where the samples are now. */
  place() {
    if (!this.readings.held) return;
    for (const strip of this.strips.strips.values()) {
      const layer = layerOf(strip);
      if (layer == null) continue;
      for (const line of strip.lines) {
        const shown = line.under != null && line.renderer?.visible;
        if (shown && !line.point?.isConnected) {
          line.point = make("i", "point");
          line.point.style.background = `var(--c${line.colour})`;
          layer.append(line.point);
        }
        if (line.point) line.point.hidden = !shown;
        if (shown) line.point.style.transform = `translate(${acrossOf(strip, line.under.time)}px, ${downOf(strip, line, line.under.value)}px)`;
      }
    }
  }

  show(strip, time, event, mark) {
    const rows = strip.lines.filter((line) => line.renderer?.visible).map((line) => ({
      colour: line.colour,
      label: line.name,
      value: `${format(line.under?.value)}${line.unit ? ` ${line.unit}` : ""}`,
    }));
    tell(event, momentText(time), rows, mark && markText(mark));
  }

  leave() {
    if (!this.readings.held) return;
    this.readings.held = false;
    this.time = null;
    hush();
    document.body.classList.remove("hovering");
    for (const each of this.strips.strips.values()) {
      each.cursor?.setv({location: NaN}, quiet);
      for (const line of each.lines) if (line.point) line.point.hidden = true;
    }
    this.readings.tell();
  }
}
