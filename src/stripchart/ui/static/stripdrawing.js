// A strip as SVG, drawn from the rows that the browser holds.
import {envelope, outline} from "./band.js";
import {NAMES} from "./cursors.js";
import {css} from "./dom.js";
import {axesOf} from "./fitting.js";
import {MARK_COLOURS, markText} from "./marks.js";
import {firstAtOrAfter} from "./samples.js";
import {add, clipped} from "./svg.js";
import {numberText, numberTicks, timeTicks} from "./ticks.js";
import {timeText} from "./zone.js";

/** Pixels: a line of the legend, what is above its lines and below, and what is beside it. */
const LEGEND_LINE = 19;
const ABOVE = 19;
const BELOW = 11;
const INDENT = 14;
const SWATCH = 22;
const APART = 18;
/** Pixels of a character of the legend, on average. */
const CHARACTER = 7;

const isCompact = ({section}) => section.classList.contains("compact");

/** Pixels that a strip takes in a drawing so wide, with the names of all its lines; 0 where there is nothing to draw. */
export function heightOf(strip, width) {
  const {entries, height} = legendOf(strip, width);
  if (!(strip.view?.frame?.bbox.width > 0) || !entries.length) return 0;
  return isCompact(strip) ? strip.plot.clientHeight + height : Math.max(strip.section.clientHeight, height);
}

/** The lines that are seen, with the places of their names: beside the plot and below each other, or above it and after each other. */
function legendOf(strip, width) {
  const compact = isCompact(strip);
  const left = INDENT + (compact ? 0 : strip.plot.clientWidth);
  const letters = Math.floor((width - left - SWATCH - 4) / CHARACTER);
  let [x, y] = [left, ABOVE];
  const entries = strip.lines.filter((line) => line.renderer?.visible).map((line, place) => {
    const needs = SWATCH + Math.min(line.name.length, letters) * CHARACTER;
    if (!compact || !place || x + needs > width) [x, y] = [left, y + LEGEND_LINE];
    const entry = {line, x, y};
    x += needs + APART;
    return entry;
  });
  return {left, letters, entries, height: y + BELOW};
}

/** Draw a strip in a box, and return where its lines are and which rows they have. */
export function drawStrip(svg, strip, {left, top, width, height}, {strips, marks, cursors}) {
  const {start, end} = strips.range;
  const legend = legendOf(strip, width);
  // Where it is on the page, so that the times of all panels are below each other.
  const {bbox} = strip.view.frame;
  const [down, grown] = isCompact(strip) ? [legend.height, 0] : [0, height - strip.section.clientHeight];
  const frame = {left: left + bbox.left, top: top + down + bbox.top, width: bbox.width, height: bbox.height + grown};
  const bottom = frame.top + frame.height;
  const through = (time) => `M${x(time).toFixed(1)} ${frame.top}V${bottom}`;
  const x = (time) => frame.left + ((time - start) / (end - start)) * frame.width;
  add(svg, "rect", {x: left, y: top, width, height, rx: 8, fill: css("--card"), stroke: css("--rule")});
  const [times, every] = timeTicks(start, end, Math.max(1, frame.width / 110));
  for (const tick of times) {
    add(svg, "path", {d: through(tick), stroke: css("--grid")});
    if (strip.figure.below[0]?.visible) add(svg, "text", {x: x(tick), y: bottom + 16, fill: css("--soft"), "font-size": 12, "text-anchor": "middle"}, timeText(tick, every));
  }
  const {log} = strip.options;
  const [range, right] = axesOf(strip.figure);
  const y = axis(svg, range, log, frame);
  const yRight = right ? axis(svg, right, false, frame, true) : y;
  const inside = clipped(svg, {x: frame.left, y: frame.top, width: frame.width, height: frame.height}, {fill: "none"});
  for (const mark of marks.marks.filter(({time}) => time >= start && time <= end)) {
    const path = add(inside, "path", {d: through(mark.time), stroke: css(MARK_COLOURS[mark.kind]), "stroke-dasharray": "4 3"});
    add(path, "title", {}, markText(mark));
  }
  cursors.times.forEach((time, place) => {
    if (time < start || time > end) return;
    add(inside, "path", {d: through(time), stroke: css("--accent")});
    add(svg, "text", {x: x(time) + 4, y: frame.top + 13, fill: css("--accent"), "font-size": 11, "font-weight": 600}, NAMES[place]);
  });
  add(svg, "text", {x: left + legend.left, y: top + ABOVE, fill: css("--soft"), "font-size": 12, "font-weight": 600}, cut(strip.title, legend.letters + 3));
  const told = {...frame, lines: [], rows: {}};
  for (const {line, ...at} of legend.entries) {
    const rows = visible(strips.source(line.source).data, start, end);
    const colour = css(`--c${line.colour}`);
    const up = line.right ? yRight : y;
    drawLine(inside, line.renderer.glyph, rows.t, rows[line.column], x, up, colour, (end - start) / frame.width);
    add(svg, "path", {d: `M${left + at.x} ${top + at.y - 4}h14`, stroke: colour, "stroke-width": 3});
    add(svg, "text", {x: left + at.x + SWATCH, y: top + at.y, fill: css("--ink"), "font-size": 12.5}, cut(line.name, legend.letters));
    told.rows[line.source] = rows;
    told.lines.push({name: line.name, unit: line.unit, source: line.source, column: line.column, channel: line.channel});
  }
  return told;
}

