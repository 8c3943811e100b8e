// What a first visitor is told: how to look around. A browser shows it once, when there is something to look at.
const SEEN = "stripchart-hint";

export class Hint {
  constructor(keys) {
    this.box = document.getElementById("hint");
    const [more, close] = this.box.querySelectorAll("button");
    more.addEventListener("click", () => {
      this.box.hidden = true;
      keys.open();
    });
    close.addEventListener("click", () => (this.box.hidden = true));
  }

  show() {
    if (isSeen()) return;
    this.box.hidden = false;
    localStorage.setItem(SEEN, "1");
  }
}

/** Where a browser keeps nothing, it would be told each time: then it is not. */
function isSeen() {
  try {
    return localStorage.getItem(SEEN) != null;
  } catch {
    return true;
  }
}
