// Finding words, and codes by their names, in all statements of the page.

import { rangeIn } from "./coding-selecting.js";
import { pointsAt } from "./coding-points.js";

const MOST_MARKED = 500;

export class Finding {
  // rows(): every statement's row; namesOf(row): the names of its codes; go(row); tell(words).
  constructor({ input, output, rows, namesOf, go, words, leave }) {
    Object.assign(this, { input, output, rows, namesOf, go, words, found: [], at: -1 });
    input.form.addEventListener("submit", (event) => event.preventDefault());
    input.addEventListener("input", () => this.look());
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") leave();
      else return;
      event.preventDefault();
    });
  }

  look() {
    const sought = this.input.value.trim().toLowerCase();
    this.found = sought ? this.rows().filter((row) => this.matches(row, sought)) : [];
    this.at = -1;
    this.mark(sought);
    this.tell();
  }

  matches(row, sought) {
    return textOf(row).toLowerCase().includes(sought) || this.namesOf(row).some((name) => name.toLowerCase().includes(sought));
  }

  step(direction) {
    if (!this.found.length) return this.tell();
    this.at = (this.at + direction + this.found.length) % this.found.length;
    this.go(this.found[this.at]);
    this.tell();
  }

  tell() {
    if (!this.input.value.trim()) this.output.textContent = "";
    else if (!this.found.length) this.output.textContent = this.words.no_matches;
    else this.output.textContent = `${this.at + 1} / ${this.found.length}`;
  }

  mark(sought) {
    if (typeof Highlight !== "function") return;
    const ranges = [];
    for (const row of this.found.slice(0, MOST_MARKED)) {
      const text = textOf(row);
      const at = text.toLowerCase().indexOf(sought);
      if (at < 0) continue;
      ranges.push(rangeIn(row.querySelector(".text"), pointsAt(text, at), pointsAt(text, at + sought.length)));
    }
    CSS.highlights.set("coding-found", new Highlight(...ranges));
  }
}

function textOf(row) {
  return row.querySelector(".text").textContent;
}
