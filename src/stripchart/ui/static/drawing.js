// The view as one drawing that stands by itself: an SVG made of the rows that the browser holds.
import {envelope, outline} from "./band.js";
import {NAMES} from "./cursors.js";
import {MARK_COLOURS, markText} from "./marks.js";
import {firstAtOrAfter} from "./samples.js";
import {numberText, numberTicks, timeTicks} from "./ticks.js";
import {momentText, timeText, zoneName} from "./zone.js";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const SVG = "http://www.w3.org/2000/svg";
/** Pixels: around it all, the title above, the numbers at the left, the names at the right, the times below, and between strips. */
const EDGE = 16;
const HEAD = 52;
const LEFT = 64;
const SIDE = 210;
const FOOT = 26;
const GAP = 10;
const LEAST = {width: 760, height: 130};
const LEGEND_LINE = 19;
const SCALE = 2;

/** Append an element with attributes, and perhaps a text. */
function add(parent, tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text != null) element.textContent = text;
  parent.append(element);
  return element;
}

/**
 * Draw what is shown.
 *
 * Returns the SVG with its size, and what it was drawn from: the strips with their places in pixels, and the rows.
 */
export function drawing(strips, marks, cursors, title) {
  const {start, end} = strips.range;
  const width = Math.max(LEAST.width, strips.box.clientWidth);
  const frame = {left: EDGE + LEFT, width: width - 2 * EDGE - LEFT - SIDE};
  const x = (time) => frame.left + ((time - start) / (end - start)) * frame.width;
  const svg = document.createElementNS(SVG, "svg");
  add(svg, "rect", {width: "100%", height: "100%", fill: css("--paper")});
  add(svg, "text", {x: EDGE, y: EDGE + 14, fill: css("--ink"), "font-size": 17, "font-weight": 600}, title);
  add(svg, "text", {x: EDGE, y: EDGE + 32, fill: css("--soft"), "font-size": 12}, `${momentText(start)} to ${momentText(end)} ${zoneName()}`);
  const seen = marks.marks.filter(({time}) => time >= start && time <= end);
  const told = {title, start, end, ...frame, strips: [], rows: {}};
  const [times, every] = timeTicks(start, end, frame.width / 110);
  let top = HEAD + EDGE;
  for (const strip of strips.strips.values()) {
    const lines = strip.lines.filter((line) => line.renderer?.visible);
    if (strip.figure == null || !lines.length) continue;
    const height = Math.max(LEAST.height, strip.section.firstChild.clientHeight, 34 + lines.length * LEGEND_LINE);
    const {start: low, end: high} = strip.figure.y_range;
    const y = (value) => top + height * (1 - (value - low) / (high - low));
    add(svg, "rect", {x: EDGE, y: top, width: width - 2 * EDGE, height, rx: 8, fill: css("--card"), stroke: css("--rule")});
    add(add(svg, "clipPath", {id: strip.key}), "rect", {x: frame.left, y: top, width: frame.width, height});
    for (const tick of times) {
      add(svg, "path", {d: `M${x(tick).toFixed(1)} ${top}v${height}`, stroke: css("--grid")});
    }
    const ticks = numberTicks(low, high, Math.max(3, height / 32)).filter((tick) => y(tick) > top + 8 && y(tick) < top + height - 4);
    for (const tick of ticks) {
      add(svg, "path", {d: `M${frame.left} ${y(tick).toFixed(1)}h${frame.width}`, stroke: css("--grid")});
      add(svg, "text", {x: frame.left - 7, y: y(tick) + 4, fill: css("--soft"), "font-size": 12, "text-anchor": "end"}, numberText(tick, ticks));
    }
    const inside = add(svg, "g", {"clip-path": `url(#${strip.key})`, fill: "none"});
    for (const mark of seen) {
      const path = add(inside, "path", {d: `M${x(mark.time).toFixed(1)} ${top}v${height}`, stroke: css(MARK_COLOURS[mark.kind]), "stroke-dasharray": "4 3"});
      add(path, "title", {}, markText(mark));
    }
    cursors.times.forEach((time, place) => {
      if (time < start || time > end) return;
      add(inside, "path", {d: `M${x(time).toFixed(1)} ${top}v${height}`, stroke: css("--accent")});
      add(svg, "text", {x: x(time) + 4, y: top + 13, fill: css("--accent"), "font-size": 11, "font-weight": 600}, NAMES[place]);
    });
    add(svg, "text", {x: width - EDGE - SIDE + 16, y: top + 20, fill: css("--soft"), "font-size": 12, "font-weight": 600}, strip.title);
    const drawn = {top, height, lines: []};
    lines.forEach((line, place) => {
      const rows = visible(strips.source(line.source).data, start, end);
      const colour = css(`--c${line.colour}`);
      const step = line.renderer.glyph.type === "Step";
      if (line.renderer.glyph.tags.includes("band")) {
        const d = band(rows.t, rows[line.column], x, y, (end - start) / frame.width);
        add(inside, "path", {d, stroke: colour, fill: colour, "fill-opacity": 0.3, "stroke-linejoin": "round"});
      } else {
        const d = path(rows.t, rows[line.column], x, y, step);
        add(inside, "path", {d, stroke: colour, "stroke-width": 1.4, "stroke-linejoin": "round"});
      }
      const at = top + 40 + place * LEGEND_LINE;
      add(svg, "path", {d: `M${width - EDGE - SIDE + 16} ${at - 4}h14`, stroke: colour, "stroke-width": 3});
      add(svg, "text", {x: width - EDGE - SIDE + 38, y: at, fill: css("--ink"), "font-size": 12.5}, cut(line.name));
      told.rows[line.source] = rows;
      drawn.lines.push({name: line.name, unit: line.unit, source: line.source, column: line.column, channel: line.channel});
    });
    told.strips.push(drawn);
    top += height + GAP;
  }
  for (const tick of times) {
    add(svg, "text", {x: x(tick), y: top - GAP + 17, fill: css("--soft"), "font-size": 12, "text-anchor": "middle"}, timeText(tick, every));
  }
  const height = top - GAP + FOOT + 4;
  for (const [name, value] of Object.entries({width, height, viewBox: `0 0 ${width} ${height}`, "font-family": css("--font")})) {
    svg.setAttribute(name, String(value));
  }
  return {svg, width, height, told};
}

