// Small things that several modules make and ask for.

/** Make an element with texts and children; `looks` is its class, or properties of any names. */
export function make(tag, looks, ...content) {
  const element = Object.assign(document.createElement(tag), typeof looks === "string" ? {className: looks} : looks);
  element.append(...content);
  return element;
}

/** A value of the style sheet that is the same everywhere, such as a colour of the theme. */
export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Write a text unless it stands there: what is selected stays so. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Words to look for, of what was typed; `holds(text)` says whether a text has them all. */
export function search(typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => !words.length || words.every((word) => text.toLowerCase().includes(word));
}

/** Ask the server, with patience for ten seconds; what is given is sent as JSON. */
export async function ask(url, given) {
  const sent = given && {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(given)};
  const answer = await fetch(url, {cache: "no-store", signal: AbortSignal.timeout(10_000), ...sent});
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error ?? `the server said ${answer.status}`);
  return told;
}

/** Does something again and again while somebody looks at an element: not out of sight, nor in a hidden tab. */
export class Poll {
  constructor(element, pause, act) {
    this.pause = pause;
    this.act = act;
    this.visible = this.busy = this.again = false;
    this.seen = new IntersectionObserver((entries) => {
      this.visible = entries.at(-1).isIntersecting;
      this.now();
    });
    this.seen.observe(element);
    this.wake = () => this.now();
    document.addEventListener("visibilitychange", this.wake);
  }

  /** Do it at once, or as soon as what is being done has ended. */
  async now() {
    clearTimeout(this.waiting);
    this.again = this.busy;
    if (this.busy || !this.visible || document.hidden) return;
    this.busy = true;
    await this.act();
    this.busy = false;
    if (this.again) this.now();
    else this.waiting = setTimeout(this.wake, this.pause);
  }

  /** Do it once, even if nobody looks. */
  async once() {
    if (this.busy) return;
    this.busy = true;
    await this.act();
    this.busy = false;
    if (this.again) this.now();
  }

  close() {
    clearTimeout(this.waiting);
    this.seen.disconnect();
    this.visible = false;
    document.removeEventListener("visibilitychange", this.wake);
  }
}
