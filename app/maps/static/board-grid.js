// The cells of the map: where each stands, who has the keys, and taking in what the server shows anew.

export class Grid {
  constructor(road) {
    this.road = road;
    this.current = null;
  }

  get cells() {
    return [...this.road.querySelectorAll(".cell")];
  }

  cell(key) {
    return this.road.querySelector(`.cell[data-cell="${CSS.escape(key)}"]`);
  }

  note(id) {
    return this.road.querySelector(`.note[data-id="${CSS.escape(id)}"]`);
  }

  notesOf(cell) {
    return [...cell.querySelectorAll(".note:not([hidden])")];
  }

  cellOf(place) {
    return place?.closest(".cell") ?? null;
  }

  // The cell so many stages and lanes away, or null at the edge.
  beside(cell, stages, lanes) {
    const column = cell.closest(".stage");
    const columns = [...this.road.querySelectorAll(".stage")];
    const within = [...column.querySelectorAll(".cell")];
    const there = columns[columns.indexOf(column) + stages];
    const rows = there && [...there.querySelectorAll(".cell")];
    return rows?.[within.indexOf(cell) + lanes] ?? null;
  }

  // The next stop of the keys up or down: the notes of a cell one by one, then the cell below.
  stopBeside(place, step) {
    const cell = this.cellOf(place);
    const stops = [cell, ...this.notesOf(cell)];
    const next = stops[stops.indexOf(place) + step];
    if (next) return next;
    const other = this.beside(cell, 0, step);
    if (!other || step > 0) return other;
    return this.notesOf(other).at(-1) ?? other;
  }

  go(place) {
    if (!place) return false;
    this.hold(place);
    place.focus();
    place.scrollIntoView({ block: "nearest", inline: "nearest" });
    return true;
  }

  // The tab key leads to one place of the map only; arrows lead on.
  hold(place) {
    if (this.current) this.current.tabIndex = -1;
    this.current = place;
    place.tabIndex = 0;
  }

  // Puts a note's element where it stands; makes the cell's list fit.
  place(element, cell, before = null) {
    const from = this.cellOf(element);
    cell.querySelector(".notes").insertBefore(element, before);
    for (const one of [from, cell]) if (one) this.tidy(one);
  }

  tidy(cell) {
    const bare = !this.notesOf(cell).length;
    cell.querySelector(".notes").hidden = bare;
    cell.classList.toggle("bare", bare && !cell.querySelector(".flag, .gapbar"));
  }

  // Takes in the grid as the server shows it now. ``busy(id)`` are notes that are being written or not saved yet: they stay as they
  // are. Whoever stands somewhere goes on standing there. Returns the ids of notes that are new or say something else.
  take(fresh, busy) {
    const focused = this.road.contains(document.activeElement) ? document.activeElement : null;
    const at = { note: focused?.closest(".note")?.dataset.id, cell: this.cellOf(focused ?? this.current)?.dataset.cell };
    const changed = [];
    for (const cell of this.cells) {
      const other = fresh.querySelector(`.cell[data-cell="${CSS.escape(cell.dataset.cell)}"]`);
      if (other) this.#takeCell(cell, other, busy, changed);
    }
    for (const name of ["tag", "revision"]) this.road.dataset[name] = fresh.dataset[name];
    this.#stand(at, Boolean(focused) && !this.road.contains(document.activeElement));
    return changed;
  }

  #takeCell(cell, other, busy, changed) {
    const shown = new Map(this.notesOf(cell).map((note) => [note.dataset.id, note]));
    const mine = [...cell.querySelectorAll(".note")].filter((note) => busy(note.dataset.id));
    const list = cell.querySelector(".notes");
    const wanted = [...other.querySelectorAll(".note")].filter((note) => !busy(note.dataset.id));
    for (const note of wanted) {
      const before = shown.get(note.dataset.id);
      if (before?.outerHTML === note.outerHTML) continue;
      if (before?.textContent !== note.textContent) changed.push(note.dataset.id);
    }
    const kept = new Set(mine.map((note) => note.dataset.id));
    for (const note of cell.querySelectorAll(".note")) if (!kept.has(note.dataset.id)) note.remove();
    const places = [...other.querySelectorAll(".note")].map((note) => note.dataset.id);
    for (const note of wanted) {
      const next = mine.find((one) => places.indexOf(one.dataset.id) > places.indexOf(note.dataset.id));
      list.insertBefore(document.importNode(note, true), next ?? null);
    }
    for (const part of [".flag", ".gapbar", ".figures", ".more", ".expects", ".target > p"]) this.#replace(cell, other, part);
    cell.setAttribute("aria-label", other.getAttribute("aria-label"));
    this.tidy(cell);
  }

  #replace(cell, other, part) {
    const [old, now] = [cell.querySelector(`:scope > ${part}`), other.querySelector(`:scope > ${part}`)];
    if (old && now) old.replaceWith(document.importNode(now, true));
    else if (old) old.remove();
    else if (now) cell.insertBefore(document.importNode(now, true), cell.querySelector(".notes"));
  }

  #stand(at, focus) {
    const place = (at.note && this.note(at.note)) || (at.cell && this.cell(at.cell)) || this.cells[0];
    if (!place) return;
    this.hold(place);
    if (focus) place.focus({ preventScroll: true });
  }
}
