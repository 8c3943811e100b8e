// The drawer with the tree of all channels. Only rows in sight are in the page, and only they are asked for.
import {Poll, write} from "./dom.js";
import {recall, remember} from "./state.js";
import {channelsIn, Tree} from "./tree.js";
import {Row} from "./treerow.js";

/** Milliseconds between two questions, and until rows that have come into sight are asked for. */
const ASK_EVERY = 1000;
const ASK_SOON = 200;
/** How many times as long as the answer took it is not asked again. */
const PAUSE = 5;
/** Rows beyond the edge of what is seen. */
const SPARE = 4;
const many = new Intl.NumberFormat();

export class Drawer {
  constructor(catalogue, channels, design, dragging) {
    Object.assign(this, {catalogue, channels, dragging});
    this.tree = new Tree();
    this.rows = [];
    this.version = -1;
    this.shown = new Map();
    this.button = document.getElementById("channels-button");
    this.box = document.getElementById("channels");
    this.list = this.box.querySelector(".tree");
    this.sheet = this.box.querySelector(".sheet");
    this.search = this.box.querySelector("input");
    this.said = this.box.querySelector(".said");
    this.counts = this.box.querySelector(".counts");
    this.pool = [];
    this.button.addEventListener("click", () => this.set(!this.open));
    this.box.querySelector("[data-close]").addEventListener("click", () => this.set(false));
    this.search.addEventListener("input", () => {
      this.list.scrollTop = 0;
      this.active = null;
      this.lay();
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      this.list.focus();
    });
    this.list.addEventListener("scroll", () => this.paint());
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("focus", () => this.activate(this.active ?? this.rows[0]?.key));
    this.list.addEventListener("click", (event) => this.press(event));
    this.list.addEventListener("contextmenu", (event) => this.menu(event));
    this.list.addEventListener("dragstart", (event) => {
      const {entry} = this.rowOf(event.target) ?? {};
      if (entry && channels.canDraw(entry)) dragging.begin(event, entry.name);
      else event.preventDefault();
    });
    new ResizeObserver(() => this.paint()).observe(this.list);
    const bar = document.querySelector(".bar");
    new ResizeObserver(() => document.body.style.setProperty("--bar", `${bar.offsetHeight}px`)).observe(bar);
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.set(false);
    });
    this.poll = new Poll(this.box, ASK_EVERY, () => this.ask());
    channels.onSay = (text) => (this.said.textContent = text);
    design.listeners.add(() => this.learn());
    if (recall("channels") === "1") this.set(true, false);
  }

  get open() {
    return !this.box.hidden;
  }

  set(open, byHand = true) {
    this.box.hidden = !open;
    document.body.classList.toggle("lists", open);
    this.button.setAttribute("aria-expanded", String(open));
    this.said.textContent = "";
    remember("channels", open ? "1" : null);
    this.lay();
    if (byHand) (open ? this.search : this.button).focus();
  }

  /** How many channels there are, which the page is told while the drawer is closed, too. */
  tell(count) {
    write(this.button.querySelector("small"), count ? many.format(count) : "");
  }

  /** The page was laid out anew, or says other things of its channels. */
  learn() {
    this.version = -1;
    this.lay();
  }

  /** Find the rows, where the catalogue, the design, the search or the groups that are open have changed. */
  lay() {
    if (!this.open) return;
    if (this.version !== this.catalogue.version) {
      this.version = this.catalogue.version;
      this.tree.take(this.catalogue.entries, this.channels.looks);
    }
    const {rows, found} = this.tree.rows(this.search.value);
    this.rows = rows;
    this.places = new Map(rows.map(({key}, place) => [key, place]));
    const total = this.tree.entries.length;
    const none = this.box.querySelector(".none");
    none.hidden = rows.length > 0;
    none.textContent = total ? "No channel is called so." : "No channel has come yet.";
    this.list.hidden = !rows.length;
    const drawn = this.channels.lines.size;
    const texts = [found < total ? `${many.format(found)} of ${many.format(total)}` : many.format(total), `${many.format(drawn)} drawn`];
    if (this.catalogue.beyond) texts.push(`${many.format(this.catalogue.beyond)} more are not listed`);
    write(this.counts, texts.join(" · "));
    this.paint(true);
  }

  /** Put the rows in sight into the page. */
  paint(anew = false) {
    if (!this.open) return;
    const height = parseFloat(getComputedStyle(this.list).getPropertyValue("--row"));
    this.sheet.style.height = `${this.rows.length * height}px`;
    const first = Math.max(0, Math.floor(this.list.scrollTop / height) - SPARE);
    const stop = Math.min(this.rows.length, Math.ceil((this.list.scrollTop + this.list.clientHeight) / height) + SPARE);
    const slots = Math.max(this.pool.length, stop - first);
    while (this.pool.length < slots) this.sheet.append((this.pool[this.pool.length] = new Row(this.pool.length)).element);
    const {lines} = this.channels;
    const free = new Set(this.pool);
    for (let place = first; place < stop; place++) {
      const slot = this.pool[place % slots];
      free.delete(slot);
      const row = this.rows[place];
      if (anew || slot.row !== row) slot.show(row, place * height, row.entry && lines.get(row.entry.name), this.channels);
      slot.activate(row.key === this.active);
    }
    for (const slot of free) slot.hide();
    this.point();
    clearTimeout(this.soon);
    if (this.seen.some(({now}) => !now)) this.soon = setTimeout(() => this.poll.now(), ASK_SOON);
  }

  /** The channels in sight. */
  get seen() {
    return this.pool.map(({row}) => row?.entry).filter(Boolean);
  }

  /** Ask for what is in sight. */
  async ask() {
    const began = performance.now();
    try {
      await this.catalogue.ask(this.seen.map(({number}) => number));
      if (this.version !== this.catalogue.version) this.lay();
      for (const slot of this.pool) slot.tell();
    } catch {
      // The page says that the server is gone; it is asked again.
    }
    this.poll.pause = Math.max(ASK_EVERY, PAUSE * (performance.now() - began));
  }

  rowOf(target) {
    const element = target.closest?.("[role=treeitem]");
    return element && this.pool.find((slot) => slot.element === element)?.row;
  }

  press(event) {
    const row = this.rowOf(event.target);
    if (!row) return;
    this.activate(row.key);
    if (event.target.closest(".more")) this.menu(event);
    else this.act(row, event, event.altKey);
  }

  act(row, event, alone = false) {
    if (row.entry) this.channels.press(row.entry, this.at(event, row), alone);
    else this.toggle(row);
  }

  toggle(row) {
    if (this.search.value.trim()) return;
    this.tree.toggle(row);
    this.lay();
  }

  menu(event, row = this.rowOf(event.target) ?? this.rows[this.places.get(this.active)]) {
    if (!row) return;
    event.preventDefault();
    this.activate(row.key);
    if (row.entry) this.channels.open(row.entry, this.at(event, row));
    else this.channels.openGroup(row.name, channelsIn(row.node), this.at(event, row));
  }

  /** Where a menu is to open: at the pointer, or below the row. */
  at({clientX: x, clientY: y, target}, row) {
    if (x && y && target !== this.list) return {x, y};
    const {left, bottom} = this.pool.find((slot) => slot.row === row).element.getBoundingClientRect();
    return {x: left + 40, y: bottom};
  }

  /** Choose the row that the keys are about, and bring it into sight. */
  activate(key) {
    if (key == null) return;
    this.active = key;
    const place = this.places.get(key);
    const height = this.sheet.clientHeight / this.rows.length;
    const {scrollTop, clientHeight} = this.list;
    if (place * height < scrollTop) this.list.scrollTop = place * height;
    if ((place + 1) * height > scrollTop + clientHeight) this.list.scrollTop = (place + 1) * height - clientHeight;
    this.paint();
  }

  /** Tell assistive technology which row that is. */
  point() {
    const slot = this.active != null && this.pool.find(({row}) => row?.key === this.active);
    if (slot) this.list.setAttribute("aria-activedescendant", slot.element.id);
    else this.list.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const place = this.places.get(this.active) ?? 0;
    const row = this.rows[place];
    const page = Math.max(1, Math.floor((this.list.clientHeight / this.sheet.clientHeight) * this.rows.length) - 1);
    const to = {ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + page, PageUp: place - page, Home: 0, End: Infinity}[event.key];
    if (to != null) this.activate(this.rows[Math.max(0, Math.min(this.rows.length - 1, to))]?.key);
    else if (event.key === "ArrowRight" && row.entry) this.menu(event, row);
    else if (event.key === "ArrowRight") row.open ? this.activate(this.rows[place + 1]?.key) : this.toggle(row);
    else if (event.key === "ArrowLeft" && row.open) this.toggle(row);
    else if (event.key === "ArrowLeft") this.activate(row.parent?.key);
    else if (event.key === "Enter" || event.key === " ") this.act(row, event);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
