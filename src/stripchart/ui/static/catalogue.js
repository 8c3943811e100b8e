// Every channel that the server knows, asked for when somebody wants to see them; what is known is not told again.
import {ask} from "./dom.js";

export class Catalogue {
  constructor() {
    /** By number: {number, name, source, label, unit, kind}, and `now` where it was asked for. */
    this.entries = [];
    this.version = 0;
    /** Channels that are not listed, because there are too many. */
    this.beyond = 0;
  }

  /** Ask for what has come, and for what some channels say now. */
  async ask(numbers = []) {
    const told = await ask(`api/tree?since=${this.version}&rows=${numbers}`);
    for (const [number, name, source, label, unit, kind] of told.channels) {
      this.entries[number] = {number, name, source, label, unit, kind, now: this.entries[number]?.now};
    }
    this.version = told.version;
    this.beyond = told.beyond;
    told.now.forEach(([value, stale, time, spark], place) => {
      const entry = this.entries[numbers[place]];
      if (entry) entry.now = {value, stale, time, spark};
    });
  }
}
