// What stands on the page, as SVG: boxes, texts line by line where the browser has put them, and drawings with their styles.
// A <foreignObject> would be shorter, but would not let some browsers make a PNG of it, and would be laid out anew in another.
import {add, clipped} from "./svg.js";

/** What is there to be used, and not to be looked at. */
const TOOLS = "form, .tools, .newest, .handles";
/** What a style sheet may say about a part of a drawing, and what holds where nothing is said. */
const STYLES = {
  fill: "", stroke: "none", "stroke-width": "1px", "stroke-linecap": "butt", "stroke-linejoin": "miter", "vector-effect": "none", opacity: "1",
  "font-size": "", "font-weight": "400", "text-anchor": "start", display: "inline", transform: "none",
};
const SIDES = ["Top", "Right", "Bottom", "Left"];
const measuring = document.createElement("canvas").getContext("2d");

const isSeen = (colour) => colour !== "transparent" && !/[,/] ?0\)$/.test(colour);

/**
 * Paint an element and all that is in it, with its upper left corner at a place of a drawing. `replace(part)` may give an SVG
 * for a part that cannot be painted so.
 */
export function paint(svg, element, {left, top}, replace) {
  const box = element.getBoundingClientRect();
  new Painting(left - box.left, top - box.top, replace).element(svg, element, {seen: box, end: Infinity});
}

class Painting {
  constructor(across, down, replace) {
    Object.assign(this, {across, down, replace});
    /** What lies over the rest of what scrolls: the head of a table. */
    this.later = [];
  }

  /** `seen` is the part of the window where it is not cut off, and `end` where texts end in an ellipsis. */
  element(parent, element, {seen, end}) {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const away = box.bottom <= seen.top || box.top >= seen.bottom || box.right <= seen.left || box.left >= seen.right;
    if (style.display === "none" || style.visibility === "hidden" || element.matches(TOOLS)) return;
    if (away && style.display !== "contents") return;
    const put = this.replace(element) ?? (element instanceof SVGSVGElement ? styled(element) : null);
    if (put) return this.drawing(parent, put, box);
    let into = style.opacity === "1" ? parent : add(parent, "g", {opacity: style.opacity});
    if (element.matches("input, select")) return this.control(into, element, box, style);
    this.box(into, box, style);
    const cuts = style.overflowX !== "visible";
    const later = this.later;
    if (cuts) {
      seen = intersection(seen, box);
      this.later = [];
      const rx = Math.max(0, parseFloat(style.borderTopLeftRadius) - element.clientLeft);
      const scrolls = element.scrollHeight > element.clientHeight || element.scrollWidth > element.clientWidth;
      if (scrolls || rx) into = clipped(into, {...this.rectangle(intersection(seen, inner(element, box))), rx});
    }
    if (style.textOverflow === "ellipsis") end = box.right - parseFloat(style.paddingRight);
    this.pseudo(into, element, "::before", box);
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) this.text(into, node, style, {seen, end});
      else if (node.nodeType !== Node.ELEMENT_NODE) continue;
      else if (getComputedStyle(node).position === "sticky") this.later.push(() => this.element(into, node, {seen, end}));
      else this.element(into, node, {seen, end});
    }
    this.pseudo(into, element, "::after", box);
    if (!cuts) return;
    for (const act of this.later) act();
    this.later = later;
  }

  rectangle({left, top, right, bottom}) {
    return {x: left + this.across, y: top + this.down, width: Math.max(0, right - left), height: Math.max(0, bottom - top)};
  }

  /** A background, and what is around it. */
  box(parent, box, style) {
    const area = this.rectangle(box);
    const [, radius, percent] = style.borderTopLeftRadius.match(/^([\d.]+)(%?)/);
    const rx = Math.min(percent ? (area.width * radius) / 100 : radius, area.width / 2, area.height / 2);
    const colours = style.backgroundImage.match(/^linear-gradient\(90deg, (.*)\)$/)?.[1].match(/\w+\([^)]*\)/g);
    if (colours) this.gradient(parent, area, colours);
    if (isSeen(style.backgroundColor)) add(parent, "rect", {...area, rx, fill: style.backgroundColor});
    const [lines, inks] = ["Width", "Color"].map((what) => SIDES.map((side) => style[`border${side}${what}`]));
    if (new Set(lines).size === 1 && new Set(inks).size === 1 && parseFloat(lines[0])) {
      const half = parseFloat(lines[0]) / 2;
      const inner = {x: area.x + half, y: area.y + half, width: Math.max(0, area.width - 2 * half), height: Math.max(0, area.height - 2 * half)};
      add(parent, "rect", {...inner, rx, fill: "none", stroke: inks[0], "stroke-width": 2 * half});
    } else {
      SIDES.forEach((side, place) => this.edge(parent, box, side, parseFloat(lines[place]), inks[place]));
    }
    const [, ink] = style.boxShadow.match(/^(.*) 0px -1px 0px 0px inset$/) ?? [];
    if (ink) this.edge(parent, box, "Bottom", 1, ink);
  }

  edge(parent, box, side, width, fill) {
    if (!width || !isSeen(fill)) return;
    const {left, top, right, bottom} = box;
    const ends = {Top: {bottom: top + width}, Bottom: {top: bottom - width}, Left: {right: left + width}, Right: {left: right - width}};
    add(parent, "rect", {...this.rectangle({left, top, right, bottom, ...ends[side]}), fill});
  }

  /** Even steps of colours, from the left to the right. */
  gradient(parent, area, colours) {
    colours.forEach((fill, place) => {
      const width = area.width / colours.length;
      add(parent, "rect", {...area, x: area.x + place * width, width: width + 0.5, fill});
    });
  }

  drawing(parent, svg, box) {
    for (const [name, value] of Object.entries(this.rectangle(box))) svg.setAttribute(name, value);
    parent.append(svg);
  }

  /** What was typed or chosen. */
  control(parent, element, box, style) {
    const text = element.selectedOptions?.[0]?.text ?? element.value;
    if (!text) return;
    this.box(parent, box, style);
    this.write(parent, text, {...box.toJSON(), left: box.left + parseFloat(style.paddingLeft)}, style);
  }

  /** What a style sheet puts before or after the content: a text, or a line at a place of its own. */
  pseudo(parent, element, which, box) {
    const style = getComputedStyle(element, which);
    if (style.content === "none" || style.content === "normal") return;
    if (style.position === "absolute") {
      const [left, top, width, height] = [style.left, style.top, style.width, style.height].map(parseFloat);
      const line = {left: box.left + left, top: box.top + top, right: box.left + left + width, bottom: box.top + top + height};
      return this.box(parent, line, style);
    }
    const range = document.createRange();
    range.selectNodeContents(element);
    const after = which === "::after";
    const {left, right, top, bottom} = [...range.getClientRects()].at(after ? -1 : 0) ?? box;
    const text = style.content.replace(/^"|"$/g, "");
    const at = after ? right : Math.min(left, box.left + parseFloat(getComputedStyle(element).paddingLeft));
    this.write(parent, text, {left: at, top, bottom}, style);
  }

  text(parent, node, style, {seen, end}) {
    for (const line of linesOf(node, end)) {
      if (line.bottom > seen.top && line.top < seen.bottom) this.write(parent, line.text, line, style);
    }
  }

  /** Write a text on the line on which the browser has it. */
  write(parent, text, {left, top, bottom}, {fontFamily, fontSize, fontWeight, color}) {
    if (!text.trim()) return;
    measuring.font = `${fontWeight} ${fontSize} ${fontFamily}`;
    const {fontBoundingBoxAscent: ascent, fontBoundingBoxDescent: descent} = measuring.measureText(text);
    const y = (top + bottom + ascent - descent) / 2 + this.down;
    const look = {"font-size": fontSize, "font-family": fontFamily, ...(fontWeight !== "400" && {"font-weight": fontWeight}), ...(/\s{2}/.test(text) && {style: "white-space: pre"})};
    add(parent, "text", {x: (left + this.across).toFixed(2), y: y.toFixed(2), fill: color, ...look}, text);
  }
}

