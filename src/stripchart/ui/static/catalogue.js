// Every channel that the server knows, asked for when somebody wants to see them; what is known is not told again.
import {ask} from "./dom.js";

/** Milliseconds after which a sparkline is asked for anew: about a pixel of it. */
const SPARK_EVERY = 5000;

export class Catalogue {
  constructor() {
    /** By number: {number, name, source, label, unit, kind}, and `now` and `spark` where they were asked for. */
    this.entries = [];
    this.version = 0;
    /** Channels that are not listed, because there are too many. */
    this.beyond = 0;
  }

  /** Ask for what has come, and for what some channels say now. */
  async ask(numbers = []) {
    const due = performance.now() - SPARK_EVERY;
    const old = numbers.filter((number) => !(this.entries[number]?.sparked > due));
    const told = await ask(`api/tree?since=${this.version}&rows=${numbers}&sparks=${old}`);
    for (const [number, name, source, label, unit, kind] of told.channels) {
      const {now, spark, sparked} = this.entries[number] ?? {};
      this.entries[number] = {number, name, source, label, unit, kind, now, spark, sparked};
    }
    this.version = told.version;
    this.beyond = told.beyond;
    told.now.forEach(([value, stale, time], place) => Object.assign(this.entries[numbers[place]] ?? {}, {now: {value, stale, time}}));
    told.sparks.forEach((spark, place) => Object.assign(this.entries[old[place]] ?? {}, {spark, sparked: performance.now()}));
  }
}
