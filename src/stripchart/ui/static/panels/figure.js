// A panel that is a figure of Bokeh's: its sources take what the server draws.
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const quiet = {sync: false};

export class FigurePanel {
  constructor(body, told, table, panels) {
    this.body = body;
    this.key = told.key;
    this.document = panels.strips.document;
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
    this.body.append(view.el);
    this.paint();
    if (this.drawn) this.show(this.drawn);
  }

  show(drawn) {
    this.drawn = drawn;
    if (this.figure == null) return;
    for (const [name, columns] of Object.entries(drawn.sources ?? {})) {
      this.document.get_model_by_name(`${this.key}-${name}`)?.setv({data: decode(columns)}, quiet);
    }
    const {x, y} = drawn.ranges ?? {};
    if (x) this.figure.x_range.setv({start: x[0], end: x[1]}, quiet);
    if (y) this.figure.y_range.setv({start: y[0], end: y[1]}, quiet);
    for (const [axis, label] of [[this.figure.below[0], drawn.labels?.x], [this.figure.left[0], drawn.labels?.y]]) {
      if (label != null && axis.axis_label !== label) axis.setv({axis_label: label}, quiet);
    }
  }

  paint() {
    const {figure} = this;
    if (figure == null) return;
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
    }
    if (this.drawn) this.show(this.drawn);
  }
}

/** Columns as Bokeh takes them: colours of the palette by number, empty cells as NaN. */
function decode(columns) {
  const data = {};
  for (const [name, values] of Object.entries(columns)) {
    if (name === "colour") data[name] = values.map((place) => css(`--c${place}`));
    else data[name] = values.map((value) => (Array.isArray(value) ? value.map((each) => each ?? NaN) : value ?? NaN));
  }
  return data;
}
