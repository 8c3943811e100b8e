// What can be done with a channel, wherever it is met: in the tree or in a legend. All of it changes the page's design.
import {LookForm} from "./look.js";
import {Menu} from "./menu.js";
import {escape, Looks, matches} from "./names.js";

/** Lines that the strips of a design draw at most; see `MAX_CHOSEN` of the server. */
const MOST_LINES = 256;

export class Channels {
  constructor(design, strips) {
    this.design = design;
    this.strips = strips;
    this.menu = new Menu();
    this.form = new LookForm(this);
    this.looks = new Looks();
    /** Told what was done, or why not. */
    this.onSay = null;
    design.listeners.add(({channel}) => (this.looks = new Looks(channel)));
  }

  /** The lines that are drawn, by the names of their channels: {strip, line}. */
  get lines() {
    const lines = new Map();
    for (const strip of this.strips.strips.values()) {
      for (const line of strip.lines) lines.set(line.channel, {strip, line});
    }
    return lines;
  }

  /** What the page says of a channel, also when it was told just now. */
  look(name) {
    return new Looks(this.design.whole.channel).of(name) ?? {};
  }

  isShown({line}) {
    return !this.strips.hidden.has(line.id);
  }

  /** What a press on a channel does: a line is hidden or shown, another gets one. */
  press(channel, at, alone = false) {
    const drawn = this.lines.get(channel.name);
    if (drawn && alone) this.strips.solo(drawn.strip, drawn.line);
    else if (drawn) this.strips.toggle(drawn.line);
    else if (this.canDraw(channel)) this.put([channel.name], this.home(channel));
    else this.open(channel, at);
  }

  canDraw({name, kind}) {
    return Boolean(name) && kind !== "text";
  }

  /** Open the menu of a channel: {name, label, unit, kind}. */
  open(channel, at) {
    const drawn = this.lines.get(channel.name);
    const items = [];
    if (drawn) {
      items.push({text: "Shown", on: this.isShown(drawn), does: () => this.strips.toggle(drawn.line)});
      items.push({text: "Alone on its strip", does: () => this.strips.solo(drawn.strip, drawn.line)});
    }
    if (this.canDraw(channel)) {
      const strips = [...this.strips.strips.values()].filter((strip) => strip !== drawn?.strip);
      items.push({head: drawn ? "Move to" : "Draw on"});
      items.push(...strips.map((strip) => ({text: titleOf(strip, strips), does: () => this.put([channel.name], strip)})));
      if (drawn?.strip.lines.length !== 1) items.push({text: "A new strip", does: () => this.put([channel.name], null)});
      items.push({head: "This channel"});
    }
    if (channel.name) items.push({text: "Name, unit, scale, colour …", does: () => this.form.open(channel)});
    if (drawn && channel.name) items.push({text: "Remove from the page", does: () => this.remove([channel.name])});
    if (!items.length) items.push({text: "Its name is too long to be told", does: () => {}});
    this.menu.open(`Channel ${channel.label}`, items, at);
  }

  /** Open the menu of several channels together. */
  openGroup(label, channels, at) {
    const all = this.lines;
    const drawn = channels.flatMap(({name}) => all.get(name) ?? []);
    const names = channels.filter((channel) => this.canDraw(channel)).map(({name}) => name);
    const items = [];
    if (drawn.length) {
      const lines = drawn.map(({line}) => line);
      const on = drawn.every((each) => this.isShown(each));
      items.push({text: "Shown", on, does: () => this.strips.show(lines, !on)});
      items.push({text: "Alone on the page", does: () => {
        this.strips.show([...all.values()].map(({line}) => line).filter((line) => !lines.includes(line)), false);
        this.strips.show(lines, true);
      }});
    }
    if (names.length) {
      const strips = [...this.strips.strips.values()].filter((strip) => names.some((name) => all.get(name)?.strip !== strip));
      items.push({head: drawn.length ? "Move all to" : "Draw all on"});
      items.push(...strips.map((strip) => ({text: titleOf(strip, strips), does: () => this.put(names, strip)})));
      items.push({text: "A new strip", does: () => this.put(names, null)});
    }
    if (drawn.length) items.push({text: "Remove from the page", does: () => this.remove(names)});
    if (!items.length) items.push({text: "Nothing in it can be drawn", does: () => {}});
    this.menu.open(label, items, at);
  }

