// Excerpts drawn into the words of a statement: a tint for the innermost, and a line of its own under the words for each.

import { rowsOf } from "./coding-document.js";
import { unitsAt } from "./coding-points.js";

const MOST_ROWS = 4;
const LINE_PX = 4;
// Rows differ by their strokes too, for those who cannot tell the colours apart.
const STROKES = [
  (colour) => `linear-gradient(${colour}, ${colour})`,
  (colour) => `repeating-linear-gradient(90deg, ${colour} 0 8px, transparent 8px 11px)`,
  (colour) => `repeating-linear-gradient(90deg, ${colour} 0 2px, transparent 2px 5px)`,
  (colour) => `repeating-linear-gradient(90deg, ${colour} 0 10px, transparent 10px 13px, ${colour} 13px 15px, transparent 15px 18px)`,
];

// codeOf(id) gives { name, colour }. The text of ``place`` stays the same to the letter.
export function draw(place, excerpts, codeOf, chosen) {
  const text = place.textContent;
  if (!excerpts.length) {
    if (place.firstElementChild) place.replaceChildren(text);
    return;
  }
  const rows = rowsOf(excerpts);
  const edges = [...new Set([0, ...excerpts.flatMap((one) => [one.start, one.end])])].sort((one, other) => one - other);
  const parts = edges.map((start, at) => {
    const end = edges[at + 1] ?? Infinity;
    const words = text.slice(unitsAt(text, start), end === Infinity ? text.length : unitsAt(text, end));
    const covering = excerpts.filter((one) => one.start <= start && end <= one.end);
    return covering.length ? markOf(words, covering, rows, codeOf, chosen) : words;
  });
  place.replaceChildren(...parts.filter((part) => part !== ""));
}

function markOf(words, covering, rows, codeOf, chosen) {
  const mark = document.createElement("mark");
  const drawn = covering.map((one) => ({ one, code: codeOf(one.code), row: Math.min(rows.get(one.id), MOST_ROWS - 1) }));
  const innermost = drawn.reduce((least, each) => (each.one.end - each.one.start < least.one.end - least.one.start ? each : least));
  const depth = Math.max(...drawn.map(({ row }) => row)) + 1;
  mark.textContent = words;
  mark.title = drawn.map(({ code }) => code.name).join(" · ");
  mark.dataset.of = covering.map((one) => one.id).join(" ");
  if (covering.some((one) => one.id === chosen)) mark.classList.add("chosen");
  mark.style.setProperty("--tint", innermost.code.colour);
  mark.style.backgroundImage = drawn.map(({ code, row }) => STROKES[row](`color-mix(in srgb, ${code.colour} 75%, var(--ink))`)).join(", ");
  mark.style.backgroundSize = "100% 2px";
  mark.style.backgroundRepeat = "no-repeat";
  mark.style.backgroundPosition = drawn.map(({ row }) => `0 calc(100% - ${(depth - 1 - row) * LINE_PX}px)`).join(", ");
  mark.style.paddingBottom = `${depth * LINE_PX - 1}px`;
  return mark;
}
