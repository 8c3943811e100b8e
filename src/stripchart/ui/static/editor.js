// Editing the page: panels are moved, sized, removed, added and set up where they stand, and the whole is saved as TOML.
import {make} from "./dom.js";
import {PanelForm} from "./form.js";

const COLUMNS = 12;
const MAX_HEIGHT = 12;

export class Editor {
  constructor(design, panels, catalogue) {
    this.design = design;
    this.box = panels.strips.box;
    this.on = false;
    this.form = new PanelForm(design, catalogue);
    this.button = document.getElementById("edit");
    this.bar = document.getElementById("editing");
    this.said = this.bar.querySelector(".said");
    this.button.addEventListener("click", () => this.toggle());
    for (const [name, does] of Object.entries({
      add: () => this.form.open(null),
      save: () => this.save(),
      file: () => this.download(),
      undo: () => this.design.undo(),
      reset: () => this.design.reset(),
      done: () => this.toggle(false),
    })) this.bar.querySelector(`[data-do="${name}"]`).addEventListener("click", does);
    this.rest = this.bar.querySelector('[name="rest"]');
    this.rest.addEventListener("change", () => this.change((_, table) => (table.rest = this.rest.checked)));
    design.listeners.add(() => this.on && requestAnimationFrame(() => this.dress()));
  }

  async toggle(on = !this.on) {
    this.on = on;
    document.body.classList.toggle("edits", on);
    this.button.setAttribute("aria-pressed", String(on));
    this.bar.hidden = !on;
    this.said.textContent = "";
    for (const handle of this.box.querySelectorAll(".handles")) handle.remove();
    if (!on) return;
    await this.form.learn();
    this.bar.querySelector('[data-do="save"]').hidden = !this.form.savesTo;
    // What came by itself is written down, so that everything has a place that can be changed.
    if (this.design.strips.some(({place}) => place == null)) this.design.change(() => {});
    else this.dress();
  }

  /** Give every panel its handles. */
  dress() {
    this.rest.checked = this.design.whole.rest;
    for (const section of this.box.children) {
      if (section.dataset.place !== "" && !section.querySelector(".handles")) section.append(this.handles(section), this.corner(section));
    }
    this.box.querySelector(`[data-place="${this.refocus}"] .grip`)?.focus();
    this.refocus = null;
  }

  handles(section) {
    const name = section.getAttribute("aria-label");
    const box = document.createElement("div");
    box.className = "handles";
    const add = (text, label, does) => {
      const button = make("button", {textContent: text, title: label});
      button.setAttribute("aria-label", `${label}: ${name}`);
      button.addEventListener("click", () => does(Number(section.dataset.place)));
      box.append(button);
      return button;
    };
    const grip = add("⠿", "Drag to move (or the arrow keys)", () => {});
    grip.classList.add("grip");
    grip.addEventListener("pointerdown", (event) => this.drag(section, event));
    grip.addEventListener("keydown", (event) => {
      const step = {ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1}[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      this.move(Number(section.dataset.place), step);
    });
    add("−", "Narrower", (place) => this.size(place, -1, 0));
    add("+", "Wider", (place) => this.size(place, 1, 0));
    add("↑", "Shorter", (place) => this.size(place, 0, -1));
    add("↓", "Taller", (place) => this.size(place, 0, 1));
    add("⚙", "Set up", (place) => this.form.open(place));
    add("✕", "Remove", (place) => this.remove(place));
    return box;
  }

  corner(section) {
    const corner = document.createElement("i");
    corner.className = "handles corner";
    corner.title = "Drag to size";
    corner.addEventListener("pointerdown", (event) => this.stretch(section, event));
    return corner;
  }

  /** Change the panels. */
  change(edit) {
    this.design.change((table) => edit(table.panel, table));
  }

  /** A panel that is removed shall not come back by itself. */
  remove(place) {
    this.change((panels, table) => {
      panels.splice(place, 1);
      table.rest = false;
    });
  }

  move(place, step) {
    this.refocus = Math.max(0, Math.min(this.design.table.panel.length - 1, place + step));
    this.change((panels) => {
      const [panel] = panels.splice(place, 1);
      panels.splice(Math.max(0, Math.min(panels.length, place + step)), 0, panel);
    });
  }

  size(place, wider, higher) {
    this.change((panels) => {
      const panel = panels[place];
      panel.width = within((panel.width ?? COLUMNS) + wider, 1, COLUMNS);
      panel.height = within((panel.height ?? 1) + higher, 1, MAX_HEIGHT);
    });
  }

  /** Move a panel by hand: it takes the place of the one under the pointer. */
  drag(section, event) {
    event.preventDefault();
    section.classList.add("dragged");
    this.follow(event, (moved) => {
      const under = document.elementsFromPoint(moved.clientX, moved.clientY).map((each) => each.closest("#strips > section"));
      const other = under.find((each) => each && each !== section && each.dataset.place !== "");
      if (!other) return;
      const after = section.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
      other[after ? "after" : "before"](section);
    }, () => {
      section.classList.remove("dragged");
      const order = [...this.box.children].map(({dataset}) => dataset.place).filter((place) => place !== "").map(Number);
      if (order.some((place, at) => at && place < order[at - 1])) {
        this.change((panels) => panels.splice(0, order.length, ...order.map((place) => panels[place])));
      }
    });
  }

  /** Size a panel by its corner, in steps of the grid. */
  stretch(section, event) {
    event.preventDefault();
    const box = section.getBoundingClientRect();
    const width = Number(section.style.getPropertyValue("--width")) || COLUMNS;
    const height = Number(section.style.getPropertyValue("--height")) || 1;
    const column = this.box.clientWidth / COLUMNS;
    const row = box.height / height;
    let size = [width, height];
    this.follow(event, ({clientX, clientY}) => {
      size = [within(Math.round((clientX - box.left) / column), 1, COLUMNS), within(Math.round((clientY - box.top) / row), 1, MAX_HEIGHT)];
      section.style.setProperty("--width", size[0]);
      section.style.setProperty("--height", size[1]);
    }, () => {
      const place = Number(section.dataset.place);
      if (size[0] !== width || size[1] !== height) this.change((panels) => Object.assign(panels[place], {width: size[0], height: size[1]}));
    });
  }

  follow(event, move, end) {
    const target = event.target;
    target.setPointerCapture(event.pointerId);
    target.addEventListener("pointermove", move);
    const stop = () => {
      target.removeEventListener("pointermove", move);
      end();
    };
    target.addEventListener("pointerup", stop, {once: true});
    target.addEventListener("pointercancel", stop, {once: true});
  }

  async save() {
    const told = await (await this.post("api/layout/save")).json();
    this.said.textContent = told.saved ? `Saved to ${told.saved}` : told.error;
  }

  async download() {
    const answer = await this.post("api/layout");
    if (!answer.ok) {
      this.said.textContent = (await answer.json()).error;
      return;
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = "layout.toml";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    this.said.textContent = "For: stripchart run … --layout layout.toml";
  }

  post(url) {
    return fetch(url, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(this.design.whole), signal: AbortSignal.timeout(10_000)});
  }
}

const within = (value, low, high) => Math.max(low, Math.min(high, value));
