// The dialog that sets up a panel: its kind, title and channels, and the options of the kind as the server tells them.
import {make} from "./dom.js";

export class PanelForm {
  constructor(design, catalogue) {
    this.design = design;
    this.catalogue = catalogue;
    this.dialog = document.getElementById("panel-form");
    this.body = this.dialog.querySelector(".body");
    this.kinds = [];
    this.savesTo = "";
    this.dialog.querySelector("[data-close]").addEventListener("click", () => this.dialog.close());
    this.dialog.querySelector("form").addEventListener("submit", () => this.apply());
  }

  /** Ask what channels there are, and once what kinds of panels. */
  async learn() {
    await this.catalogue.ask();
    if (this.kinds.length) return;
    const answer = await fetch("api/layout", {signal: AbortSignal.timeout(10_000)});
    if (answer.ok) ({kinds: this.kinds, saves_to: this.savesTo} = await answer.json());
  }

  /** Set up the panel at a place of the design, or a new one. */
  open(place) {
    this.place = place;
    this.panel = place == null ? {kind: "strip", channels: []} : structuredClone(this.design.whole.panel[place]);
    this.dialog.querySelector("h2").textContent = place == null ? "Add a panel" : "Set up the panel";
    this.build();
    this.dialog.showModal();
  }

  build() {
    const kind = this.kinds.find(({kind: name}) => name === this.panel.kind) ?? {options: [], text: ""};
    const choice = make("select", {name: "kind"}, ...this.kinds.map(({kind: name}) => make("option", {value: name, textContent: name})));
    choice.value = this.panel.kind;
    choice.addEventListener("change", () => {
      const {title, channels, width, height} = this.read();
      this.panel = {kind: choice.value, ...(title && {title}), ...(channels && {channels}), ...(width && {width}), ...(height && {height})};
      this.build();
    });
    const channels = make("textarea", {name: "channels", rows: 3, spellcheck: false, value: (this.panel.channels ?? []).join("\n")});
    this.body.replaceChildren(
      row("Kind", choice, kind.text),
      row("Title", make("input", {name: "title", value: this.panel.title ?? "", maxLength: 120})),
      row("Channels", make("div", {}, channels, this.picker(channels)), "A name or a pattern (house/*/temperature) a line."),
      ...kind.options.map((option) => row(title(option.name), field(option, this.panel[option.name]), option.text)),
    );
  }

  /** Known channels, to be added by choosing. */
  picker(channels) {
    const known = [...new Set(this.catalogue.entries.map(({name}) => name).filter(Boolean))].sort();
    const list = make("select", {}, make("option", {value: "", textContent: "Add a channel …"}), ...known.map((name) => make("option", {value: name, textContent: name})));
    list.setAttribute("aria-label", "Add a channel");
    list.addEventListener("change", () => {
      if (list.value) channels.value = [...channels.value.split("\n").filter(Boolean), list.value].join("\n");
      list.value = "";
    });
    return list;
  }

  /** What the form says, without what is usual. */
  read() {
    const {width, height} = this.panel;
    const panel = {kind: this.panel.kind, ...(width && {width}), ...(height && {height})};
    const said = new FormData(this.dialog.querySelector("form"));
    const text = (name) => String(said.get(name) ?? "").trim();
    if (text("title")) panel.title = text("title");
    const channels = text("channels").split("\n").map((line) => line.trim()).filter(Boolean);
    if (channels.length) panel.channels = channels;
    const kind = this.kinds.find(({kind: name}) => name === panel.kind);
    for (const {name, type, default: usual} of kind?.options ?? []) {
      const value = {
        boolean: () => said.has(name),
        number: () => (text(name) === "" ? null : Number(text(name))),
        integer: () => (text(name) === "" ? null : Number(text(name))),
        list: () => text(name).split(",").map((part) => part.trim()).filter(Boolean),
      }[type]?.() ?? (text(name) || null);
      if (value != null && JSON.stringify(value) !== JSON.stringify(usual) && !(Array.isArray(value) && !value.length)) panel[name] = value;
    }
    return panel;
  }

  apply() {
    const panel = this.read();
    this.design.change((table) => {
      if (this.place == null) table.panel.push(panel);
      else table.panel[this.place] = panel;
    });
  }
}

export function row(label, input, text = "") {
  const element = make("label", {className: "row"}, make("span", {textContent: label}), input);
  if (text) element.append(make("small", {textContent: text}));
  return element;
}

const title = (name) => name[0].toUpperCase() + name.slice(1).replaceAll("_", " ");

function field({name, type, choices, minimum, maximum, default: usual}, value) {
  if (type === "choice") {
    const select = make("select", {name}, ...choices.map((each) => make("option", {value: each, textContent: each})));
    select.value = value ?? usual ?? choices[0];
    return select;
  }
  if (type === "boolean") return make("input", {name, type: "checkbox", checked: value ?? usual ?? false});
  const input = make("input", {name, value: [value ?? usual ?? ""].flat().join(", ")});
  if (type === "number" || type === "integer") {
    Object.assign(input, {type: "number", step: type === "integer" ? 1 : "any"});
    if (minimum != null) input.min = minimum;
    if (maximum != null) input.max = maximum;
  }
  return input;
}
