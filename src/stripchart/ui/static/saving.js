// A drawing of the page as a file.
import {css} from "./dom.js";

/** Pixels of a picture for each of the page; and how many there can be in all, and in a row or a column, in every browser. */
const SCALE = 2;
const MOST = 2 ** 26;
const LONGEST = 32_000;
/** What XML cannot hold; a device may send it. */
const UNWRITABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** The drawing as a PNG. */
export async function picture({svg, width, height}) {
  const scale = Math.min(SCALE, Math.sqrt(MOST / (width * height)), LONGEST / Math.max(width, height));
  // Such strokes are as wide on the finer picture as they were on the page.
  for (const part of svg.querySelectorAll("[vector-effect=non-scaling-stroke]")) {
    part.setAttribute("stroke-width", scale * parseFloat(part.getAttribute("stroke-width")));
  }
  const image = new Image();
  const text = new XMLSerializer().serializeToString(svg).replace(UNWRITABLE, "\ufffd");
  image.src = URL.createObjectURL(new Blob([text], {type: "image/svg+xml"}));
  await image.decode();
  URL.revokeObjectURL(image.src);
  const canvas = document.createElement("canvas");
  canvas.width = Math.floor(width * scale);
  canvas.height = Math.floor(height * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** The drawing as one file that needs nothing else: it shows the values under the pointer, and gives its rows as CSV. */
export async function snapshot({svg, told}, title) {
  const page = document.implementation.createHTMLDocument(title);
  const [style, script] = await Promise.all(["assets/snapshot.css", "assets/snapshot.js"].map(async (name) => (await fetch(name)).text()));
  const put = (parent, tag, text) => {
    const element = page.createElement(tag);
    element.textContent = text;
    parent.append(element);
    return element;
  };
  const charset = page.createElement("meta");
  charset.setAttribute("charset", "utf-8");
  page.head.prepend(charset);
  put(page.head, "style", style);
  page.documentElement.dataset.shade = document.documentElement.dataset.shade;
  page.documentElement.style.setProperty("--paper", css("--paper"));
  page.body.append(page.importNode(svg, true));
  // Within a script's text nothing but "<" could end it.
  put(page.body, "script", JSON.stringify(told).replaceAll("<", "\\u003c")).type = "application/json";
  put(page.body, "script", script);
  return new Blob([`<!doctype html>\n${page.documentElement.outerHTML}`], {type: "text/html"});
}
