// Looking closely: what is under the pointer, cursors and what lies between them, and y axes.
import {Cursors} from "./cursors.js";
import {Hover} from "./hover.js";
import {Measure} from "./measure.js";
import {Notes} from "./notes.js";
import {YAxes} from "./yaxes.js";

export class Looking {
  constructor(strips, toolbar, readings, marks, panels) {
    this.strips = strips;
    this.toolbar = toolbar;
    this.hover = new Hover(strips, readings, marks);
    this.cursors = new Cursors(strips, toolbar, panels);
    this.measure = new Measure(strips, toolbar, panels, this.cursors);
    this.yaxes = new YAxes(strips);
    this.notes = new Notes(strips, toolbar, marks, this);
    toolbar.onDrag = () => this.measure.ask();
    this.measure.ask();
  }

  /** A layout has been built. */
  build() {
    this.yaxes.build();
    this.measure.ask();
  }

  /** A strip has got its figure. */
  wire(strip) {
    this.yaxes.wire(strip);
  }

  /** Lines are shown or hidden, or the theme is another. */
  paint() {
    this.place();
    this.measure.ask();
  }

  /** The axes have moved: once a frame is enough. */
  place() {
    this.placing ??= requestAnimationFrame(() => {
      this.placing = null;
      this.hover.place();
      this.cursors.place();
      this.notes.place();
    });
    this.measure.moved();
  }

  lock() {
    const all = [...this.strips.strips.values()];
    const under = all.filter(({section}) => section.matches(":hover"));
    this.yaxes.toggle(under.length ? under : all);
  }

  /** Take the cursors away, and then let drags pan again. */
  escape() {
    if (this.cursors.times.length) this.cursors.use([]);
    else if (this.toolbar.drag === "measure") this.toolbar.setDrag("pan");
  }
}
