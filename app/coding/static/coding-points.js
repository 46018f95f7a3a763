// The server counts Unicode code points, strings and selections of a browser count UTF-16 units. Here, and nowhere else, one
// becomes the other; and here is known where a step of the keyboard ends: after a character as people see it, a word, a clause.

const CLAUSE_END = /(?:[，。！？；、…\n\r]|[,.!?;](?=\s|$))+[”’」』）》】)"']*/gu;
const SKIPPED_BEFORE = /^[\s“‘「『（《【]+/u;
const SKIPPED_AFTER = /[\s，。；、,.;]+$/u;

export function lengthOf(text) {
  return pointsAt(text, text.length);
}

// How many code points stand before a UTF-16 offset; inside of a pair counts as before it.
export function pointsAt(text, units) {
  let points = 0;
  for (let at = 0; at < text.length; points += 1) {
    at += text.codePointAt(at) > 0xffff ? 2 : 1;
    if (at > units) break;
  }
  return points;
}

// The UTF-16 offset before which that many code points stand.
export function unitsAt(text, points) {
  let at = 0;
  for (let left = points; left > 0 && at < text.length; left -= 1) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}

export function between(text, start, end) {
  return text.slice(unitsAt(text, start), unitsAt(text, end));
}

// Offsets (code points, ascending, with 0 and the end) between which a step may stop: "character" as people see it, or "word".
export function stopsOf(text, kind) {
  const stops = [0];
  if (typeof Intl.Segmenter !== "function") {
    let points = 0;
    for (const _ of text) stops.push((points += 1));
    return stops;
  }
  const segmenter = new Intl.Segmenter("zh", { granularity: kind === "word" ? "word" : "grapheme" });
  let points = 0;
  for (const { segment } of segmenter.segment(text)) {
    points += lengthOf(segment);
    stops.push(points);
  }
  return stops;
}

// Start and end (code points) of each clause, without the blanks and the full stops around it.
export function clausesOf(text) {
  const clauses = [];
  let from = 0;
  for (const found of [...text.matchAll(CLAUSE_END), { index: text.length, 0: "" }]) {
    const until = found.index + found[0].length;
    const whole = text.slice(from, until);
    const start = from + (whole.match(SKIPPED_BEFORE)?.[0].length ?? 0);
    const kept = text.slice(start, until).replace(SKIPPED_AFTER, "");
    if (kept.trim()) clauses.push([pointsAt(text, start), pointsAt(text, start + kept.length)]);
    from = until;
  }
  return clauses;
}

// The span, widened so that no character is cut as people see it: a family of four emoji, a flag, a letter with its accents.
export function whole(text, start, end) {
  const stops = stopsOf(text, "character");
  const from = stops.findLast((stop) => stop <= start) ?? 0;
  return [from, Math.max(stops.find((stop) => stop >= end) ?? stops.at(-1), from)];
}

// The next stop after (direction 1) or before (-1) an offset; the offset itself where there is none.
export function stepFrom(stops, offset, direction) {
  const next = direction > 0 ? stops.find((stop) => stop > offset) : stops.findLast((stop) => stop < offset);
  return next ?? offset;
}
