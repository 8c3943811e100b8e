// Notes that people write at a time: flags on the first strip, and a dialog that writes, lists, changes and takes them away.
import {make} from "./dom.js";
import {acrossOf, layerOf, partUnder, timeUnder} from "./layer.js";
import {momentText} from "./zone.js";

const PATIENCE = 10_000;
/** Pixels: a flag at most, and one that is too small for its text. */
const FLAG = 150;
const SLIM = 26;
/** Part of the view within which a key at the pointer means the note that is there. */
const REACH = 0.006;

/** Nanoseconds of a note's time: the server keeps whole microseconds, which a number here still tells apart. */
const exact = (milliseconds) => Math.round(milliseconds * 1000) * 1000;

export class Notes {
  constructor(strips, toolbar, marks, looking) {
    Object.assign(this, {strips, toolbar, marks, looking});
    this.flags = [];
    this.dialog = document.getElementById("notes");
    this.form = this.dialog.querySelector("form");
    this.label = this.form.querySelector("label");
    this.field = this.form.querySelector("input");
    this.said = this.dialog.querySelector("p");
    this.list = this.dialog.querySelector("ul");
    this.form.addEventListener("submit", (event) => this.save(event));
    this.dialog.querySelector("[data-close]").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    document.getElementById("note").addEventListener("click", () => this.open());
    strips.box.addEventListener("dblclick", (event) => {
      const strip = strips.at(event.target);
      if (event.shiftKey && partUnder(strip, event) === "frame") this.open(timeUnder(strip, event));
    });
  }

  /** Where a note is wanted: under the pointer, at cursor A, now, or in the middle of what is seen. */
  get wanted() {
    const {hover, cursors} = this.looking;
    const {start, end} = this.strips.range ?? {start: Date.now(), end: Date.now()};
    return hover.time ?? cursors.times[0] ?? (this.toolbar.live ? Date.now() : (start + end) / 2);
  }

  async open(time = this.wanted) {
    const {start, end} = this.strips.range ?? {start: time, end: time};
    const near = this.marks.near(time, (end - start) * REACH, "annotation");
    this.edit(near?.time ?? time, "");
    this.said.textContent = "";
    this.list.replaceChildren();
    this.dialog.showModal();
    await this.refresh();
    const there = near && this.notes.find(({time_ns: at}) => exact(at / 1e6) === exact(near.time));
    if (there && !this.field.value) this.edit(near.time, there.text);
  }

  /** Let the form write the note of a time. */
  edit(time, text) {
    this.time = time;
    this.label.textContent = `${text ? "Change the note" : "A note"} at ${momentText(time)}`;
    this.field.value = text;
    this.field.focus();
  }

  async refresh() {
    const {notes = [], older, refused, error} = await ask("api/notes");
    this.notes = notes;
    this.form.hidden = Boolean(refused);
    this.said.textContent = error ?? (refused || (older ? `The newest ${notes.length}; there are ${older} older ones.` : ""));
    this.list.replaceChildren(...notes.map((note) => this.item(note, !refused)).reverse());
  }

  item({time_ns: at, text}, may) {
    const item = document.createElement("li");
    const time = at / 1e6;
    const acts = document.createElement("div");
    item.append(make("time", "", momentText(time)), make("span", "", text), acts);
    const add = (name, does) => {
      const button = make("button", "", name);
      button.setAttribute("aria-label", `${name}: ${text}`);
      button.addEventListener("click", does);
      acts.append(button);
    };
    add("Show", () => this.show(time));
    if (may) {
      add("Change", () => this.edit(time, text));
      add("Remove", async () => (await this.write(time, "")) && this.refresh());
    }
    return item;
  }

  /** Bring a note into the middle of the view. */
  show(time) {
    const {start, end} = this.strips.range;
    this.dialog.close();
    this.toolbar.look(time - (end - start) / 2, time + (end - start) / 2);
  }

  async save(event) {
    event.preventDefault();
    const text = this.field.value.trim();
    if (!text) this.said.textContent = "There is nothing to save yet.";
    else if (await this.write(this.time, text)) this.dialog.close();
  }

  /** Tell the server; what is wrong is said. Returns whether all went well. */
  async write(time, text) {
    const body = JSON.stringify({time_ns: exact(time), text});
    const {error} = await ask("api/note", {method: "POST", headers: {"Content-Type": "application/json"}, body});
    this.said.textContent = error ?? "";
    return error == null;
  }

  /** Put the flags where their times are now; where there is no room for a text, the flag alone. */
  place() {
    const strip = this.strips.at(this.strips.box.querySelector(".strip") ?? document.body);
    const layer = strip && layerOf(strip);
    if (layer == null) return;
    if (this.shown !== this.marks.marks || this.on !== layer) this.raise(layer);
    const width = layer.clientWidth;
    const across = this.flags.map(({time}) => acrossOf(strip, time));
    this.flags.forEach(({flag}, place) => {
      const at = across[place];
      flag.hidden = at < 0 || at > width;
      if (flag.hidden) return;
      const room = Math.min(FLAG, (across[place + 1] ?? width) - at - 2, width - at);
      flag.style.transform = `translateX(${at.toFixed(1)}px)`;
      flag.style.maxWidth = `${Math.max(room, 8)}px`;
      flag.classList.toggle("slim", room < SLIM);
    });
  }

  /** Make the flags of other marks. */
  raise(layer) {
    for (const {flag} of this.flags) flag.remove();
    this.shown = this.marks.marks;
    this.on = layer;
    this.flags = this.shown.filter(({kind}) => kind === "annotation").map(({time, text}) => {
      const flag = make("button", "", text);
      flag.className = "flag";
      flag.title = `${text}\n${momentText(time)}`;
      flag.addEventListener("click", () => this.open(time));
      layer.append(flag);
      return {time, flag};
    });
  }
}

async function ask(address, options = {}) {
  try {
    return await (await fetch(address, {cache: "no-store", signal: AbortSignal.timeout(PATIENCE), ...options})).json();
  } catch (error) {
    return {error: `No answer: ${error.message}`};
  }
}
