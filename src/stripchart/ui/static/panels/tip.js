// What lies under the pointer of a figure, as its panel tells it: `{source, find, head, label, value}`.
// `find` names one of the ways below; the others are templates in which `{column}` stands for what was found in a column of
// the source, `{column:time}` for a time in milliseconds, and `{column:5}` for a number with so many digits.
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
  /** The nearest point, as pixels count: of rows that are points, or that hold lists of them. */
  point: (data, {across, up}, {x_scale, y_scale}) => {
    let [least, found] = [REACH, []];
    for (const row of rows(data.x)) {
      const [x, y] = [data.x, data.y].map((column) => [column[row]].flat());
      for (const place of rows(x)) {
        const away = Math.hypot(x_scale.compute(x[place]) - across, y_scale.compute(y[place]) - up);
        if (away < least) [least, found] = [away, [row, place]];
      }
    }
    return found.length ? [pick(data, ...found)] : [];
  },
  /** The cell of an image: its middle is `{x}` and `{y}`, and what it means `{image}`, which is `zero` and so many times `step`. */
  cell: (data, at) => rows(data.image).flatMap((row) => {
    const {image, x, y, dw, dh, zero = 0, step = 1} = pick(data, row);
    const [high, wide] = image.shape;
    const [column, line] = [Math.floor(((at.x - x) / dw) * wide), Math.floor(((at.y - y) / dh) * high)];
    if (column < 0 || column >= wide || line < 0 || line >= high) return [];
    return [{x: x + ((column + 0.5) * dw) / wide, y: y + ((line + 0.5) * dh) / high, image: zero + step * image[line * wide + column]}];
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
  return template.replace(/\{(\w+)(?::(\w+))?\}/g, (_, column, how) => write(found[column], how)).trim();
}

function write(value, how) {
  if (how == null || value == null) return format(value);
  return how === "time" ? momentText(value) : value.toFixed(Number(how));
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
