// Strips: the sections that hold Bokeh's figures, and the rows that flow into their sources.
import {css} from "./dom.js";
import {fit} from "./fitting.js";
import {drawFrom} from "./lines.js";
import {shorten} from "./names.js";
import {insert} from "./panels.js";
import {firstAtOrAfter} from "./samples.js";
import {recall, remember} from "./state.js";

const quiet = {sync: false};
/** Points of a strip up to which its lines are drawn bolder: Chromium without a GPU strokes one pixel five times faster. */
const FEW_POINTS = 4000;

export class Strips {
  constructor(page) {
    this.page = page;
    this.document = page.document;
    this.strips = new Map();
    this.sources = new Map();
    this.hidden = new Set((recall("hidden") ?? "").split("\n").filter(Boolean));
    this.box = document.getElementById("strips");
    this.resizing = new ResizeObserver(() => this.measure());
    /** Called when the time axis has moved, by a hand or not, and when something is to be drawn anew. */
    this.onMove = this.onPaint = null;
    this.moving = false;
    /** What came before this is hidden, as long as the view does not go back beyond. */
    this.cleared = null;
    this.from = -Infinity;
  }

  /** Make a section for each new strip and an entry for each new line. */
  build(layout) {
    if (layout.generation !== this.generation) this.clear();
    this.generation = layout.generation;
    document.getElementById("empty").hidden = layout.strips.length + layout.panels.length > 0;
    for (const told of layout.strips) {
      let strip = this.strips.get(told.key);
      if (strip == null) {
        strip = this.make(told);
        this.strips.set(told.key, strip);
      }
      if (strip.title !== told.title) this.name(strip, told.title);
      told.lines.forEach((line, place) => {
        if (place < strip.lines.length) this.redraw(strip.lines[place], line);
        else this.addLine(strip, line);
      });
      const several = new Set(strip.lines.map((line) => line.origin)).size > 1;
      const names = shorten(strip.lines.map((line) => (several ? `${line.origin}/${line.label}` : line.label)));
      strip.lines.forEach((line, place) => {
        line.name = names[place];
        line.button.querySelector(".name").textContent = line.name;
      });
    }
    this.adopt();
  }

  /** Another generation of the layout has other figures and sources. */
  clear() {
    for (const {section} of this.strips.values()) {
      this.resizing.unobserve(section);
      section.remove();
    }
    this.strips.clear();
    this.sources.clear();
  }

  make(told) {
    const section = document.createElement("section");
    section.className = "strip";
    section.innerHTML = '<div class="plot"></div><div class="side"><h2></h2><ul class="legend"></ul></div>';
    insert(this.box, section, told.place);
    this.resizing.observe(section);
    return {key: told.key, title: null, place: told.place, options: told.options, section, plot: section.firstChild, legend: section.querySelector("ul"), lines: [], figure: null};
  }

  name(strip, title) {
    strip.title = strip.section.querySelector("h2").textContent = title;
    strip.section.setAttribute("aria-label", title);
  }

