// Lines over time, drawn straight from their columns. At each append, Bokeh would make five copies of every line (for
// selections and hovering, which strips do not have), lists of all rows, and an index of where each is: half of what a
// page of many lines costs. A line keeps its place among Bokeh's renderers; only what it does there is less.
import {envelope, paintBand} from "./band.js";
import {firstAtOrAfter} from "./samples.js";

let from = -Infinity;

/** Draw no rows before a time, not even the end of a line that leads to the first one after. */
export function drawFrom(time) {
  from = time;
}

/** Whether a renderer draws one line over time that nobody selects from. */
function isPlain({glyph}) {
  return (glyph.type === "Line" || (glyph.type === "Step" && glyph.mode === "after")) && glyph.x.field === "t" && glyph.y.field != null;
}

/** Whether Bokeh has made all that a plain line has at first; from then on nothing of that is looked at. */
const isMade = ({decimated, model}) => decimated != null && isPlain(model);

function paint(ctx, {glyph, data_source}, {x_scale, y_scale}) {
  const times = data_source.data.t ?? [];
  const values = data_source.data[glyph.y.field] ?? [];
  const x = x_scale.s_compute;
  const y = y_scale.s_compute;
  const step = glyph.type === "Step";
  const first = firstAtOrAfter(times, from);
  if (glyph.tags.includes("band")) {
    const stretches = envelope(times, values, (value) => Number.isFinite(y(value)), x_scale.invert(1) - x_scale.invert(0), first);
    return paintBand(ctx, stretches, x, y, glyph);
  }
  let drawing = false;
  let before = 0;
  ctx.beginPath();
  for (let place = first; place < values.length; place++) {
    const across = x(times[place]);
    const up = y(values[place]);
    const held = Number.isFinite(up);
    if (held && drawing) {
      if (step) ctx.lineTo(across, before);
      ctx.lineTo(across, up);
    } else if (held) {
      ctx.moveTo(across, up);
    }
    drawing = held;
    before = up;
  }
  ctx.strokeStyle = glyph.line_color.value;
  ctx.globalAlpha = glyph.line_alpha.value;
  ctx.lineWidth = glyph.line_width.value;
  ctx.lineJoin = glyph.line_join.value;
  ctx.stroke();
}

/** Replace a method for some views, and leave it to the others; a Bokeh without that method stays as it is. */
function override(prototype, name, isOurs, does) {
  while (prototype && !Object.hasOwn(prototype, name)) prototype = Object.getPrototypeOf(prototype);
  const original = prototype?.[name];
  if (original == null) return;
  prototype[name] = function (...given) {
    return isOurs(this) ? does.apply(this, given) : original.apply(this, given);
  };
}

const renderer = window.Bokeh.Models.GlyphRenderer.prototype.default_view.prototype;
const rows = window.Bokeh.Models.CDSView.prototype.default_view.prototype;
override(renderer, "set_data", isMade, async () => {});
override(renderer, "_paint", (view) => isPlain(view.model), function (ctx) {
  paint(ctx, this.model, this.coordinates);
});
override(rows, "compute_indices", (view) => isMade(view.parent), () => {});

/** Whether a renderer's element is elsewhere than at its last paint. Those of plain lines are empty: they may stay. */
function hasMoved(view) {
  const {left, top, width, height} = isMade(view) ? {} : (view.bbox ?? {});
  const place = [left, top, width, height].join();
  const moved = view.place !== place;
  view.place = place;
  return moved;
}

// At each paint Bokeh writes a style sheet for each renderer, and the browser works the styles of them all out anew.
override(renderer, "update_position", (view) => !hasMoved(view), () => {});
