// Gauges: an arc for each channel, filled up to its newest value, with its limits as zones around it.
import {make, write} from "../dom.js";
import {format} from "../readings.js";
import {add} from "../svg.js";
import {valueText} from "./number.js";

/** The arc goes clockwise over so many degrees, from the lower left. */
const SWEEP = 240;
const FROM = 90 + (360 - SWEEP) / 2;
const CENTRE = [100, 92];
const RADIUS = 74;
const RIM = 86;
/** Sizes of the number, in a gauge of any height and in a low one; and how wide it may be. */
const SIZES = {"--size": 34, "--large": 46};
const ROOM = 118;

function place(part, radius) {
  const angle = ((FROM + SWEEP * part) * Math.PI) / 180;
  return [CENTRE[0] + radius * Math.cos(angle), CENTRE[1] + radius * Math.sin(angle)].map((each) => each.toFixed(2));
}

/** The path of an arc between two parts of the scale. */
function arc(from, to, radius) {
  const large = (to - from) * SWEEP > 180 ? 1 : 0;
  return `M${place(from, radius)}A${radius} ${radius} 0 ${large} 1 ${place(to, radius)}`;
}

const draw = (parent, tag, name, attributes = {}) => add(parent, tag, {class: name, ...attributes});

export class GaugePanel {
  constructor(body) {
    this.body = body;
    body.classList.add("gauges");
    body.tabIndex = 0; // where there is no room, the keyboard scrolls too
    this.gauges = [];
  }

  show({cells}) {
    while (this.gauges.length > cells.length) this.gauges.pop().figure.remove();
    while (this.gauges.length < cells.length) this.gauges.push(this.make());
    cells.forEach((cell, at) => this.tell(this.gauges[at], cell));
  }

  make() {
    const figure = make("figure", "");
    const svg = draw(figure, "svg", "", {viewBox: "0 0 200 150", "aria-hidden": "true"});
    draw(svg, "path", "track", {d: arc(0, 1, RADIUS)});
    const gauge = {figure, zones: draw(svg, "g", "zones"), fill: draw(svg, "path", "fill"), needle: draw(svg, "path", "needle"), level: ""};
    const text = (name, x, y) => draw(svg, "text", name, {x, y});
    Object.assign(gauge, {number: text("number", 100, 102), unit: text("unit", 100, 122), start: text("end", 38, 147), end: text("end", 162, 147)});
    gauge.caption = make("figcaption", "");
    figure.setAttribute("role", "meter");
    figure.append(gauge.caption);
    this.body.append(figure);
    return gauge;
  }

  tell(gauge, {label, unit, value, digits, stale, level, start, end, zones}) {
    const {figure, fill, needle} = gauge;
    const number = valueText(value, digits);
    const part = typeof value === "number" ? Math.min(Math.max((value - start) / (end - start), 0), 1) : null;
    figure.className = [level, stale && "stale"].filter(Boolean).join(" ");
    fill.setAttribute("d", part ? arc(0, part, RADIUS) : "");
    needle.setAttribute("d", part == null ? "" : `M${place(part, RADIUS - 11)}L${place(part, RIM + 4)}`);
    write(gauge.number, number);
    const fits = ROOM / (0.56 * Math.max(number.length, 1));
    for (const [name, size] of Object.entries(SIZES)) gauge.number.style.setProperty(name, `${Math.min(size, fits)}px`);
    write(gauge.unit, unit);
    write(gauge.start, format(start));
    write(gauge.end, format(end));
    write(gauge.caption, label);
    figure.title = label;
    const said = {label, valuemin: start, valuemax: end, valuenow: typeof value === "number" ? value : start};
    for (const [name, text] of Object.entries(said)) figure.setAttribute(`aria-${name}`, text);
    figure.setAttribute("aria-valuetext", [number, unit, level, stale && "old"].filter(Boolean).join(" "));
    const drawn = JSON.stringify([start, end, zones]);
    if (drawn === gauge.drawn) return;
    gauge.drawn = drawn;
    gauge.zones.replaceChildren();
    for (const [from, to, name] of zones) {
      draw(gauge.zones, "path", name, {d: arc((from - start) / (end - start), (to - start) / (end - start), RIM)});
    }
  }
}
