// The box beside the pointer that tells what is under it.
const box = document.getElementById("tip");

/** Show it at an event of the mouse: a head, perhaps a mark, and rows of {colour, label, value}; a colour is a place in the palette. */
export function tell({clientX, clientY}, head, rows, mark = "") {
  const parts = rows.map(({colour, label, value}) => {
    const row = document.createElement("div");
    const ink = text("i", "");
    ink.style.borderTopColor = colour == null ? "transparent" : `var(--c${colour})`;
    row.append(ink, text("span", label), text("b", value));
    return row;
  });
  if (mark) parts.unshift(Object.assign(text("b", mark), {className: "mark"}));
  box.replaceChildren(text("time", head), ...parts);
  box.hidden = false;
  const left = clientX + 16 + box.offsetWidth > innerWidth ? clientX - 16 - box.offsetWidth : clientX + 16;
  box.style.left = `${Math.max(4, left)}px`;
  box.style.top = `${Math.max(4, Math.min(clientY + 14, innerHeight - box.offsetHeight - 8))}px`;
}

export function hush() {
  box.hidden = true;
}

function text(tag, content) {
  const element = document.createElement(tag);
  element.textContent = content;
  return element;
}