/** An element's box without its border. */
function inner({clientLeft, clientTop, clientWidth, clientHeight}, {left, top}) {
  const [x, y] = [left + clientLeft, top + clientTop];
  return {left: x, top: y, right: x + clientWidth, bottom: y + clientHeight};
}

function intersection(one, other) {
  return {
    left: Math.max(one.left, other.left), top: Math.max(one.top, other.top),
    right: Math.min(one.right, other.right), bottom: Math.min(one.bottom, other.bottom),
  };
}

/** The lines of a text, each with its place in the window; what goes beyond the end is replaced by an ellipsis. */
function linesOf(node, end) {
  const range = document.createRange();
  const lines = [];
  let line = null;
  let place = 0;
  for (const letter of node.data) {
    range.setStart(node, place);
    range.setEnd(node, (place += letter.length));
    const box = range.getBoundingClientRect();
    if (/\s/.test(letter) && (!box.width || !line)) continue; // before a line, or one of several
    if (line == null || (box.width && box.top >= line.bottom - 1)) {
      line = {text: "", left: box.left, top: box.top, bottom: box.bottom, places: []};
      lines.push(line);
    }
    line.text += letter;
    line.places.push([line.text.length, box.right]);
    line.right = box.right;
  }
  return lines.filter(({left}) => left < end).map((each) => (each.right > end + 1 ? shortened(each, end) : each));
}

function shortened(line, end) {
  const room = (line.bottom - line.top) * 0.9; // of the ellipsis
  const kept = line.places.findLast(([, right]) => right <= end - room)?.[0] ?? 0;
  return {...line, text: `${line.text.slice(0, kept)}…`};
}

/** A copy of a drawing that needs no style sheet. */
function styled(svg) {
  const copy = svg.cloneNode(true);
  const copies = [copy, ...copy.querySelectorAll("*")];
  [svg, ...svg.querySelectorAll("*")].forEach((part, place) => {
    const style = getComputedStyle(part);
    for (const name of ["class", "style"]) copies[place].removeAttribute(name);
    for (const [name, usual] of Object.entries(STYLES)) {
      const value = style.getPropertyValue(name);
      if (value !== usual) copies[place].setAttribute(name, value);
    }
  });
  return copy;
}
