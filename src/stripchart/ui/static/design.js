// The page's design as its viewer changes it: sent to the server, which lays the page out anew, and kept in the address.
import {escape} from "./names.js";
import {recall, remember} from "./state.js";

/** Changes that can be taken back. */
const UNDO = 50;

export class Design {
  constructor(page) {
    this.page = page;
    /** What the page is made of now, as a table of a configuration: {panel, channel, rest, title}. */
    this.table = {};
    /** Called with the table when the page was laid out anew. */
    this.listeners = new Set();
    this.sent = "";
    /** What was wished for last, until the server has laid it out or said that it cannot. */
    this.wish = null;
    /** What the page was before its last changes. */
    this.before = [];
    page.properties.trouble.change.connect(() => (this.wish = null));
    const kept = recall("design");
    if (kept) unpack(kept).then((text) => this.send(text), () => remember("design", null));
  }

  /** Take what the server has laid out. Strips that came by themselves are written down, so that they can be changed. */
  take(layout) {
    this.strips = layout.strips;
    if (layout.generation !== this.generation) this.wish = null;
    this.generation = layout.generation;
    this.table = layout.design;
    for (const listen of this.listeners) listen(this.table);
  }

  /** Whether the viewer has changed anything. */
  get changed() {
    return this.sent !== "";
  }

  /** The design with every panel in it, also those that came by themselves. */
  get whole() {
    if (this.wish) return structuredClone(this.wish);
    const table = structuredClone(this.table);
    const own = this.strips.filter(({place}) => place == null).map((strip) => ({
      title: strip.title,
      channels: strip.lines.map(({channel}) => channel).filter(Boolean).map(escape),
    }));
    table.rest ??= !table.panel;
    table.panel = [...(table.panel ?? []), ...own.map((strip) => ({kind: "strip", ...strip}))];
    return table;
  }

  /** Change the design: `edit` is given a copy with every panel, and changes that. */
  change(edit) {
    const table = this.whole;
    this.keep();
    edit(table);
    this.use(table);
  }

  /** Remember how the page is. */
  keep() {
    this.before = [...this.before.slice(1 - UNDO), this.whole];
  }

  /** Take the last change back. */
  undo() {
    const table = this.before.pop();
    if (table) this.use(table);
  }

  use(table) {
    this.wish = table;
    this.send(JSON.stringify(table));
    pack(this.sent).then((text) => remember("design", text));
  }

  /** Back to the page as it was made. */
  reset() {
    this.keep();
    this.wish = null;
    this.send("");
    remember("design", null);
  }

  send(text) {
    this.sent = text;
    this.page.setv({design: text});
  }
}

/** A text as short as an address can hold it. */
async function pack(text) {
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function unpack(packed) {
  const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = await through(new DecompressionStream("deflate-raw"), Uint8Array.from(binary, (each) => each.charCodeAt(0)));
  return new TextDecoder().decode(bytes);
}

async function through(stream, bytes) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}
