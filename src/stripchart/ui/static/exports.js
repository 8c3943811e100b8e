// Take away what is shown: every sample of it from the server, or the picture as it stands.
import {drawing} from "./drawing.js";
import {picture, snapshot} from "./saving.js";
import {instantText} from "./zone.js";

const count = new Intl.NumberFormat();
const LINKS_LAST = 60_000;

export class Exports {
  constructor(strips, panels, marks, cursors) {
    Object.assign(this, {strips, panels, marks, cursors});
    this.menu = document.getElementById("export");
    this.note = this.menu.querySelector("p");
    this.menu.addEventListener("toggle", () => this.menu.open && this.tell());
    for (const link of this.menu.querySelectorAll("a")) {
      // The range moves on while live, so the link says what is shown when it is followed.
      for (const event of ["pointerdown", "focus", "click"]) link.addEventListener(event, () => this.aim(link));
    }
    for (const button of this.menu.querySelectorAll("button")) button.addEventListener("click", () => this.save(button.dataset.picture));
  }

  /** The lines that are not hidden (or all, if every one is), and how many there are. */
  lines() {
    const all = [...this.strips.strips.values()].flatMap((strip) => strip.lines);
    const shown = all.filter((line) => !this.strips.hidden.has(line.id));
    return [shown.length ? shown : all, all.length];
  }

  tell() {
    const [shown, many] = this.lines();
    const {range} = this.strips;
    const channels = shown.length === many ? "All channels" : `${count.format(shown.length)} of ${count.format(many)} channels`;
    this.note.textContent = range ? `${channels}\n${instantText(range.start)}\nto ${instantText(range.end)}` : "There is nothing to export yet.";
    for (const link of this.menu.querySelectorAll("a")) this.aim(link);
  }

  /** Point a link at what is shown; where nothing is hidden, at all channels there are. */
  aim(link) {
    const {range} = this.strips;
    if (range == null) return;
    const query = new URLSearchParams({format: link.dataset.format, start: nanoseconds(range.start), stop: nanoseconds(range.end)});
    const [shown, many] = this.lines();
    if (shown.length < many) for (const {channel} of shown) channel && query.append("channels", channel);
    link.search = query.toString();
  }

  async save(kind) {
    const {range} = this.strips;
    if (range == null) return;
    await this.panels.drawAll();
    const made = drawing(this.strips, this.panels, this.marks, this.cursors, document.title);
    const file = kind === "png" ? await picture(made) : await snapshot(made, document.title);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `${document.title} ${new Date(range.end).toISOString().slice(0, 19)}.${kind}`.replace(/[^\p{L}\p{N}. _-]+/gu, "-");
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), LINKS_LAST);
  }
}

/** Milliseconds as whole nanoseconds, which a number does not hold. */
function nanoseconds(time) {
  const whole = Math.floor(time);
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((time - whole) * 1e6)));
}
