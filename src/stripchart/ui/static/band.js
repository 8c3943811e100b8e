// A line as a band: in each moment, from its least value to its greatest. It is made of the rows that a browser holds anyway,
// which have the extremes of what is dense.

/** Pixels of a moment. */
const MOMENT = 8;
const OPACITY = 0.3;

/**
 * The stretches without a gap, each a list of moments: [time, low, high]. Moments lie on a grid of time, so that the band
 * does not shimmer as it moves; `held` says which values can be drawn, and `perPixel` is the time of a pixel.
 */
export function envelope(times, values, held, perPixel, first = 0) {
  const length = MOMENT * perPixel;
  const stretches = [];
  let moment = null;
  for (let place = first; place < values.length; place++) {
    const [time, value] = [times[place], values[place]];
    const number = Math.floor(time / length);
    if (!held(value)) {
      moment = null;
    } else if (moment?.number === number) {
      moment.end = time;
      moment.low = Math.min(moment.low, value);
      moment.high = Math.max(moment.high, value);
    } else {
      if (moment == null) stretches.push([]);
      moment = {number, start: time, end: time, low: value, high: value};
      stretches.at(-1).push(moment);
    }
  }
  return stretches.map((stretch) => stretch.map(({start, end, low, high}) => [(start + end) / 2, low, high]));
}

/** The outline of a stretch, in pixels: along its upper edge and back along the lower one. */
export function outline(stretch, x, y) {
  const upper = stretch.map(([time, , high]) => [x(time), y(high)]);
  const lower = stretch.map(([time, low]) => [x(time), y(low)]);
  return [...upper, ...lower.reverse()];
}

export function paintBand(ctx, stretches, x, y, {line_color, line_alpha, line_width}) {
  ctx.beginPath();
  for (const stretch of stretches) {
    outline(stretch, x, y).forEach(([across, up], place) => (place ? ctx.lineTo(across, up) : ctx.moveTo(across, up)));
    ctx.closePath();
  }
  ctx.fillStyle = ctx.strokeStyle = line_color.value;
  ctx.lineWidth = line_width.value;
  ctx.lineJoin = "round";
  ctx.globalAlpha = line_alpha.value * OPACITY;
  ctx.fill();
  ctx.globalAlpha = line_alpha.value;
  ctx.stroke();
}
