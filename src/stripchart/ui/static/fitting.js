// The y axes of a strip, fitted to what is visible.
import {firstAtOrAfter} from "./samples.js";

/** Part of the height that stays free above and below the lines. */
const MARGIN = 0.06;
/** How many times as high as its lines an axis may be before it shrinks. */
const LOOSE = 1.4;

/** The left axis of a figure, and the right one if there is any. */
export function axesOf({extra_y_ranges: extra, y_range: left}) {
  const right = extra.right ?? extra.get?.("right");
  return right ? [left, right] : [left];
}

/**
 * Fit the axes of a strip to its lines in a span, without what came before a time, and return how many points they have there.
 * An axis grows at once and shrinks only when much is empty, so that it stays calm. `rowsOf(line)` gives the columns of its source.
 */
export function fit(strip, {start, end}, from, rowsOf) {
  let points = 0;
  axesOf(strip.figure).forEach((range, place) => {
    const lines = strip.lines.filter((line) => Boolean(line.right) === (place === 1));
    const {low: bottom, high: top, log} = place ? {} : strip.options;
    const seen = {low: Infinity, high: -Infinity};
    for (const line of lines) {
      const data = line.renderer?.visible && rowsOf(line);
      if (data?.[line.column]) points += widen(seen, data.t, data[line.column], {start, end, from, log});
    }
    if (!strip.locked) fitAxis(range, seen, {bottom, top, log});
  });
  return points;
}

/** Take the values of a column in a span into the extremes, and return how many points there are. */
function widen(seen, times, column, {start, end, from, log}) {
  const stop = Math.min(firstAtOrAfter(times, end) + 1, column.length);
  const first = Math.max(firstAtOrAfter(times, start) - 1, firstAtOrAfter(times, from));
  let {low, high} = seen;
  for (let place = first; place < stop; place++) {
    const value = column[place];
    if (log && !(value > 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  Object.assign(seen, {low, high});
  return stop - first;
}

/** Fit one axis to the extremes of its lines; ends that are given stay. */
function fitAxis(range, {low, high}, {bottom, top, log}) {
  const given = bottom != null || top != null;
  if (low > high && !given) return;
  if (low > high) [low, high] = [bottom ?? top - 1, top ?? bottom + 1];
  const {start, end} = range;
  const [below, above] = log ? roomOfLog(low, high) : roomOf(low, high);
  const loose = log ? Math.log(end / start) > LOOSE * Math.log(above / below) : end - start > LOOSE * (above - below);
  const fitted = range.fitted && low >= start && high <= end && !loose;
  if (fitted && !given) return;
  range.fitted = true;
  const ends = {start: bottom ?? (fitted ? start : below), end: top ?? (fitted ? end : above)};
  if (ends.start !== start || ends.end !== end) range.setv(ends, {sync: false});
}

/** The ends of an axis that holds two values, with some room around them. */
function roomOf(low, high) {
  const room = (high - low || Math.abs(high) * 0.1 || 1) * MARGIN * 1.5;
  return [low - room, high + room];
}

function roomOfLog(low, high) {
  const room = Math.max((high / low) ** MARGIN, 1.1);
  return [low / room, high * room];
}
