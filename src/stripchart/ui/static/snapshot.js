// In an exported page: the values under the pointer, and its rows as CSV. It stands alone, so it imports nothing.
const told = JSON.parse(document.querySelector("script[type='application/json']").textContent);
const svg = document.querySelector("svg");
const make = (tag, className, ...content) => {
  const element = Object.assign(document.createElement(tag), {className});
  element.append(...content);
  return element;
};
const tip = make("div", "tip");
const cursor = document.createElementNS(svg.namespaceURI, "path");
cursor.setAttribute("stroke", "#8a95a3");
svg.append(cursor);
tip.hidden = true;
document.body.append(tip);

/** The newest row at or before a time. */
function rowAt(times, time) {
  let place = times.findIndex((each) => each > time);
  if (place < 0) place = times.length;
  return place - 1;
}

svg.addEventListener("pointermove", (event) => {
  const box = svg.getBoundingClientRect();
  const scale = svg.viewBox.baseVal.width / box.width;
  const across = (event.clientX - box.left) * scale;
  const down = (event.clientY - box.top) * scale;
  const strip = told.strips.find(({left, top, width, height}) => (
    across >= left && across <= left + width && down >= top && down <= top + height));
  tip.hidden = strip == null;
  cursor.setAttribute("d", "");
  if (tip.hidden) return;
  const part = (across - strip.left) / strip.width;
  const time = told.start + part * (told.end - told.start);
  cursor.setAttribute("d", told.strips.map(({left, top, width, height}) => `M${left + part * width} ${top}v${height}`).join(""));
  const values = strip.lines.map(({name, unit, source, column}) => {
    const rows = told.rows[source];
    const value = rows[column][rowAt(rows.t, time)];
    return make("div", "", make("span", "", name), make("b", "", value == null ? "–" : `${Number(value.toPrecision(6))} ${unit}`));
  });
  tip.replaceChildren(new Date(time).toISOString().replace("T", " "), ...values);
  tip.style.left = `${event.clientX > innerWidth / 2 ? event.clientX - 16 - tip.offsetWidth : event.clientX + 16}px`;
  tip.style.top = `${Math.min(event.clientY + 12, innerHeight - tip.offsetHeight - 8)}px`;
});
svg.addEventListener("pointerleave", () => {
  tip.hidden = true;
  cursor.setAttribute("d", "");
});

/** A cell that a spreadsheet takes for text, and not for a formula. */
function cell(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A time in ISO 8601, to the microsecond. */
function iso(time) {
  const whole = Math.floor(time);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(Math.floor((time - whole) * 1000)).padStart(3, "0")}Z`;
}

function table() {
  const lines = ["time,channel,value,rows"];
  for (const {name, channel, source, column} of told.strips.flatMap((strip) => strip.lines)) {
    const rows = told.rows[source];
    rows.t.forEach((time, place) => {
      if (rows[column][place] != null) lines.push([iso(time), cell(channel || name), rows[column][place], rows.n[place]].join(","));
    });
  }
  return `${lines.join("\n")}\n`;
}

const save = make("button", "", "Save as CSV");
save.addEventListener("click", () => {
  const link = make("a", "");
  link.href = URL.createObjectURL(new Blob([table()], {type: "text/csv"}));
  link.download = "view.csv";
  link.click();
});
document.body.append(make("footer", "", save, " These are the rows that were drawn: where they are dense, the least and the greatest of each pixel. Column rows says how many each stands for."));
