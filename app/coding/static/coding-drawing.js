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

const drawn = new WeakMap();

// codeOf(id) gives { name, colour }. The text of ``place`` stays the same to the letter.
export function draw(place, excerpts, codeOf, chosen) {
  const text = place.textContent;
  // Drawn anew only where it would look otherwise: a selection that is under way goes on.
  const look = JSON.stringify([excerpts.map(({ id, start, end }) => [id, start, end]), chosen]);
  if (drawn.get(place) === look) return;
  drawn.set(place, look);
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
  const lines = covering.map((one) => ({ one, code: codeOf(one.code), row: Math.min(rows.get(one.id), MOST_ROWS - 1) }));
  const innermost = lines.reduce((least, each) => (each.one.end - each.one.start < least.one.end - least.one.start ? each : least));
  const depth = Math.max(...lines.map(({ row }) => row)) + 1;
  mark.textContent = words;
  mark.title = lines.map(({ code }) => code.name).join(" · ");
  mark.dataset.of = covering.map((one) => one.id).join(" ");
  if (covering.some((one) => one.id === chosen)) mark.classList.add("chosen");
  mark.style.setProperty("--tint", innermost.code.colour);
  mark.style.backgroundImage = lines.map(({ code, row }) => STROKES[row](`color-mix(in srgb, ${code.colour} 75%, var(--ink))`)).join(", ");
  mark.style.backgroundSize = "100% 2px";
  mark.style.backgroundRepeat = "no-repeat";
  mark.style.backgroundPosition = lines.map(({ row }) => `0 calc(100% - ${(depth - 1 - row) * LINE_PX}px)`).join(", ");
  mark.style.paddingBottom = `${depth * LINE_PX - 1}px`;
  return mark;
}
