// Which samples of the rows in the browser are nearest to a time.

/** The least step of a time of these days, in milliseconds: a number of that size holds hardly a finer one. */
const LEAST = 0.0005;

/** Index of the first number that is at least `limit` in a sorted array. */
export function firstAtOrAfter(sorted, limit) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The rows with a number before and after a time; -1 where there is none. */
function around({t}, column, time) {
  let after = firstAtOrAfter(t, time);
  let before = after - 1;
  while (before >= 0 && !Number.isFinite(column[before])) before--;
  while (after < column.length && !Number.isFinite(column[after])) after++;
  return [before, after < column.length ? after : -1];
}

/** The row with the number that is nearest to a time; -1 if there is none. */
export function nearest(data, name, time) {
  const column = data?.[name];
  if (!column) return -1;
  const [before, after] = around(data, column, time);
  if (before < 0 || after < 0) return Math.max(before, after);
  return time - data.t[before] < data.t[after] - time ? before : after;
}

/**
 * What a line has at a time: `{time, value}` of its nearest sample, or null. A step holds its value until the next; after
 * the last sample every line does. Where the line is broken or has not begun, samples count within `reach` milliseconds.
 */
export function reading(data, name, time, {step, reach}) {
  const column = data?.[name];
  if (!column) return null;
  const [before, after] = around(data, column, time + (step ? LEAST : 0));
  const drawn = before >= 0 && (after < 0 || after - before === 1);
  if (step && drawn) return {time, value: column[before]};
  const place = nearest(data, name, time);
  if (place < 0 || (!drawn && Math.abs(data.t[place] - time) > reach)) return null;
  return {time: data.t[place], value: column[place]};
}

/** The time of the sample of some lines that is nearest to a time; the time itself where there is none. */
export function snap(lines, sourceOf, time) {
  let best = time;
  let away = Infinity;
  for (const line of lines) {
    const data = sourceOf(line)?.data;
    const place = nearest(data, line.column, time);
    if (place >= 0 && Math.abs(data.t[place] - time) < away) {
      best = data.t[place];
      away = Math.abs(best - time);
    }
  }
  return best;
}

/** The time of the sample of some lines that comes after a time, or before it; the time itself where there is none. */
export function neighbour(lines, sourceOf, time, forward) {
  let best = null;
  for (const line of lines) {
    const data = sourceOf(line)?.data;
    if (!data?.[line.column]) continue;
    const [before, after] = around(data, data[line.column], forward ? time + LEAST : time);
    const place = forward ? after : before;
    if (place >= 0 && (best == null || (forward ? data.t[place] < best : data.t[place] > best))) best = data.t[place];
  }
  return best ?? time;
}
