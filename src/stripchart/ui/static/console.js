// The console of one source: what came and what was sent, byte for byte; for who may, a line to send, buttons, and the port.
import {Poll, ask, make, write} from "./dom.js";
import {Tail} from "./tail.js";
import {fineText, momentText} from "./zone.js";

const EVERY = 400;
/** Lines that are kept here, and typed ones that the arrow keys bring back. */
const KEPT = 2000;
const REMEMBERED = 100;
/** Milliseconds within which a button that asks is to be pressed again. */
const SURE = 4000;
const ENDINGS = [["\n", "LF"], ["\r\n", "CR LF"], ["\r", "CR"], ["", "no ending"], ["hex", "hex bytes"]];
const ARROWS = {in: "←", out: "→"};
const count = new Intl.NumberFormat();

export class Console {
  constructor(body, source, hex = false) {
    this.source = source;
    this.hex = hex;
    this.lines = [];
    this.after = 0;
    this.typed = [];
    body.classList.add("talk");
    this.tail = new Tail(body, `What ${source} sends`, (line) => this.row(line));
    this.form = make("form", "send");
    this.form.hidden = true;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendLine();
    });
    this.tools = make("div", "tools");
    this.said = make("output", "said");
    this.bytes = make("button", "", "Hex");
    this.bytes.setAttribute("aria-pressed", String(hex));
    this.bytes.addEventListener("click", () => this.setHex(!this.hex));
    this.port = make("button", "port");
    this.port.addEventListener("click", () => this.hand());
    this.buttons = make("span", "buttons");
    this.tools.append(this.bytes, this.buttons, this.port, this.said);
    body.append(this.form, this.tools);
    this.poll = new Poll(body, EVERY, () => this.refresh());
  }

  close() {
    this.poll.close();
  }

  repaint() {
    this.tail.repaint();
  }

  setHex(hex) {
    this.hex = hex;
    this.bytes.setAttribute("aria-pressed", String(hex));
    this.tail.repaint();
  }

  async refresh() {
    try {
      const told = await ask(`api/console?${new URLSearchParams({source: this.source, after: this.after})}`);
      if (this.trouble) this.say("");
      this.trouble = false;
      this.offer(told);
      this.take(told);
    } catch (error) {
      this.trouble = true;
      this.say(`No answer: ${error.message}`, true);
    }
  }

  take({lines, dropped}) {
    if (!lines.length) return;
    if (lines[0].number <= this.after) this.lines = []; // the monitor began anew
    else if (dropped && this.after) this.lines.push({key: `before ${lines[0].number}`, missing: dropped});
    this.lines = [...this.lines, ...lines.map((line) => ({key: line.number, ...line}))].slice(-KEPT);
    this.after = lines.at(-1).number;
    this.tail.show(this.lines);
  }

  row({time_ns: time, direction, topic, text, hex, size, missing}) {
    if (missing) return make("li", "missing", `${count.format(missing)} bytes are not shown: they came too fast`);
    const clock = make("time", "", fineText(time / 1e6));
    clock.title = momentText(time / 1e6);
    const way = make("span", "way", ARROWS[direction]);
    way.title = direction === "out" ? "sent" : "came";
    way.setAttribute("aria-label", way.title);
    way.setAttribute("role", "img");
    const shown = this.hex ? (hex.match(/../g) ?? []).join(" ") : text;
    const row = make("li", direction, clock, way);
    if (topic) row.append(make("b", "", topic));
    row.append(make("span", "text", shown));
    const more = size - hex.length / 2;
    if (more > 0) row.append(make("small", "", `… ${count.format(more)} more bytes`));
    return row;
  }

  /** Show what can be done: nothing to who may only watch. */
  offer({role, writable, released, state, topics, ending, buttons}) {
    const may = role === "control" && writable;
    this.form.hidden = !may;
    this.port.hidden = !may;
    write(this.port, released ? "Take back" : "Release");
    this.port.title = released ? "Open it again" : "Close it, so that another program can use it, such as one that flashes the device";
    this.released = released;
    const told = JSON.stringify([may, topics, ending, buttons]);
    if (told === this.offered) return;
    this.offered = told;
    if (may && !this.input) this.build(topics, ending);
    this.buttons.replaceChildren(...(may ? buttons.map((button) => this.button(button)) : []));
  }

  build(topics, ending) {
    this.input = Object.assign(make("input", "line"), {autocomplete: "off", spellcheck: false, placeholder: "Send a line"});
    this.input.setAttribute("aria-label", `Send to ${this.source}`);
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.topic = Object.assign(make("input", "topic"), {autocomplete: "off", spellcheck: false, placeholder: "Topic", required: topics, hidden: !topics});
    this.topic.setAttribute("aria-label", "Topic");
    this.ending = make("select", "ending", ...ENDINGS.map(([value, text]) => Object.assign(make("option", "", text), {value})));
    this.ending.setAttribute("aria-label", "What follows the line");
    this.ending.value = ending;
    this.form.append(this.topic, this.input, this.ending, make("button", "go", "Send"));
  }

  /** The arrow keys bring back what was typed before. */
  key(event) {
    const way = {ArrowUp: -1, ArrowDown: 1}[event.key];
    if (!way || event.isComposing) return;
    event.preventDefault();
    this.at ??= this.typed.length;
    if (this.at === this.typed.length) this.draft = this.input.value;
    this.at = Math.min(Math.max(this.at + way, 0), this.typed.length);
    this.input.value = this.typed[this.at] ?? this.draft;
  }

  async sendLine() {
    const {value} = this.input;
    const hex = this.ending.value === "hex";
    if (hex && !value.trim()) return;
    const sent = await this.send(hex ? {hex: value} : {text: value, ending: this.ending.value}, this.topic.value);
    if (!sent) return;
    if (value && this.typed.at(-1) !== value) this.typed = [...this.typed, value].slice(-REMEMBERED);
    this.at = null;
    if (this.input.value === value) this.input.value = "";
  }

  send(what, topic) {
    return this.act("api/send", {...what, ...(topic && {topic})});
  }

  hand() {
    return this.act("api/port", {action: this.released ? "take" : "release"});
  }

  /** Ask for something to be done; say what became of it, and return whether it was. */
  async act(url, wanted) {
    this.say("…");
    try {
      await ask(url, {source: this.source, ...wanted});
      this.say("");
      this.tail.follow();
      return true;
    } catch (error) {
      this.say(error.message, true);
      return false;
    } finally {
      this.poll.now();
    }
  }

  button({label, text, hex, topic, ending, confirm}) {
    const button = make("button", "", label);
    let sure = !confirm;
    button.addEventListener("click", () => {
      if (sure) {
        if (confirm) calm();
        this.send(hex == null ? {text, ending} : {hex}, topic);
        return;
      }
      sure = true;
      button.textContent = `${label}: sure?`;
      button.classList.add("sure");
      setTimeout(calm, SURE);
    });
    const calm = () => {
      sure = false;
      button.textContent = label;
      button.classList.remove("sure");
    };
    return button;
  }

  say(text, wrong = false) {
    write(this.said, text);
    this.said.classList.toggle("wrong", wrong);
  }
}