/** The rows of a source in a span, and one more at either side, so that lines reach the edge. */
function visible(data, start, end) {
  const first = Math.max(0, firstAtOrAfter(data.t, start) - 1);
  const stop = firstAtOrAfter(data.t, end) + 1;
  return Object.fromEntries(Object.entries(data).map(([name, column]) => [name, Array.from(column.slice(first, stop))]));
}

function path(times, values, x, y, step) {
  const parts = [];
  let pen = "M";
  let last = 0;
  for (let place = 0; place < times.length; place++) {
    if (!Number.isFinite(values[place])) {
      pen = "M";
      continue;
    }
    const at = x(times[place]).toFixed(1);
    const up = y(values[place]).toFixed(1);
    // A point that stands alone is a dot.
    if (pen === "M") parts.push(`M${at} ${up}h.01`);
    else if (step) parts.push(`L${at} ${last}V${up}`);
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

const cut = (text) => (text.length > 26 ? `${text.slice(0, 25)}…` : text);

/** The drawing as a PNG. */
export async function picture({svg, width, height}) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(svg)], {type: "image/svg+xml"}));
  await image.decode();
  URL.revokeObjectURL(image.src);
  const canvas = document.createElement("canvas");
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** The drawing as one file that needs nothing else: it shows the values under the pointer, and gives its rows as CSV. */
export async function snapshot({svg, told}, title) {
  const page = document.implementation.createHTMLDocument(title);
  const [style, script] = await Promise.all(["assets/snapshot.css", "assets/snapshot.js"].map(async (name) => (await fetch(name)).text()));
  const put = (parent, tag, text) => {
    const element = page.createElement(tag);
    element.textContent = text;
    parent.append(element);
    return element;
  };
  const charset = page.createElement("meta");
  charset.setAttribute("charset", "utf-8");
  page.head.prepend(charset);
  put(page.head, "style", style);
  page.documentElement.dataset.shade = document.documentElement.dataset.shade;
  page.documentElement.style.setProperty("--paper", css("--paper"));
  page.body.append(page.importNode(svg, true));
  // Within a script's text nothing but "<" could end it.
  put(page.body, "script", JSON.stringify(told).replaceAll("<", "\\u003c")).type = "application/json";
  put(page.body, "script", script);
  return new Blob([`<!doctype html>\n${page.documentElement.outerHTML}`], {type: "text/html"});
}
