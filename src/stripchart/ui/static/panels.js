// Panels: sections in a grid, in the order of the page's design. Those that are no strips are drawn by the server when asked.
import {ConsolePanel} from "./panels/console.js";
import {FigurePanel} from "./panels/figure.js";
import {GaugePanel} from "./panels/gauge.js";
import {HealthPanel} from "./panels/health.js";
import {LogPanel} from "./panels/log.js";
import {NumberPanel} from "./panels/number.js";
import {StatisticsPanel} from "./panels/statistics.js";
import {TablePanel} from "./panels/table.js";

/**
 * What shows a panel, by the name of its script. Each has `show(drawn)`, unless it asks by itself and so is `idle`. It may have
 * `asks`, options that its viewer has typed; `paint()` for the theme and the zone of times; `refresh()`, if it asks by itself;
 * `picture(part)`, an SVG of a part of it that is painted on a canvas; and `close()`.
 */
const KINDS = {
  console: ConsolePanel, figure: FigurePanel, gauge: GaugePanel, health: HealthPanel, log: LogPanel, number: NumberPanel,
  statistics: StatisticsPanel, table: TablePanel,
};
/** Milliseconds between two questions while live; and how many times as long as the answer took, at least. */
const ASK_EVERY = 250;
const PAUSE = 3;
const PATIENCE = 20_000;
/** Pixels below which a section has its names above its picture, not beside. */
const COMPACT = 700;
const widths = new ResizeObserver((entries) => {
  for (const {target, contentRect} of entries) target.classList.toggle("compact", contentRect.width < COMPACT);
});

export class Panels {
  constructor(strips, toolbar) {
    this.strips = strips;
    this.toolbar = toolbar;
    toolbar.panels = this;
    this.panels = new Map();
    this.seen = new IntersectionObserver((entries) => this.see(entries), {rootMargin: "200px"});
    this.asking = this.waiting = null;
    this.due = this.took = 0;
    document.addEventListener("visibilitychange", () => this.ask());
  }

  /** Make a section for each panel of a layout; another generation replaces them all. */
  build(layout) {
    this.design = layout.design;
    if (layout.generation !== this.generation) this.clear();
    this.generation = layout.generation;
    this.strips.box.classList.toggle("grid", Boolean(layout.design.panel));
    for (const told of layout.panels) {
      if (!this.panels.has(told.key)) this.panels.set(told.key, this.make(told));
    }
    for (const strip of layout.strips) this.size(this.strips.strips.get(strip.key).section, strip.place);
    this.ask();
  }

  clear() {
    for (const {section, view} of this.panels.values()) {
      view.close?.();
      this.seen.unobserve(section);
      section.remove();
    }
    this.panels.clear();
    this.asking?.abort();
  }

  make(told) {
    const table = this.design.panel[told.place];
    const section = document.createElement("section");
    section.className = `panel ${told.kind}`;
    section.classList.toggle("timed", told.on_time);
    section.dataset.key = told.key;
    section.innerHTML = '<header><h2></h2><span class="note"></span></header><div class="body"></div>';
    const name = told.title || title(table, told);
    section.querySelector("h2").textContent = name;
    section.setAttribute("aria-label", name);
    this.size(section, told.place);
    const Kind = KINDS[told.script] ?? FigurePanel;
    const panel = {told, table, section, note: section.querySelector(".note"), visible: false};
    panel.view = new Kind(section.querySelector(".body"), told, table, this);
    insert(this.strips.box, section, told.place);
    this.seen.observe(section);
    return panel;
  }

  /** Give a section its place and size. */
  size(section, place) {
    const {width = 12, height = 1} = (place != null && this.design.panel?.[place]) || {};
    section.style.setProperty("--width", width);
    section.style.setProperty("--height", height);
    section.dataset.place = place ?? "";
  }

  see(entries) {
    for (const {target, isIntersecting} of entries) {
      const panel = this.panels.get(target.dataset.key);
      if (panel) panel.visible = isIntersecting;
    }
    this.ask();
  }

