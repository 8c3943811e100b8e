// What keys do, and the dialog that lists it together with what a hand can do.
import {make} from "./dom.js";

/** Parts of a view that an arrow moves by, without and with Shift; and by which + and − zoom. */
const STEP = 0.1;
const SCREEN = 1;
const CLOSER = 0.5;

const GESTURES = [
  ["Drag", "Pan through time; with Zoom a box to look closer, with Measure a span to measure"],
  ["Wheel", "Look closer or further"],
  ["Double click", "Back to live; with Shift a note at that time"],
  ["Click with Measure", "Set cursor A, then B; drag them by hand, with Alt between samples"],
  ["Wheel over a y axis", "Zoom that axis, and lock it"],
  ["Double click on a y axis", "Fit it to what is seen again"],
  ["Click on a name in the legend", "Hide or show a line, with Alt show it alone"],
  ["Right click on a channel", "What else can be done with it"],
  ["Drag a channel", "Draw it on another strip"],
];

export class Keys {
  constructor(toolbar, looking, editor, kiosk, drawer) {
    Object.assign(this, {looking, editor, kiosk});
    this.dialog = document.getElementById("help");
    this.commands = [
      {keys: [" "], shown: "Space", text: "Pause, or go on", run: () => toolbar.button.click()},
      {keys: ["l"], shown: "L", text: "Live", run: () => toolbar.follow()},
      {keys: ["ArrowLeft"], shown: "←", text: "Back by a tenth, with Shift by a screen", run: ({shiftKey}) => toolbar.pan(shiftKey ? -SCREEN : -STEP)},
      {keys: ["ArrowRight"], shown: "→", text: "On by a tenth, with Shift by a screen", run: ({shiftKey}) => toolbar.pan(shiftKey ? SCREEN : STEP)},
      {keys: ["+", "="], shown: "+", text: "Look closer", run: () => toolbar.scale(CLOSER)},
      {keys: ["-", "_"], shown: "−", text: "Look further", run: () => toolbar.scale(1 / CLOSER)},
      {keys: ["Home"], shown: "Home", text: "All there is", run: () => toolbar.choose("all")},
      {keys: ["End"], shown: "End", text: "Live", run: () => toolbar.follow()},
      {keys: ["m"], shown: "M", text: "Measure, or pan again", run: () => toolbar.setDrag(toolbar.drag === "measure" ? "pan" : "measure")},
      {keys: ["n"], shown: "N", text: "Write a note at the pointer's time, or now; and all notes", run: () => looking.notes.open()},
      {keys: ["y"], shown: "Y", text: "Lock the y axis of the strip under the pointer, or all", run: () => looking.lock()},
      {keys: ["c"], shown: "C", text: "All channels, or close them", run: () => drawer.set(!drawer.open)},
      {keys: ["x"], shown: "X", text: "Clear: hide what came before now; once more shows it again", run: () => toolbar.clear()},
      {keys: ["u"], shown: "U", text: "Times in UTC, or by this browser's clock", run: () => toolbar.nextZone()},
      {keys: ["t"], shown: "T", text: "Theme: system, light, dark", run: () => toolbar.nextTheme()},
      {keys: ["e"], shown: "E", text: "Edit the page, or be done", run: () => editor.toggle()},
      {keys: ["k"], shown: "K", text: "The panels alone, as on a wall", run: () => kiosk.set(!kiosk.on)},
      {keys: ["Escape"], shown: "Esc", text: "Take the cursors away; leave what was begun", run: () => this.escape()},
      {keys: ["?"], shown: "?", text: "These keys", run: () => this.open()},
    ];
    addEventListener("keydown", (event) => this.key(event));
    document.getElementById("keys").addEventListener("click", () => this.open());
    document.getElementById("kiosk").addEventListener("click", () => kiosk.set(true));
    this.dialog.querySelector("[data-close]").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    this.list();
  }

  /** Nothing happens while somebody types, in a dialog, or where another has used the key. */
  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (event.key === " " && event.target.closest("button, summary, a")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const command = this.commands.find(({keys}) => keys.includes(key));
    if (command == null) return;
    event.preventDefault();
    command.run(event);
  }

  /** Of what is on, the outermost ends. */
  escape() {
    const {looking, editor, kiosk} = this;
    if (editor.on) editor.toggle(false);
    else if (kiosk.on) kiosk.set(false);
    else looking.escape();
  }

  open() {
    this.dialog.showModal();
  }

  /** Write the dialog; what a key does, a click there does too. */
  list() {
    const body = this.dialog.querySelector(".body");
    const commands = document.createElement("ul");
    for (const command of this.commands.filter(({shown}) => shown !== "?")) {
      const button = document.createElement("button");
      button.append(make("kbd", "", command.shown), make("span", "", command.text));
      button.addEventListener("click", (event) => {
        this.dialog.close();
        command.run(event);
      });
      commands.append(document.createElement("li"));
      commands.lastChild.append(button);
    }
    const gestures = document.createElement("dl");
    for (const [gesture, text] of GESTURES) gestures.append(make("dt", "", gesture), make("dd", "", text));
    body.append(make("h3", "", "Keys"), commands, make("h3", "", "By hand"), gestures);
  }
}
