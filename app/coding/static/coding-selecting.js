// What is selected in the words of one statement, by mouse or by keyboard. Offsets are code points; the browser's own
// selection shows it, and comes back when the words were drawn anew or the reader has been in another field.

import { between, clausesOf, lengthOf, pointsAt, stepFrom, stopsOf, unitsAt, whole } from "./coding-points.js";

export class Selecting {
  // changed(by) is called with "mouse" or "keyboard" after each change.
  constructor(reading, changed) {
    this.reading = reading;
    this.changed = changed;
    this.clear();
    document.addEventListener("selectionchange", () => this.follow());
  }

  clear() {
    this.place = null;
    this.anchor = this.focus = 0;
    this.show();
  }

  // Start and end of what is selected in ``place``, or null.
  spanIn(place) {
    if (!this.place || this.place !== place || this.anchor === this.focus) return null;
    return [Math.min(this.anchor, this.focus), Math.max(this.anchor, this.focus)];
  }

  quoteOf(place) {
    const span = this.spanIn(place);
    return span ? between(place.textContent, ...span) : "";
  }

  set(place, anchor, focus) {
    Object.assign(this, { place, anchor, focus });
    this.show();
    this.changed("keyboard");
  }

  // A clause first; the whole statement when a clause is selected already, and back.
  cycle(place) {
    const span = this.spanIn(place);
    const clauses = clausesOf(place.textContent);
    const end = lengthOf(place.textContent);
    if (span && clauses.length > 1 && !(span[0] === 0 && span[1] === end)) this.set(place, 0, end);
    else if (clauses.length) this.set(place, ...clauses[0]);
  }

  whole(place) {
    this.set(place, 0, lengthOf(place.textContent));
  }

  toClause(place, direction) {
    const clauses = clausesOf(place.textContent);
    const span = this.spanIn(place);
    if (!clauses.length) return;
    const last = clauses.length - 1;
    if (!span) return this.set(place, ...clauses[direction > 0 ? 0 : last]);
    const next = direction > 0 ? clauses.find(([start]) => start > span[0]) : clauses.findLast(([start]) => start < span[0]);
    this.set(place, ...(next ?? clauses[direction > 0 ? last : 0]));
  }

  // Moves the loose end by a "character", a "word" or a "clause".
  extend(place, kind, direction) {
    if (this.place !== place || this.anchor === this.focus) {
      const at = direction > 0 ? 0 : lengthOf(place.textContent);
      Object.assign(this, { place, anchor: at, focus: at });
    }
    const stops = kind === "clause" ? this.clauseStops(place) : stopsOf(place.textContent, kind);
    this.set(place, this.anchor, stepFrom(stops, this.focus, direction));
  }

  clauseStops(place) {
    const clauses = clausesOf(place.textContent);
    return [...new Set([this.anchor, ...clauses.flat(), 0, lengthOf(place.textContent)])]
      .filter((stop) => stop === this.anchor || clauses.some(([start, end]) => stop === (stop > this.anchor ? end : start)))
      .sort((one, other) => one - other);
  }

  swapEnds() {
    [this.anchor, this.focus] = [this.focus, this.anchor];
    this.show();
    return this.focus > this.anchor;
  }

  // What the mouse, a finger or the browser's own keys have selected. Words of other statements are left out.
  follow() {
    const selection = getSelection();
    const place = placeOf(selection.anchorNode);
    if (!place || this.showing) return;
    if (selection.isCollapsed) {
      if (!this.place || this.anchor === this.focus) return;
      Object.assign(this, { place, anchor: 0, focus: 0 });
      this.changed("mouse");
      return;
    }
    const text = place.textContent;
    const anchor = offsetIn(place, selection.anchorNode, selection.anchorOffset);
    const inside = place.contains(selection.focusNode);
    const after = place.compareDocumentPosition(selection.focusNode) & Node.DOCUMENT_POSITION_FOLLOWING;
    const focus = inside ? offsetIn(place, selection.focusNode, selection.focusOffset) : after ? text.length : 0;
    const [start, end] = whole(text, pointsAt(text, Math.min(anchor, focus)), pointsAt(text, Math.max(anchor, focus)));
    const forward = focus >= anchor;
    Object.assign(this, { place, anchor: forward ? start : end, focus: forward ? end : start, clipped: !inside });
    this.changed("mouse");
  }

  show() {
    const span = this.place && this.spanIn(this.place);
    this.showHeld(span);
    // Whoever writes in a field keeps the browser's selection, which is where the letters go.
    if (document.activeElement !== document.body && !this.reading.contains(document.activeElement)) return;
    const selection = getSelection();
    const mine = placeOf(selection.anchorNode);
    this.showing = true;
    if (span) {
      const text = this.place.textContent;
      const [anchor, focus] = [this.anchor, this.focus].map((points) => unitsAt(text, points));
      selection.setBaseAndExtent(...nodeAt(this.place, anchor), ...nodeAt(this.place, focus));
    } else if (mine) {
      selection.removeAllRanges();
    }
    // The browser tells of it a moment later.
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.showing = false), 0);
  }

  showHeld(span) {
    if (typeof Highlight !== "function") return;
    if (span) CSS.highlights.set("coding-held", new Highlight(rangeIn(this.place, ...span)));
    else CSS.highlights.delete("coding-held");
  }
}

export function placeOf(node) {
  const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
  return element?.closest?.("#reading li[data-id] .text") ?? null;
}

// UTF-16 units before a boundary of the DOM, within ``place``.
export function offsetIn(place, node, offset) {
  const range = document.createRange();
  range.setStart(place, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

export function rangeIn(place, start, end) {
  const text = place.textContent;
  const range = document.createRange();
  range.setStart(...nodeAt(place, unitsAt(text, start)));
  range.setEnd(...nodeAt(place, unitsAt(text, end)));
  return range;
}

function nodeAt(place, units) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  let left = units;
  let last = null;
  while (walker.nextNode()) {
    last = walker.currentNode;
    if (left <= last.data.length) return [last, left];
    left -= last.data.length;
  }
  return last ? [last, last.data.length] : [place, 0];
}
