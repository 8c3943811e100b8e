// Lines of the legends: their menu (the button, a right click, the menu key), and how they are dragged to another strip.
import {make} from "./dom.js";

export class Legend {
  constructor(strips, channels, dragging) {
    this.strips = strips;
    this.channels = channels;
    /** One button for all: it goes to the line under the pointer, or where the keys are. */
    this.more = make("button", {className: "more", textContent: "⋯", title: "More (or a right click)"});
    this.more.addEventListener("click", () => this.open(this.more.parentNode, this.more.getBoundingClientRect()));
    for (const name of ["pointerover", "focusin"]) strips.box.addEventListener(name, ({target}) => this.reach(target));
    strips.box.addEventListener("pointerleave", () => this.more.matches(":focus") || this.more.remove());
    strips.box.addEventListener("contextmenu", (event) => {
      const item = event.target.closest(".legend li");
      if (!item) return;
      event.preventDefault();
      const {left, bottom} = item.getBoundingClientRect();
      this.open(item, event.clientX || event.clientY ? event : {x: left, y: bottom});
    });
    strips.box.addEventListener("dragstart", (event) => {
      const line = this.line(event.target.closest?.(".legend li"));
      if (line?.channel) dragging.begin(event, line.channel);
    });
  }

  reach(target) {
    const item = target.closest(".legend li");
    if (!item || this.more.parentNode === item || this.more.matches(":focus")) return;
    this.more.setAttribute("aria-label", `More: ${this.line(item)?.label}`);
    item.append(this.more);
  }

  /** The line of an entry of a legend. */
  line(item) {
    for (const {lines} of this.strips.strips.values()) {
      const found = item && lines.find(({button}) => button.parentNode === item);
      if (found) return found;
    }
    return null;
  }

  open(item, {x, y, bottom = y}) {
    const line = this.line(item);
    if (line) this.channels.open({...line, name: line.channel}, {x, y: bottom});
  }
}
