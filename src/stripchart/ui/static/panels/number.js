// Big numbers: the newest value of each channel, coloured by its limits.
import {format} from "../readings.js";

/** A value with so many digits, or with as many as are worth reading. */
export const valueText = (value, digits) => (digits == null || typeof value !== "number" ? format(value) : value.toFixed(digits));

export class NumberPanel {
  constructor(body) {
    this.body = body;
    this.body.classList.add("numbers");
    body.tabIndex = 0; // where there is no room, the keyboard scrolls too
  }

  show({cells}) {
    while (this.body.children.length > cells.length) this.body.lastChild.remove();
    cells.forEach((cell, place) => this.write(this.body.children[place] ?? this.make(), cell));
  }

  make() {
    const figure = document.createElement("figure");
    figure.innerHTML = "<b><span></span><small></small></b><figcaption></figcaption>";
    this.body.append(figure);
    return figure;
  }

  write(figure, {label, unit, value, digits, stale, level}) {
    const [number, small] = figure.firstChild.children;
    number.textContent = valueText(value, digits);
    small.textContent = unit;
    figure.lastChild.textContent = label;
    figure.title = label;
    figure.className = [level, stale && "stale"].filter(Boolean).join(" ");
  }
}