  /** Ask for what is seen of the panels: after each other, and not while nobody looks. */
  ask(soon = false) {
    clearTimeout(this.waiting);
    if (soon) this.asking?.abort();
    if (document.hidden || (this.asking && !soon)) return;
    const unset = !(this.strips.range?.end > 1); // nobody has said yet which time is shown
    const wait = unset ? 50 : soon ? 0 : this.due - performance.now();
    if (wait > 0) {
      this.waiting = setTimeout(() => this.ask(), wait);
      return;
    }
    const wanted = [...this.panels.values()].filter(({visible, view}) => visible && !view.idle);
    if (wanted.length) this.draw(wanted);
  }

  /** The time axis has moved by hand, or stopped: what stands still is drawn once. */
  moved() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.ask(true), 120);
  }

  async draw(wanted) {
    const asking = (this.asking = new AbortController());
    const began = performance.now();
    const telling = setTimeout(() => {
      for (const {note} of wanted) note.textContent ||= "drawing \u2026";
    }, 1000);
    try {
      const told = await drawn(this.question(wanted), asking.signal);
      for (const panel of wanted) this.show(panel, told[panel.told.key]);
    } catch (error) {
      if (asking.signal.aborted) return;
      for (const {note} of wanted) note.textContent = "no answer";
      this.due = performance.now() + 1000;
    } finally {
      clearTimeout(telling);
      if (this.asking === asking) this.asking = null;
    }
    const took = performance.now() - began;
    // One answer that took long, as the first one does, is no reason to wait: two are.
    this.due = Math.max(this.due, performance.now() + Math.max(ASK_EVERY, PAUSE * Math.min(took, this.took)));
    this.took = took;
    if (this.toolbar.live) this.ask();
  }

  /** Draw all panels now, those out of sight too, and wait until they are. */
  async drawAll() {
    const wanted = [...this.panels.values()].filter(({view}) => !view.idle);
    if (wanted.length) await this.draw(wanted);
    await Promise.all(this.views.map((view) => view.refresh?.()));
    // Bokeh takes new columns in before its next frame.
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  }

  question(wanted) {
    const {start, end} = this.strips.range;
    const {panel: panels, channel} = this.design;
    return {
      keys: wanted.map(({told}) => told.key),
      page: {panel: wanted.map(({told, view}) => ({...panels[told.place], ...view.asks})), ...(channel && {channel})},
      start: start * 1e6,
      stop: end * 1e6,
      live: this.toolbar.live,
      width: Math.max(...wanted.map(({section}) => section.clientWidth)),
    };
  }

  show({view, note, section}, told = {}) {
    note.textContent = told.error ?? told.note ?? "";
    section.classList.toggle("wrong", Boolean(told.error));
    if (!told.error) view.show(told);
  }

  /** Those that share the time axis of the strips. */
  get timed() {
    return this.views.filter(({told}) => told?.on_time);
  }

  get views() {
    return [...this.panels.values()].map(({view}) => view);
  }

  /** The theme has changed. */
  paint() {
    for (const view of this.views) view.paint?.();
  }
}

/** What the server draws of some panels, by key; `{error}` where it cannot. */
export async function drawn(question, signal = null) {
  const answer = await fetch("api/draw", {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify(question),
    signal: AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(signal ? [signal] : [])]),
  });
  const told = await answer.json();
  return answer.ok ? told : Object.fromEntries(question.keys.map((key) => [key, told]));
}

/** Put a section where its place in the design is, compact while it is narrow; strips without one stand at the end. */
export function insert(box, section, place) {
  section.dataset.place = place ?? "";
  const order = (each) => (each.dataset.place === "" ? Infinity : Number(each.dataset.place));
  const after = place == null ? null : [...box.children].find((each) => order(each) > place);
  box.insertBefore(section, after ?? null);
  widths.observe(section);
}

/** What a panel is called that nobody gave a title; the legend of a figure names its channels. */
function title({kind, channels = [], source}, {figure}) {
  const name = kind.slice(0, kind.length > 2 ? 1 : 2).toUpperCase() + kind.slice(kind.length > 2 ? 1 : 2);
  const what = source ? [source] : channels;
  return what.length && !figure ? `${name} · ${what.join(", ")}` : name;
}
