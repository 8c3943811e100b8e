// Drawings that are made of SVG.

export const SVG = "http://www.w3.org/2000/svg";

/** Append an element with attributes, and perhaps a text. */
export function add(parent, tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text != null) element.textContent = text;
  parent.append(element);
  return element;
}

/** Append a drawing of one shape that fills its box, whatever the sides of that are. */
export function stretched(parent, className, viewBox, shape) {
  const svg = add(parent, "svg", {class: className, viewBox, preserveAspectRatio: "none", "aria-hidden": "true"});
  add(svg, shape, {});
  return svg;
}

let clips = 0;

/** Append a group of which only what is in a box can be seen. */
export function clipped(parent, box, attributes = {}) {
  const id = `clip${clips++}`;
  add(add(parent, "clipPath", {id}), "rect", box);
  return add(parent, "g", {"clip-path": `url(#${id})`, ...attributes});
}
