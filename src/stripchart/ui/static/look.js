// The form that says how a channel is shown: its name, unit, scale, offset and colour.
import {make} from "./dom.js";
import {row} from "./form.js";

const COLOURS = 16;

export class LookForm {
  constructor(channels) {
    this.channels = channels;
    this.dialog = document.getElementById("look-form");
    this.body = this.dialog.querySelector(".body");
    const close = () => this.dialog.close();
    this.dialog.querySelector("[data-close]").addEventListener("click", close);
    this.dialog.querySelector("[data-plain]").addEventListener("click", () => {
      close();
      this.channels.restyle(this.channel, {});
    });
    this.dialog.querySelector("form").addEventListener("submit", () => this.channels.restyle(this.channel, this.read()));
  }

  open(channel) {
    this.channel = channel;
    const look = this.channels.look(channel.name);
    const rows = [
      row("Name", make("input", {name: "name", value: look.name ?? "", maxLength: 120, placeholder: channel.label, autofocus: true})),
      row("Unit", make("input", {name: "unit", value: look.unit ?? "", maxLength: 40, placeholder: channel.unit})),
    ];
    if (channel.kind !== "text") {
      const number = (name, usual) => make("input", {name, type: "number", step: "any", value: look[name] ?? "", placeholder: usual});
      rows.push(
        row("Scale", number("scale", "1"), "What is shown is the value × scale + offset."),
        row("Offset", number("offset", "0")),
        swatches(look.colour ?? 0),
      );
    }
    this.dialog.querySelector("h2").textContent = channel.label;
    this.body.replaceChildren(...rows);
    this.dialog.showModal();
  }

  /** What the form says, without what is as it came. */
  read() {
    const said = new FormData(this.dialog.querySelector("form"));
    const look = {};
    for (const name of ["name", "unit"]) {
      const text = String(said.get(name) ?? "").trim();
      if (text) look[name] = text;
    }
    for (const [name, usual] of [["scale", 1], ["offset", 0], ["colour", 0]]) {
      const text = String(said.get(name) ?? "");
      if (text !== "" && Number(text) !== usual) look[name] = Number(text);
    }
    return look;
  }
}

/** One of the palette's colours, or the next that is free. */
function swatches(chosen) {
  const box = make("fieldset", {className: "swatches row"}, make("legend", {textContent: "Colour"}));
  for (let colour = 0; colour <= COLOURS; colour++) {
    const input = make("input", {type: "radio", name: "colour", value: colour, checked: colour === chosen});
    input.setAttribute("aria-label", colour ? `Colour ${colour}` : "The next that is free");
    const ink = make("i", {title: input.getAttribute("aria-label"), textContent: colour ? "" : "auto"});
    if (colour) ink.style.background = `var(--c${colour - 1})`;
    box.append(make("label", {}, input, ink));
  }
  return box;
}
