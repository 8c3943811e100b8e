// What lies under the pointer of a figure, as its panel tells it: `{source, find, head, label, value}`.
// `find` names one of the ways below; the others are templates in which `{column}` stands for what was found in a column of
// the source, and `{column:time}` for a time in milliseconds.
import {format} from "../readings.js";
import {hush, tell} from "../tip.js";
import {momentText} from "../zone.js";

/** Pixels from a point within which the pointer reads it. */
const REACH = 24;

/** Each returns what is at the place {x, y} of the axes: objects with a value for each column. */
const FIND = {
  /** Rows from `left` to `right`, and from `bottom` to `top` where there is a bottom. */
  span: (data, {x, y}) => rows(data.left)
    .filter((row) => data.left[row] <= x && x < data.right[row] && (data.bottom == null || (data.bottom[row] <= y && y < data.top[row])))
    .map((row) => pick(data, row)),
  /** Of each line, in a row with its columns `x` and `y`, the point nearest across. */
  line: (data, {x}) => rows(data.x).filter((row) => data.x[row].length).map((row) => pick(data, row, nearest(data.x[row], x))),
  /** The nearest point, as pixels count. */
  point: (data, {across, up}, {x_scale, y_scale}) => {
    const away = rows(data.x).map((row) => Math.hypot(x_scale.compute(data.x[row]) - across, y_scale.compute(data.y[row]) - up));
    const row = away.reduce((best, each, place) => (each < away[best] ? place : best), 0);
    return away[row] <= REACH ? [pick(data, row)] : [];
  },
  /** The cell of an image: its middle is `{x}` and `{y}`, and what it holds `{image}`. */
  cell: (data, at) => rows(data.image).flatMap((row) => {
    const {image, x, y, dw, dh, ...others} = pick(data, row);
    const [high, wide] = image.shape;
    const [column, line] = [Math.floor(((at.x - x) / dw) * wide), Math.floor(((at.y - y) / dh) * high)];
    if (column < 0 || column >= wide || line < 0 || line >= high) return [];
    return [{...others, x: x + ((column + 0.5) * dw) / wide, y: y + ((line + 0.5) * dh) / high, image: image[line * wide + column]}];
  }),
};

const rows = (column) => column.map((_, row) => row);

/** A row of columns; of those that hold a list in each row, one place. */
function pick(data, row, place) {
  return Object.fromEntries(Object.entries(data).map(([name, column]) => [name, Array.isArray(column[row]) ? column[row][place] : column[row]]));
}

/** Index of the number in a sorted list that is nearest to another. */
function nearest(sorted, wanted) {
  const after = sorted.findIndex((each) => each >= wanted);
  if (after < 0) return sorted.length - 1;
  return after && wanted - sorted[after - 1] < sorted[after] - wanted ? after - 1 : after;
}

function fill(template, found) {
  return template.replace(/\{(\w+)(:time)?\}/g, (_, column, time) => (time ? momentText(found[column]) : format(found[column]))).trim();
}

/** Watch the pointer over a panel's figure. */
export function watch(panel) {
  const {body} = panel;
  let last = null;
  const point = () => {
    const tip = panel.drawn?.tip;
    const data = tip && panel.data[tip.source];
    const frame = panel.frame;
    if (last == null || !data || !frame) return false;
    const box = body.getBoundingClientRect();
    const [across, up] = [last.clientX - box.left, last.clientY - box.top];
    const {left, right, top, bottom} = frame.bbox;
    if (across < left || across > right || up < top || up > bottom) return false;
    const found = FIND[tip.find](data, {x: frame.x_scale.invert(across), y: frame.y_scale.invert(up), across, up}, frame);
    if (!found.length) return false;
    tell(last, fill(tip.head, found[0]), found.map((each) => ({colour: each.place, label: fill(tip.label, each), value: fill(tip.value, each)})));
    return true;
  };
  const move = (event) => {
    last = event;
    if (!point()) hush();
  };
  body.addEventListener("mousemove", move);
  body.addEventListener("mouseleave", () => {
    last = null;
    hush();
  });
  return () => last && move(last);
}
