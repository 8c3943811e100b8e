// A channel that is dragged, from the tree or a legend: onto a strip, or to where it gets one of its own.

export class Dragging {
  constructor(strips, channels) {
    this.strips = strips;
    this.channels = channels;
    this.name = null;
    this.own = document.getElementById("own-strip");
    addEventListener("dragover", (event) => this.over(event));
    addEventListener("drop", (event) => this.drop(event));
    addEventListener("dragend", () => this.end());
  }

  begin(event, name) {
    this.name = name;
    event.dataTransfer.setData("text/plain", name);
    event.dataTransfer.effectAllowed = "move";
    // Chromium gives up a drag that changes the page at once.
    setTimeout(() => this.name != null && document.body.classList.add("carries"));
  }

  over(event) {
    if (this.name == null) return;
    const target = this.find(event);
    if (target) event.preventDefault();
    this.mark(target);
  }

  /** What is under the pointer that takes a channel: a strip's section, or the place for a new one. */
  find({target}) {
    return target.closest?.("#strips > .strip, #own-strip");
  }

  drop(event) {
    const target = this.name != null && this.find(event);
    if (target) {
      event.preventDefault();
      const strip = [...this.strips.strips.values()].find(({section}) => section === target);
      if (strip || target === this.own) this.channels.put([this.name], strip ?? null);
    }
    this.end();
  }

  end() {
    this.name = null;
    this.mark(null);
    document.body.classList.remove("carries");
  }

  mark(target) {
    if (this.marked === target) return;
    this.marked?.classList.remove("takes");
    target?.classList.add("takes");
    this.marked = target;
  }
}
