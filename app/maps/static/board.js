// The map's page: its parts put together, and what keys, clicks and the clock do.

import { Desk } from "./board-desk.js";
import { Editing } from "./board-editing.js";
import { Grid } from "./board-grid.js";
import { keysOf } from "./board-keys.js";
import { Panel } from "./board-panel.js";
import { Refresh } from "./board-refresh.js";
import { requests } from "./board-requests.js";
import { Clash, Standing } from "./board-standing.js";

const state = JSON.parse(document.getElementById("state").textContent);
const road = document.getElementById("road");
if (road.querySelector(".cell")) begin();

function begin() {
  const { words } = state;
  const grid = new Grid(road);
  const keys = document.getElementById("keys");
  const desk = state.may_edit ? editable() : null;
  const editing = desk && new Editing({ desk, grid, words, most: state.most_text });
  const panel = new Panel({ words, changed: () => refresh.now() });
  const refresh = new Refresh({ address: state.cells, tag: road.dataset.tag, take: (fresh) => take(fresh) });

  const act = {
    walk: (stages, lanes, place) => grid.go(stages ? grid.beside(grid.cellOf(place), stages, 0) : grid.stopBeside(place, lanes)),
    edge: (which, place) => grid.go(edge(which, place)),
    behind: (place) => follow(place.querySelector(":scope > a.behind, :scope > .add")),
    help: () => yes(keys.showModal()),
    print: () => yes(print()),
    undo: () => (desk ? yes(grid.go(shownAgain(desk.undo()))) : false),
    edit: (place) => (editing ? yes(write(place)) : act.behind(place)),
    add: (place) => (editing ? yes(editing.begin(grid.cellOf(place))) : false),
    remove: (place) => (desk && isNote(place) ? yes(removeAt(place)) : false),
    shift: (stages, lanes, place) => (desk && isNote(place) ? yes(shift(place, stages, lanes)) : false),
  };

  function editable() {
    const standing = new Standing(words, { undo: () => act.undo() });
    return new Desk({ grid, words, standing, send: (kept) => requests({ ...state, kept }), clash: new Clash(words) });
  }

  function take(fresh) {
    const changed = grid.take(fresh, (id) => Boolean(desk?.busy(id)) || editing?.busyId === id);
    desk?.read();
    for (const id of changed) grid.note(id)?.classList.add("fresh");
  }

  function write(place) {
    if (isNote(place)) editing.open(place);
    else if (place.dataset.lane === "target") follow(place.querySelector(".aims"));
    else editing.begin(place);
  }

  function removeAt(place) {
    const cell = grid.cellOf(place);
    const stops = [cell, ...grid.notesOf(cell)];
    desk.close();
    const next = stops[stops.indexOf(place) + 1] ?? stops[stops.indexOf(place) - 1];
    desk.remove(place);
    grid.go(next);
  }

  function shift(place, stages, lanes) {
    const cell = grid.cellOf(place);
    const notes = grid.notesOf(cell);
    const at = notes.indexOf(place) + lanes;
    desk.close();
    if (stages) return moveTo(place, grid.beside(cell, stages, 0));
    if (at >= 0 && at < notes.length) return moveTo(place, cell, at);
    return moveTo(place, grid.beside(cell, 0, lanes), lanes > 0 ? 0 : undefined);
  }

  function moveTo(place, cell, position = grid.notesOf(cell ?? place).length) {
    if (!cell || cell.dataset.lane === "target") return;
    desk.move(place, cell, position);
    grid.go(place);
  }

  function shownAgain(element) {
    return element && (element.hidden || !element.isConnected ? grid.cell(`${desk.documentOf(element.dataset.id).stage}/${desk.documentOf(element.dataset.id).lane}`) : element);
  }

  function edge(which, place) {
    const row = grid.cells.filter((cell) => cell.dataset.lane === grid.cellOf(place).dataset.lane);
    return which === "first" ? row[0] : row.at(-1);
  }

  function follow(link) {
    if (!link) return false;
    if (editing && link.classList.contains("add") && !link.matches(".expects, .aims")) return yes(editing.begin(grid.cellOf(link)));
    panel.open(link.href);
    return true;
  }

  function wire() {
    const onKey = keysOf(act);
    road.addEventListener("keydown", (event) => {
      if (event.target.matches(".cell, .note")) onKey(event, event.target);
    });
    road.addEventListener("focusin", (event) => {
      if (event.target.matches(".cell, .note")) grid.hold(event.target);
    });
    road.addEventListener("click", (event) => {
      const link = event.target.closest("a.behind, a.add");
      if (link && !event.ctrlKey && !event.metaKey) return void (follow(link) && event.preventDefault());
      const place = event.target.closest(".note, .cell");
      if (!place || event.target.closest("textarea, a")) return;
      // A finger has no second click: what it touches again is written.
      if (place === document.activeElement && matchMedia("(hover: none)").matches) return void act.edit(place);
      grid.go(place);
    });
    road.addEventListener("dblclick", (event) => {
      const place = event.target.closest(".note, .cell");
      if (place && !event.target.closest("textarea, a")) act.edit(place);
    });
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-act]");
      if (button?.dataset.act === "close") button.closest("dialog").close();
      if (button?.dataset.act === "help") act.help();
      if (button?.dataset.act === "print") act.print();
    });
    addEventListener("online", () => desk?.saving.retry());
    addEventListener("beforeunload", (event) => {
      if (desk?.saving.unsaved.length) event.preventDefault();
    });
  }

  document.getElementById("board").classList.add("scripted");
  for (const button of document.querySelectorAll(".board .tool[hidden]")) button.hidden = false;
  if (/Mac|iP(?:hone|ad)/.test(navigator.platform)) {
    for (const key of document.querySelectorAll("kbd[data-mac]")) key.textContent = key.dataset.mac;
  }
  grid.hold(grid.cells[0]);
  wire();
  if (state.cells) refresh.begin();
}

function isNote(place) {
  return place.classList.contains("note");
}

function yes() {
  return true;
}
