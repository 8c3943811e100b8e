// The page around the plots: it wires the document that Bokeh syncs to the strips, the legend and the toolbar.
// Every text from outside goes through textContent, never through markup.
import "./lines.js";
import "./menus.js";
import {Strips} from "./strips.js";
import {Inspector} from "./inspector.js";
import {Readings} from "./readings.js";
import {Toolbar} from "./toolbar.js";
import {Catalogue} from "./catalogue.js";
import {Channels} from "./channels.js";
import {Design} from "./design.js";
import {Dragging} from "./dragging.js";
import {write} from "./dom.js";
import {Drawer} from "./drawer.js";
import {Editor} from "./editor.js";
import {Exports} from "./exports.js";
import {Hint} from "./hint.js";
import {Looking} from "./looking.js";
import {Marks} from "./marks.js";
import {Keys} from "./keys.js";
import {Kiosk} from "./kiosk.js";
import {Legend} from "./legend.js";
import {Panels} from "./panels.js";
import {Overview} from "./overview.js";
import {tickText} from "./zone.js";

/** Call `use` with what a property of the page says, now and at each change. */
function follow(page, name, use) {
  const property = page.properties[name];
  const tell = () => {
    const text = property.get_value();
    if (text) use(JSON.parse(text));
  };
  property.change.connect(tell);
  tell();
}

async function ready() {
  for (;;) {
    const page = window.Bokeh?.documents[0]?.get_model_by_name("page");
    if (page?.document != null) return page;
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** The server went away: say so, ask for it each second, and begin anew when it answers. */
function watchConnection(document_) {
  let away = false;
  document_.on_event("connection_lost", () => {
    if (away) return;
    away = true;
    document.getElementById("away").hidden = false;
    document.body.classList.add("is-away");
    const ask = async () => {
      try {
        const answer = await fetch("healthz", {cache: "no-store", signal: AbortSignal.timeout(2000)});
        // 503: it is there, though a source is not; 403: it is there, and asks for another token.
        if ([200, 403, 503].includes(answer.status)) return location.reload();
      } catch {
        // still away
      }
      setTimeout(ask, 1000);
    };
    setTimeout(ask, 300);
  });
}

/** A tab in the background is sent nothing: who comes back to it gets all rows anew. */
function watchHidden(page) {
  const tell = () => page.hidden !== document.hidden && page.setv({hidden: document.hidden});
  document.addEventListener("visibilitychange", tell);
  tell();
}

/** Say why nothing is drawn; where something is, this is not seen. */
function sayEmpty(text) {
  write(document.querySelector("#empty h2"), text);
}

// Bokeh's tick formatter calls from outside this module; the rest is for tests and for the curious.
window.stripchart = {tickText};
const page = await ready();
const strips = new Strips(page);
const readings = new Readings(strips, new Inspector());
const toolbar = new Toolbar(page, strips, readings);
const marks = new Marks(strips);
const overview = new Overview(strips, toolbar);
const panels = new Panels(strips, toolbar);
const design = new Design(page);
const kiosk = new Kiosk(design);
const catalogue = new Catalogue();
const editor = new Editor(design, panels, catalogue);
const channels = new Channels(design, strips);
const dragging = new Dragging(strips, channels);
const drawer = new Drawer(catalogue, channels, design, dragging);
new Legend(strips, channels, dragging);
const looking = new Looking(strips, toolbar, readings, marks, panels);
const hint = new Hint(new Keys(toolbar, looking, editor, kiosk, drawer));
new Exports(strips, panels, marks, looking.cursors);
Object.assign(window.stripchart, {page, strips, readings, toolbar, marks, overview, panels, design, editor, looking, catalogue, channels, drawer});

strips.onMove = (byHand) => {
  if (byHand) toolbar.moved();
  if (!toolbar.live) panels.moved();
  overview.place();
  looking.place();
};
strips.onFigure = (strip) => {
  toolbar.wire(strip);
  looking.wire(strip);
  hint.show();
};
strips.onPaint = () => {
  marks.paint();
  overview.draw();
  panels.paint();
  looking.paint();
  drawer.paint(true);
};
watchConnection(page.document);
watchHidden(page);
follow(page, "layout", (layout) => {
  strips.build(layout);
  panels.build(layout);
  looking.build();
  design.take(layout);
});
follow(page, "record", (record) => {
  if (record.empty) return sayEmpty("Nothing is recorded in here");
  setTimeout(() => toolbar.finished && sayEmpty("There are no numbers to draw in this recording"), 2000);
  toolbar.know(record);
  overview.take(record);
});
follow(page, "marks", (told) => {
  marks.take(told);
  looking.place();
});
follow(page, "past", ({busy, trouble}) => {
  document.getElementById("busy").hidden = !busy;
  const note = document.getElementById("trouble");
  note.hidden = !trouble;
  note.textContent = trouble && `The recording cannot be read, so the picture may not be whole: ${trouble}.`;
});
page.properties.trouble.change.connect(() => {
  const note = document.getElementById("wrong");
  note.hidden = !page.trouble;
  note.textContent = page.trouble && `This layout cannot be shown: ${page.trouble}`;
});
follow(page, "tick", (tick) => {
  strips.take(tick, toolbar);
  if (!tick.sources) return;
  readings.show(tick);
  drawer.tell(tick.channels);
  if (tick.channels && !toolbar.finished) sayEmpty("Nothing is drawn yet; C shows all channels");
  toolbar.tellPast(tick.sources, tick.now);
});
document.body.dataset.ready = "true";
