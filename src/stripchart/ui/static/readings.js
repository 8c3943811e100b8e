// The numbers: each channel's value now (or under the cursor), and what each source is doing.
import {make} from "./dom.js";
import {clockText, zoneName} from "./zone.js";

/** Five significant digits, without the noise of more. */
export function format(value) {
  if (value == null) return "–";
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(3);
  const digits = size >= 1000 ? 1 : size >= 100 ? 2 : size >= 1 ? 3 : 4;
  return value.toFixed(digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

const count = new Intl.NumberFormat();

/** How long ago a moment was. */
export function ago(milliseconds) {
  const seconds = Math.max(0, Math.round((Date.now() - milliseconds) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${count.format(Math.floor(seconds / 86_400))} d`;
}

export class Readings {
  constructor(strips, inspector) {
    this.strips = strips;
    this.inspector = inspector;
    this.sources = document.getElementById("sources");
    this.clock = document.getElementById("clock");
    this.values = [];
    this.rates = new Map();
    this.held = false;
  }

  show({values, sources}) {
    this.values = values;
    this.tick();
    this.tell();
    this.showSources(sources);
  }

  tick() {
    this.clock.textContent = `${clockText(Date.now())} ${zoneName()}`;
  }

  /** Write the values now; while the cursor reads a plot, `Hover` writes those under it instead. */
  tell() {
    let place = 0;
    for (const strip of this.strips.strips.values()) {
      for (const line of strip.lines) {
        const [value, stale] = this.values[place++] ?? [null, false];
        line.button.parentNode.classList.toggle("stale", stale);
        if (!this.held) this.write(line, value);
      }
    }
  }

  write(line, value) {
    const text = format(value);
    if (line.shown === text) return;
    line.shown = text;
    line.value.textContent = text;
    if (line.unit && value != null) line.value.append(make("small", "", line.unit));
  }

  showSources(sources) {
    while (this.sources.children.length > sources.length) this.sources.lastChild.remove();
    sources.forEach((source, place) => {
      let item = this.sources.children[place];
      if (item == null) {
        item = make("li", "", make("button", "name"), make("span", "state"), make("span", "facts"), make("span", "trouble"));
        item.firstChild.addEventListener("click", () => this.inspector.open(item.firstChild.textContent));
        item.firstChild.title = "What it sends, and what becomes of it";
        this.sources.append(item);
      }
      const [name, state, facts, trouble] = item.children;
      item.dataset.state = source.state;
      item.title = [source.url, source.status, source.decoder].filter(Boolean).join("\n");
      name.textContent = source.name;
      state.textContent = `${source.state} ${ago(source.since)}`;
      facts.textContent = [`${count.format(this.rate(source))}/s`, `${count.format(source.samples)} samples`, source.decoder].filter(Boolean).join(" · ");
      const wrong = [];
      if (source.reason) wrong.push(source.reason);
      if (source.rejected) wrong.push(`${count.format(source.rejected)} rejected (${Object.keys(source.reasons).join(", ")})`);
      if (source.refused) wrong.push(`${count.format(source.refused)} samples refused: too many channels`);
      if (source.reconnects) wrong.push(`back ${source.reconnects}×`);
      if (source.redelivered) wrong.push(`${count.format(source.redelivered)} messages sent again`);
      trouble.textContent = wrong.join(" · ");
    });
  }

  /** Samples a second over about the last two seconds. */
  rate(source) {
    const now = performance.now();
    const seen = this.rates.get(source.name) ?? [];
    seen.push([now, source.samples]);
    while (seen.length > 2 && now - seen[1][0] > 2000) seen.shift();
    this.rates.set(source.name, seen);
    const [[then, before]] = seen;
    const rate = now > then ? ((source.samples - before) * 1000) / (now - then) : 0;
    return rate >= 10 ? Math.round(rate) : Math.round(rate * 10) / 10;
  }
}
