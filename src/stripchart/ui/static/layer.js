// A layer of our own over the plot of a strip, or of a panel on the same time axis, for what is moved by hand and must not cost a repaint of the plot.

/** The layer, exactly over the frame in which lines are drawn; null while there is no figure. */
export function layerOf(strip) {
  const box = strip.view?.frame?.bbox;
  if (box == null || !(box.width > 0)) return null;
  if (strip.layer == null) {
    strip.layer = document.createElement("div");
    strip.layer.className = "layer";
    strip.plot.append(strip.layer);
  }
  const placed = `left:${box.left}px;top:${box.top}px;width:${box.width}px;height:${box.height}px`;
  if (strip.layered !== placed) strip.layer.style.cssText = strip.layered = placed;
  return strip.layer;
}

/** The one of some strips and panels in whose plot an element is. */
export const plotAt = (all, element) => all.find(({plot}) => plot.contains(element)) ?? null;

/** Pixels from the left of the layer to a time; and the way back, from where the pointer is. */
export const acrossOf = ({view}, time) => view.frame.x_scale.compute(time) - view.frame.bbox.left;
export const timeUnder = ({view, plot}, event) => view.frame.x_scale.invert(event.clientX - plot.getBoundingClientRect().left);

/** Pixels from the top of the layer to a value of a line. */
export function downOf({view}, line, value) {
  const scale = (line.right && view.frame.y_scales.get("right")) || view.frame.y_scale;
  return scale.compute(value) - view.frame.bbox.top;
}

/** Where in a strip's plot a point of the window is: "frame", "left" or "right" (beside it, where the y axes are), or "". */
export function partUnder(strip, {clientX, clientY}) {
  const box = strip?.view?.frame?.bbox;
  if (box == null) return "";
  const {left, top, width, height} = strip.plot.getBoundingClientRect();
  const [across, down] = [clientX - left, clientY - top];
  if (across < 0 || across > width || down < 0 || down > height || down < box.top || down > box.bottom) return "";
  return across < box.left ? "left" : across > box.right ? "right" : "frame";
}
