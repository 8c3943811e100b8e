// A menu of things to do, at the pointer or below what it is about; it is left with a choice, Escape, or a press elsewhere.
import {make} from "./dom.js";

export class Menu {
  constructor() {
    this.box = document.getElementById("choices");
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("focusout", (event) => this.box.contains(event.relatedTarget) || this.close(false));
    addEventListener("pointerdown", (event) => this.box.contains(event.target) || this.close(false), {capture: true});
    addEventListener("resize", () => this.close(false));
  }

  /**
   * Open it.
   *
   * items: [{text, does, on?}] and [{head}]: `on` says whether something is so, which `does` changes.
   * at: {x, y} in the window; it stays within that.
   */
  open(label, items, {x, y}) {
    this.close(false);
    this.before = document.activeElement;
    this.box.setAttribute("aria-label", label);
    this.box.replaceChildren(...items.map(({text, head, on, does}) => {
      if (head) return make("p", {textContent: head, role: "presentation"});
      const button = make("button", {textContent: text, tabIndex: -1});
      button.setAttribute("role", on == null ? "menuitem" : "menuitemcheckbox");
      if (on != null) button.setAttribute("aria-checked", String(on));
      button.addEventListener("click", () => {
        this.close();
        does();
      });
      return button;
    }));
    this.box.hidden = false;
    const {width, height} = this.box.getBoundingClientRect();
    this.box.style.left = `${Math.max(4, Math.min(x, innerWidth - width - 4))}px`;
    this.box.style.top = `${Math.max(4, Math.min(y, innerHeight - height - 4))}px`;
    this.buttons[0]?.focus();
  }

  get buttons() {
    return [...this.box.querySelectorAll("button")];
  }

  close(back = true) {
    if (this.box.hidden) return;
    this.box.hidden = true;
    if (back) this.before?.focus();
  }

  key(event) {
    const {buttons} = this;
    const place = buttons.indexOf(document.activeElement);
    const to = {ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: -1}[event.key];
    event.stopPropagation();
    if (to != null) buttons.at(to % buttons.length).focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else return;
    event.preventDefault();
  }
}