  addLine(strip, told) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.className = "line";
    button.innerHTML = '<span class="ink"></span><span class="name"></span><span class="value"></span>';
    button.title = `${told.origin}/${told.label}${told.unit ? ` [${told.unit}]` : ""}: click to hide or show, with Alt to show alone`;
    button.querySelector(".ink").style.borderTopColor = `var(--c${told.colour})`;
    item.append(button);
    strip.legend.append(item);
    item.draggable = Boolean(told.channel);
    const line = {...told, id: told.channel || `${told.origin}/${told.label}`, button, value: button.querySelector(".value"), renderer: null};
    button.addEventListener("click", (event) => (event.altKey ? this.solo(strip, line) : this.toggle(line)));
    strip.lines.push(line);
    this.press(line);
  }

  /** A line may come from another source later on; its renderer is a new one then. */
  redraw(line, {source, column, line: name}) {
    if (line.line !== name) Object.assign(line, {source, column, line: name, renderer: null});
  }

  /** Bokeh draws a new root at the end of the page; move each into its section. Models may come after the layout. */
  adopt() {
    let waiting = false;
    for (const strip of this.strips.values()) {
      strip.figure ??= this.document.get_model_by_name(strip.key);
      const view = strip.figure && window.Bokeh.index.get_by_id(strip.figure.id);
      if (view?.el == null) {
        waiting = true;
        continue;
      }
      if (view.el.parentNode !== strip.plot) {
        strip.plot.append(view.el);
        strip.view = view;
        strip.cursor = this.document.get_model_by_name(`${strip.key}-cursor`);
        this.onFigure?.(strip);
      }
      for (const line of strip.lines) {
        line.renderer ??= this.document.get_model_by_name(line.line);
        if (line.renderer == null) waiting = true;
        else this.press(line);
      }
      this.paint(strip);
    }
    if (waiting) requestAnimationFrame(() => this.adopt());
    else this.onPaint?.();
    this.measure();
  }

  /** The strip that an element is in. */
  at(element) {
    const section = element.closest(".strip");
    return [...this.strips.values()].find((strip) => strip.section === section) ?? null;
  }

  /** Append rows (or replace all), then move the time axis on. */
  take(tick, toolbar) {
    const keepFrom = tick.now - toolbar.window * 1100;
    for (const [key, [anew, columns]] of Object.entries(tick.data)) {
      const source = this.source(key);
      if (source == null) continue;
      for (const name of Object.keys(columns)) {
        if (name[0] === "c") columns[name] = columns[name].map((value) => value ?? NaN);
      }
      if (anew) {
        source.setv({data: columns}, quiet);
      } else {
        const kept = source.data.t.length - firstAtOrAfter(source.data.t, keepFrom);
        source.stream(columns, Math.max(kept + columns.t.length, 1), quiet);
      }
    }
    if (toolbar.following) this.move(...toolbar.spanAt(tick.now));
    this.fit();
  }

  /** Move the time axis of all strips. */
  move(start, end) {
    this.from = this.cleared != null && start >= this.cleared ? this.cleared : -Infinity;
    drawFrom(this.from);
    this.moving = true;
    this.range?.setv({start, end}, quiet);
    this.moving = false;
  }

  get range() {
    if (this.time == null) {
      this.time = this.document.get_model_by_name("time");
      this.time?.change.connect(() => this.onMove?.(!this.moving));
    }
    return this.time;
  }

  source(key) {
    if (!this.sources.has(key)) {
      const found = this.document.get_model_by_name(key);
      if (found == null) return null;
      this.sources.set(key, found);
    }
    return this.sources.get(key);
  }

  /** Fit each y axis to what is visible. */
  fit() {
    if (this.range == null) return;
    for (const strip of this.strips.values()) {
      if (strip.figure == null) continue;
      const points = fit(strip, this.range, this.from, (line) => this.source(line.source)?.data);
      const width = points > FEW_POINTS ? 1 : 1.6;
      for (const {renderer} of strip.lines) {
        const glyph = renderer?.glyph;
        if (glyph && glyph.type !== "Scatter" && glyph.line_width.value !== width) glyph.setv({line_width: {value: width}}, quiet);
      }
    }
  }

  toggle(line) {
    this.show([line], this.hidden.has(line.id));
  }

  /** Show some lines, or hide them. */
  show(lines, on) {
    for (const line of lines) {
      this.hidden[on ? "delete" : "add"](line.id);
      this.press(line);
    }
    this.keepHidden();
  }

  solo(strip, line) {
    const others = strip.lines.filter((other) => other !== line);
    const alone = others.every((other) => this.hidden.has(other.id)) && !this.hidden.has(line.id);
    this.hidden.delete(line.id);
    for (const other of others) this.hidden[alone ? "delete" : "add"](other.id);
    strip.lines.forEach((each) => this.press(each));
    this.keepHidden();
  }

  keepHidden() {
    this.fit();
    this.onPaint?.();
    remember("hidden", [...this.hidden].join("\n"));
  }

  press(line) {
    const shown = !this.hidden.has(line.id);
    line.button.setAttribute("aria-pressed", String(shown));
    line.renderer?.setv({visible: shown}, quiet);
  }

  repaint() {
    for (const strip of this.strips.values()) this.paint(strip);
    this.onPaint?.();
  }

  /** Write the ticks anew: the zone has changed. */
  relabel() {
    this.moving = true;
    this.range?.change.emit();
    this.moving = false;
    this.onPaint?.();
  }

  /** Give a figure the colours of the theme. */
  paint(strip) {
    const {figure} = strip;
    if (figure == null) return;
    const text = {axis_label_text_color: css("--soft"), major_label_text_color: css("--soft"), major_label_text_font: css("--font")};
    figure.setv({background_fill_color: css("--card"), border_fill_color: css("--card")}, quiet);
    for (const axis of [...figure.left, ...figure.below, ...figure.right]) {
      axis.setv({...text, major_label_text_font_size: "12px", axis_line_color: css("--rule"), major_tick_line_color: css("--rule"), minor_tick_line_color: null}, quiet);
    }
    for (const part of figure.center) {
      if (part.type === "Grid") part.setv({grid_line_color: css("--grid")}, quiet);
    }
    strip.cursor?.setv({line_color: css("--cursor")}, quiet);
    for (const {renderer, colour} of strip.lines) {
      renderer?.glyph.setv({[renderer.glyph.type === "Scatter" ? "fill_color" : "line_color"]: css(`--c${colour}`)}, quiet);
    }
  }

  /**
   * Fit the axes to the space there is, and tell the server how many pixels the time axis has (in steps), so that it
   * sends no more rows than can be seen. Where all strips are in view, the last one's time axis serves them all.
   */
  measure() {
    const all = [...this.strips.values()];
    const widest = Math.max(0, ...all.map(({plot}) => plot.clientWidth)) || 1000;
    const width = Math.max(200, Math.round(widest / 100) * 100);
    const stacked = this.box.scrollHeight <= innerHeight && !this.box.classList.contains("grid");
    for (const {figure, section, plot} of all) {
      const axis = figure?.below[0];
      axis?.ticker.setv({desired_num_ticks: Math.max(2, Math.floor(plot.clientWidth / 120))}, quiet);
      const visible = !stacked || section === all.at(-1).section;
      if (axis && axis.visible !== visible) axis.setv({visible}, quiet);
    }
    if (width !== this.page.width) this.page.setv({width});
  }
}
