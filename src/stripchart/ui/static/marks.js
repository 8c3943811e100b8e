// What happened, as thin vertical lines through all strips.
import {css} from "./dom.js";

const quiet = {sync: false};

export const MARK_COLOURS = {
  failed: "--bad", alarm: "--bad", lost: "--warn", released: "--warn", gap: "--soft", clock: "--c6",
  command: "--accent", annotation: "--accent",
};
/** How it is said under the pointer. */
const NAMES = {
  failed: "Failed", alarm: "Alarm", lost: "Lost", released: "Released", gap: "Gap", clock: "Clock",
  command: "Command", annotation: "Note",
};

export class Marks {
  constructor(strips) {
    this.strips = strips;
    this.marks = [];
  }

  take(marks) {
    this.marks = marks.map(([time, kind, text, count]) => ({time, kind, text, count}));
    this.paint();
  }

  /** Give Bokeh the lines, in the colours of the theme; before the first strip there is nowhere to draw them. */
  paint() {
    const source = this.strips.source("marks");
    const colours = this.marks.map(({kind}) => css(MARK_COLOURS[kind]));
    source?.setv({data: {t: this.marks.map(({time}) => time), colour: colours}}, quiet);
  }

  /** The mark nearest to a time, of one kind or of all, if it is no further away than `reach`. */
  near(time, reach, only = null) {
    let best = null;
    for (const mark of this.marks) {
      if (only && mark.kind !== only) continue;
      const away = Math.abs(mark.time - time);
      if (away <= reach) [best, reach] = [mark, away];
    }
    return best;
  }
}

export function markText({kind, text, count}) {
  return `${NAMES[kind]} · ${text}${count > 1 ? ` (and ${count - 1} more here)` : ""}`;
}
