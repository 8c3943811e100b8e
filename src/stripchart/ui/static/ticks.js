// Where an axis that we draw ourselves has its ticks.
import {shiftAt} from "./zone.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTH = 30 * DAY;
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500], ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND), ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR), ...[1, 2, 7, 14].map((n) => n * DAY),
];
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120];

/** At most about `most` times between two others, at round places of the viewer's clock and calendar, and how far apart they are. */
export function timeTicks(start, end, most) {
  const step = STEPS.find((each) => (end - start) / each <= most);
  const ticks = [];
  if (step) {
    const shift = shiftAt(start);
    for (let tick = Math.ceil((start - shift) / step) * step + shift; tick <= end; tick += step) ticks.push(tick);
    return [ticks, step];
  }
  const months = MONTHS.find((each) => (end - start) / (each * MONTH) <= most) ?? MONTHS.at(-1);
  const first = new Date(start - shiftAt(start));
  for (let month = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / months) * months; ; month += months) {
    const time = Date.UTC(Math.floor(month / 12), month % 12);
    const tick = time + shiftAt(time);
    if (tick > end) return [ticks, months * MONTH];
    if (tick >= start) ticks.push(tick);
  }
}

/** About `about` round numbers between two others. */
export function numberTicks(low, high, about) {
  const rough = (high - low) / about;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * size).find((each) => each >= rough);
  if (!Number.isFinite(step) || step <= 0) return [];
  const ticks = [];
  for (let place = Math.ceil(low / step); place * step <= high && ticks.length < 4 * about; place++) ticks.push(place * step);
  return ticks;
}

/** A tick's number, as fine as the ticks are apart. */
export function numberText(tick, ticks) {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : Math.abs(tick) || 1;
  const size = Math.max(...ticks.map(Math.abs));
  if (size >= 1e6 || (size && size < 1e-4)) return tick === 0 ? "0" : tick.toExponential(Math.min(6, Math.max(0, Math.ceil(Math.log10(size / step)))));
  return tick.toFixed(Math.min(10, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9))));
}
