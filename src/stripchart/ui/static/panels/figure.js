// A panel that is a figure of Bokeh's: its sources take what the server draws. See `Panel` in panels/contract.py.
import {css} from "../dom.js";
import {watch} from "./tip.js";

const {ndarray} = window.Bokeh.require("core/util/ndarray");
const quiet = {sync: false};
const COLOURS = 16;
/** Pixels for a number on an axis, and for a time. */
const TICK = {across: 90, up: 42, time: 120};

export class FigurePanel {
  constructor(body, told, table, panels) {
    this.body = body;
    this.key = told.key;
    this.told = told;
    this.panels = panels;
    this.document = panels.strips.document;
    /** The columns of each source. */
    this.data = {};
    this.keys = document.createElement("ul");
    this.keys.className = "keys";
    body.before(this.keys);
    this.tell = watch(this);
    this.adopt();
  }

  /** Bokeh draws a new root at the end of the page; take it in. The model may come after the layout. */
  adopt() {
    this.figure ??= this.document.get_model_by_name(this.key);
    const view = this.figure && window.Bokeh.index.get_by_id(this.figure.id);
    if (view?.el == null) {
      requestAnimationFrame(() => this.body.isConnected && this.adopt());
      return;
    }
    this.view = view;
    this.body.append(view.el);
    this.wire();
    this.paint();
    new ResizeObserver(() => this.measure()).observe(this.body);
  }

  get frame() {
    return this.view?.frame;
  }

  get plot() {
    return this.body;
  }

  /** A hand may move the axes, which then stay until a double click; the time axis is that of all strips. */
  wire() {
    const {figure, panels: {strips, toolbar}} = this;
    if (this.told.on_time) return toolbar.wire(this);
    for (const range of [figure.x_range, figure.y_range]) {
      range.change.connect(() => (this.held ||= !this.setting));
    }
    figure.on_event("doubletap", () => {
      this.held = false;
      this.fit();
    });
    toolbar.setDrag(toolbar.drag, this);
  }

  show(drawn) {
    this.drawn = drawn;
    if (this.view == null) return;
    for (const [name, columns] of Object.entries(drawn.sources ?? {})) {
      this.data[name] = decode(columns, this.palette);
      this.document.get_model_by_name(`${this.key}-${name}`)?.setv({data: this.data[name]}, quiet);
    }
    this.fit();
    for (const [axis, label] of [[this.figure.below[0], drawn.labels?.x], [this.figure.left[0], drawn.labels?.y]]) {
      if (label != null && axis.axis_label !== label) axis.setv({axis_label: label}, quiet);
    }
    this.write(drawn.legend ?? [], drawn.scale);
    this.tell();
  }

  /** Set the axes as the server says, unless a hand holds them. */
  fit() {
    let {x, y} = this.drawn?.ranges ?? {};
    if (this.held || this.view == null) return;
    if (this.drawn?.equal && this.frame.bbox.width > 0) [x, y] = alike(x, y, this.frame.bbox);
    this.setting = true;
    for (const [range, ends] of [[this.figure.x_range, x], [this.figure.y_range, y]]) {
      if (ends && (range.start !== ends[0] || range.end !== ends[1])) range.setv({start: ends[0], end: ends[1]}, quiet);
    }
    this.setting = false;
  }

  write(legend, scale) {
    this.keys.replaceChildren(...legend.map(({label, colour, text = ""}) => {
      const item = document.createElement("li");
      const [ink, name, value] = ["i", "span", "b"].map((tag) => item.appendChild(document.createElement(tag)));
      ink.hidden = colour == null;
      ink.style.borderTopColor = `var(--c${colour})`;
      name.textContent = label;
      value.textContent = text;
      item.title = `${label} ${text}`;
      return item;
    }));
    if (scale) this.keys.append(colours(scale));
  }

  /** What Bokeh paints on its canvas, as SVG. */
  picture(part) {
    return part === this.view?.el ? this.view.export("svg").canvas : null;
  }

  /** No more numbers on the axes than there is room for. */
  measure() {
    const {clientWidth: width, clientHeight: height} = this.body;
    for (const [axis, ticks] of [[this.figure.below[0], width / (this.told.on_time ? TICK.time : TICK.across)], [this.figure.left[0], height / TICK.up]]) {
      axis?.ticker.setv({desired_num_ticks: Math.max(2, Math.floor(ticks))}, quiet);
    }
    // Bokeh has the new size of the frame when it has laid itself out.
    if (this.drawn?.equal) requestAnimationFrame(() => this.fit());
  }

  paint() {
    const {figure} = this;
    if (figure == null) return;
    this.palette = Array.from({length: COLOURS}, (_, place) => css(`--c${place}`));
    figure.setv({background_fill_color: css("--card"), border_fill_color: css("--card")}, quiet);
    for (const axis of [...figure.left, ...figure.below, ...figure.right]) {
      if (axis.major_label_text_font === undefined) continue;
      axis.setv({
        axis_label_text_color: css("--soft"), axis_label_text_font: css("--font"), axis_label_text_font_style: "normal",
        axis_label_text_font_size: "12px", major_label_text_color: css("--soft"), major_label_text_font: css("--font"),
        major_label_text_font_size: "12px", axis_line_color: css("--rule"), major_tick_line_color: css("--rule"), minor_tick_line_color: null,
      }, quiet);
    }
    for (const part of figure.center) {
      if (part.type === "Grid") part.setv({grid_line_color: css("--grid")}, quiet);
      if (part.type === "LabelSet") part.setv({text_color: css("--soft"), text_font: css("--font")}, quiet);
    }
    for (const {glyph} of figure.renderers) {
      if (glyph?.type === "Text") glyph.setv({text_color: css("--ink"), text_font: css("--font")}, quiet);
    }
    if (this.drawn) this.show(this.drawn);
  }
}

/** Columns as Bokeh takes them: places in the palette as colours, empty cells as NaN. */
function decode(columns, palette) {
  const data = {};
  for (const [name, values] of Object.entries(columns)) {
    data[name] = name === "colour" ? values.map((place) => palette[place]) : values.map(cell);
    if (name === "colour") data.place = values;
  }
  return data;
}

function cell(value) {
  if (Array.isArray(value)) return value.map((each) => each ?? NaN);
  return value?.bytes ? unpack(value) : value ?? NaN;
}

/** An array of two dimensions, from what `pack` made of it. */
function unpack({bytes, dtype, shape}) {
  return ndarray(Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0)).buffer, {dtype, shape});
}

/** A scale of colours, with what its ends mean. */
function colours({colours: stops, low, high, title}) {
  const item = document.createElement("li");
  item.className = "scale";
  item.title = title;
  const [start, bar, end] = ["span", "i", "span"].map((tag) => item.appendChild(document.createElement(tag)));
  start.textContent = low;
  end.textContent = high;
  bar.style.background = `linear-gradient(90deg, ${stops.join()})`;
  return item;
}

/** Two ranges, widened so that both axes have as many pixels a unit. */
function alike(x, y, {width, height}) {
  const unit = Math.max((x[1] - x[0]) / width, (y[1] - y[0]) / height);
  return [[x, width], [y, height]].map(([[start, end], pixels]) => {
    const more = (unit * pixels - (end - start)) / 2;
    return [start - more, end + more];
  });
}