  /** The strip on which a channel belongs by its unit, if there is one. */
  home({unit, look}) {
    const wanted = look?.unit || unit;
    return wanted ? [...this.strips.strips.values()].find(({lines}) => lines.some((line) => line.unit === wanted)) : null;
  }

  /** Draw channels on a strip, or on a new one, and no longer where they were. */
  put(names, strip) {
    const {lines} = this;
    const coming = names.filter((name) => !strip || lines.get(name)?.strip !== strip);
    const more = coming.filter((name) => !lines.has(name)).length;
    if (!coming.length) return;
    if (lines.size + more > MOST_LINES) return this.onSay?.(`That would be ${lines.size + more} lines; a page draws at most ${MOST_LINES}`);
    this.design.change((table) => {
      const home = strip && panelOf(table.panel, strip);
      const left = this.leave(table, coming);
      if (home) home.channels = [...(home.channels ?? []), ...coming.map(escape)];
      else table.panel.push({kind: "strip", channels: coming.map(escape)});
      table.panel = table.panel.filter((panel) => panel === home || !left.includes(panel));
    });
    this.onSay?.(strip ? `Drawn on ${titleOf(strip)}` : "Drawn on a new strip");
  }

  /** Take channels from the strips; none comes by itself any more, else they would come back. */
  remove(names) {
    this.design.change((table) => {
      const left = this.leave(table, names);
      table.panel = table.panel.filter((panel) => !left.includes(panel));
      table.rest = false;
    });
    this.onSay?.("Removed from the page");
  }

  /** Take channels from every strip of a design, and return those that have nothing left. */
  leave(table, names) {
    const drawn = [...this.lines.keys()].filter((other) => other && !names.includes(other));
    const isMeant = (pattern) => names.some((name) => means(pattern, name));
    const touched = table.panel.filter((panel) => panel.kind === "strip" && panel.channels?.some(isMeant));
    for (const panel of touched) {
      // A pattern that means one of them gives way to the others that it has drawn.
      panel.channels = [...new Set(panel.channels.flatMap((pattern) => {
        if (!isMeant(pattern)) return [pattern];
        return drawn.filter((other) => means(pattern, other) && firstOf(table.panel, other) === panel).map(escape);
      }))];
    }
    return touched.filter(({channels}) => !channels.length);
  }

  /** Say how a channel is shown: {name, unit, scale, offset, colour}, without what is as it came. */
  restyle(channel, look) {
    this.design.change((table) => {
      const others = (table.channel ?? []).filter(({match}) => match !== channel.name && match !== escape(channel.name));
      const plain = !Object.keys(look).length && !others.some(({match}) => matches(channel.name, match));
      table.channel = plain ? others : [{match: escape(channel.name), ...look}, ...others];
      if (!table.channel.length) delete table.channel;
      // A strip that is called after the unit takes the new one.
      const panel = firstOf(table.panel, channel.name);
      const changes = (look.unit ?? "") !== (this.look(channel.name).unit ?? "");
      if (changes && panel?.title && panel.title === this.lines.get(channel.name)?.line.unit) delete panel.title;
    });
  }
}

/** What a strip is called; of several that are called the same, also its first line. */
function titleOf({title, lines}, strips = []) {
  const alike = strips.filter((other) => other.title === title).length > 1;
  return [title || "Empty strip", alike && lines[0]?.name].filter(Boolean).join(" · ");
}

const means = (pattern, name) => matches(name, pattern);

/** The strip of a design that draws a channel: the first that means it. */
const firstOf = (panels, name) => panels.find(({kind, channels}) => kind === "strip" && channels?.some((pattern) => means(pattern, name)));

/** The panel of a strip, by what is on it: places may have changed since it was laid out. */
function panelOf(panels, {lines, place}) {
  const line = lines.find(({channel}) => channel);
  return line ? firstOf(panels, line.channel) : panels[place];
}
