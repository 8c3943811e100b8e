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
export const momentText = format({year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3});
const dayText = format({month: "short", day: "numeric"});

/** Text of a tick, as fine as the ticks are apart; a tick at midnight is its date. */
export function tickText(tick, ticks) {
  const date = new Date(utc ? tick : tick - new Date(tick).getTimezoneOffset() * 60_000);
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1000;
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  if (step >= 86_400_000 || (clock === "00:00" && date.getUTCSeconds() === 0 && step >= 60_000)) return dayText(tick);
  if (step >= 60_000) return clock;
  const seconds = `${clock}:${two(date.getUTCSeconds())}`;
  if (step >= 1000) return seconds;
  const digits = step >= 100 ? 1 : step >= 10 ? 2 : 3;
  return `${seconds}.${String(date.getUTCMilliseconds()).padStart(3, "0").slice(0, digits)}`;
}