/** Draw the numbers of an axis, and return where a value is. */
function axis(svg, {start: low, end: high}, log, {left, top, width, height}, right = false) {
  const of = log ? Math.log10 : (value) => value;
  const y = (value) => top + height * (1 - (of(value) - of(low)) / (of(high) - of(low)));
  const powers = numberTicks(of(low), of(high), Math.max(3, height / 32));
  const ticks = log ? powers.filter(Number.isInteger).map((power) => 10 ** power) : powers;
  for (const tick of ticks.filter((each) => y(each) > top + 8 && y(each) < top + height - 4)) {
    if (!right) add(svg, "path", {d: `M${left} ${y(tick).toFixed(1)}h${width}`, stroke: css("--grid")});
    const place = right ? {x: left + width + 7} : {x: left - 7, "text-anchor": "end"};
    add(svg, "text", {...place, y: y(tick) + 4, fill: css("--soft"), "font-size": 12}, numberText(tick, log ? [tick] : ticks));
  }
  return y;
}

function drawLine(parent, {type, tags}, times, values, x, y, colour, perPixel) {
  const rounded = {stroke: colour, "stroke-linejoin": "round"};
  if (tags.includes("band")) {
    add(parent, "path", {d: band(times, values, x, y, perPixel), fill: colour, "fill-opacity": 0.3, ...rounded});
  } else if (type === "Scatter") {
    add(parent, "path", {d: path(times, values, x, y, type), "stroke-width": 4, "stroke-linecap": "round", ...rounded});
  } else {
    add(parent, "path", {d: path(times, values, x, y, type), "stroke-width": 1.4, ...rounded});
  }
}

/** The rows of a source in a span, and one more at either side, so that lines reach the edge. */
function visible(data, start, end) {
  const first = Math.max(0, firstAtOrAfter(data.t, start) - 1);
  const stop = firstAtOrAfter(data.t, end) + 1;
  return Object.fromEntries(Object.entries(data).map(([name, column]) => [name, Array.from(column.slice(first, stop))]));
}

function path(times, values, x, y, type) {
  const parts = [];
  let pen = "M";
  let last = 0;
  for (let place = 0; place < times.length; place++) {
    const up = values[place] == null ? "NaN" : y(values[place]).toFixed(1);
    if (!Number.isFinite(Number(up))) {
      pen = "M";
      continue;
    }
    const at = x(times[place]).toFixed(1);
    // A point that stands alone is a dot.
    if (pen === "M" || type === "Scatter") parts.push(`M${at} ${up}h.01`);
    else if (type === "Step") parts.push(`L${at} ${last}V${up}`);
    else parts.push(`L${at} ${up}`);
    pen = "L";
    last = up;
  }
  return parts.join("");
}

function band(times, values, x, y, perPixel) {
  const stretches = envelope(times, values, (value) => Number.isFinite(y(value)), perPixel);
  return stretches.map((stretch) => `M${outline(stretch, x, y).map((at) => at.map((pixels) => pixels.toFixed(1))).join("L")}Z`).join("");
}

const cut = (text, letters) => (text.length > letters ? `${text.slice(0, Math.max(1, letters - 1))}…` : text);
