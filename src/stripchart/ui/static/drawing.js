// The page as one drawing that stands by itself: strips as SVG made of their rows, and all other panels as they stand there.
import {css} from "./dom.js";
import {paint} from "./painting.js";
import {drawStrip, heightOf} from "./stripdrawing.js";
import {SVG, add} from "./svg.js";
import {momentText, zoneName} from "./zone.js";

/** Pixels: around it all, the title above, and between panels. */
const EDGE = 16;
const HEAD = 52;
const GAP = 10;
/** Pixels of the title, and of a character of it on average, as part of its size. */
const LETTER = 0.56;

/**
 * Draw what is shown.
 *
 * Returns the SVG with its size, and what it was drawn from: the strips with their places in pixels, and the rows.
 */
export function drawing(strips, panels, marks, cursors, title) {
  const {start, end} = strips.range;
  const box = strips.box.getBoundingClientRect();
  const width = Math.ceil(box.width) + 2 * EDGE;
  const svg = document.createElementNS(SVG, "svg");
  add(svg, "rect", {width: "100%", height: "100%", fill: css("--paper")});
  const head = (text, y, size, look) => {
    const fitting = Math.min(size, (width - 2 * EDGE) / (LETTER * text.length));
    add(svg, "text", {x: EDGE, y, "font-size": fitting, ...look}, text);
  };
  head(title, EDGE + 14, 17, {fill: css("--ink"), "font-weight": 600});
  head(`${momentText(start)} to ${momentText(end)} ${zoneName()}`, EDGE + 32, 12, {fill: css("--soft")});
  const told = {title, start, end, strips: [], rows: {}};
  const placed = arrange(strips, panels, box);
  for (const {strip, panel, element, ...place} of placed) {
    if (strip) {
      const {rows, ...drawn} = drawStrip(svg, strip, place, {strips, marks, cursors});
      told.strips.push(drawn);
      Object.assign(told.rows, rows);
    } else {
      paint(svg, element, place, (part) => panel.view.picture?.(part));
    }
  }
  const height = Math.ceil(Math.max(HEAD + EDGE, ...placed.map((each) => each.top + each.height))) + EDGE;
  for (const [name, value] of Object.entries({width, height, viewBox: `0 0 ${width} ${height}`, "font-family": css("--font")})) {
    svg.setAttribute(name, String(value));
  }
  svg.style.fontVariantNumeric = "tabular-nums";
  return {svg, width, height, told};
}

/** Where each panel is in the drawing: as on the page, but below those that grow, and where one with nothing to draw would be. */
function arrange(strips, panels, box) {
  const strip = new Map([...strips.strips.values()].map((each) => [each.section, each]));
  const panel = new Map([...panels.panels.values()].map((each) => [each.section, each]));
  const placed = [];
  const sections = [...strips.box.children].map((element) => [element, element.getBoundingClientRect()]);
  for (const [element, now] of sections.sort(([, one], [, other]) => one.top - other.top || one.left - other.left)) {
    const found = {element, strip: strip.get(element), panel: panel.get(element), bottom: now.bottom};
    const height = found.strip ? heightOf(found.strip, now.width) : now.height;
    if (!height || (!found.strip && !found.panel)) continue;
    const above = placed.filter(({bottom}) => bottom <= now.top + 1).map((each) => each.top + each.height + GAP);
    placed.push({...found, left: now.left - box.left + EDGE, top: Math.max(HEAD + EDGE, ...above), width: now.width, height});
  }
  return placed;
}
