// A console as a panel: of one source, or of the one that its viewer chooses.
import {Console} from "../console.js";
import {ask, make} from "../dom.js";

export class ConsolePanel {
  idle = true;

  constructor(body, told, {source = "", hex = false}) {
    this.body = body;
    this.hex = hex;
    if (source) {
      this.open(source);
      return;
    }
    this.choice = make("select", "find");
    this.choice.setAttribute("aria-label", "Source");
    this.choice.addEventListener("change", () => this.open(this.choice.value));
    this.choice.addEventListener("focus", () => this.learn());
    body.closest("section").querySelector("header").append(this.choice);
    this.learn();
  }

  /** Ask which sources there are; more may join. */
  async learn() {
    const {sources} = await ask("api/ledger").catch(() => ({sources: {}}));
    for (const name of Object.keys(sources).slice(this.choice.options.length)) this.choice.append(new Option(name));
    if (!this.console && this.choice.value) this.open(this.choice.value);
  }

  open(source) {
    this.close();
    this.body.replaceChildren();
    this.console = new Console(this.body, source, this.console?.hex ?? this.hex);
  }

  refresh() {
    return this.console?.poll.once();
  }

  close() {
    this.console?.close();
  }

  paint() {
    this.console?.repaint();
  }
}
