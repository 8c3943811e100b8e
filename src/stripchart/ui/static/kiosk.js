// A page on a wall: the panels alone. K turns it on and off, Escape off; see keys.js.
import {recall, remember} from "./state.js";

export class Kiosk {
  constructor(design) {
    this.set(recall("kiosk") === "1", false);
    const begin = (table) => {
      design.listeners.delete(begin);
      if (table.kiosk && recall("kiosk") == null) this.set(true, false);
    };
    design.listeners.add(begin);
  }

  set(on, lasting = true) {
    this.on = on;
    document.body.classList.toggle("kiosk", on);
    if (lasting) remember("kiosk", on ? "1" : "0");
  }
}
