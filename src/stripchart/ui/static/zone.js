// Times as the viewer wants to read them: by the browser's own clock, or in UTC.
import {recall, remember} from "./state.js";

let utc = recall("zone") === "utc";

const two = (number) => String(number).padStart(2, "0");
const format = (options) => {
  const each = [undefined, "UTC"].map((timeZone) => new Intl.DateTimeFormat(undefined, {...options, hourCycle: "h23", timeZone}));
  return (time) => each[Number(utc)].format(time);
};

export const isUtc = () => utc;

export function setUtc(wanted) {
  utc = wanted;
  remember("zone", utc ? "utc" : null);
}

/** What the zone is called, such as "UTC" or "GMT+1". */
export function zoneName() {
  if (utc) return "UTC";
  const parts = new Intl.DateTimeFormat(undefined, {timeZoneName: "short"}).formatToParts();
  return parts.find(({type}) => type === "timeZoneName")?.value ?? "";
}

export const clockText = format({hour: "2-digit", minute: "2-digit", second: "2-digit"});
export const fineText = format({hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3});
export const momentText = format({year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3});
/** The same on one day. */
export const preciseText = format({hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3});
const dayText = format({month: "short", day: "numeric"});
const monthText = format({month: "short", year: "numeric"});
const yearText = format({year: "numeric"});
/** A moment without the fractions of its second. */
export const instantText = format({year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit"});

export const isSameDay = (one, other) => dayText(one) === dayText(other) && Math.abs(one - other) < 86_400_000;

/** Milliseconds to take from a time so that UTC's clock shows what the viewer's does. */
export const shiftAt = (time) => (utc ? 0 : new Date(time).getTimezoneOffset() * 60_000);

/** Text of one of Bokeh's ticks. */
export const tickText = (tick, ticks) => timeText(tick, ticks.length > 1 ? ticks[1] - ticks[0] : 1000);

/** Text of a tick, as fine as the ticks are apart; a tick at midnight is its date. */
export function timeText(tick, step) {
  const date = new Date(tick - shiftAt(tick));
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  if (step >= 360 * 86_400_000) return yearText(tick);
  if (step >= 28 * 86_400_000) return monthText(tick);
  if (step >= 86_400_000 || (clock === "00:00" && date.getUTCSeconds() === 0 && step >= 60_000)) return dayText(tick);
  if (step >= 60_000) return clock;
  const seconds = `${clock}:${two(date.getUTCSeconds())}`;
  if (step >= 1000) return seconds;
  const digits = step >= 100 ? 1 : step >= 10 ? 2 : 3;
  return `${seconds}.${String(date.getUTCMilliseconds()).padStart(3, "0").slice(0, digits)}`;
}
