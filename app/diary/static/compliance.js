// The grid by keyboard: one stop for Tab, arrows from cell to cell. Without this file it is a table with links.
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity] };

function stopOf(cell) {
  return cell.querySelector("a, input") ?? cell;
}

function showToday(table) {
  const today = table.querySelector("thead .now");
  const room = table.parentElement;
  if (today) room.scrollLeft = today.offsetLeft + 2 * today.offsetWidth - room.clientWidth;
}

function prepareGrid(table) {
  const rows = [...table.querySelectorAll("tbody tr")].map((row) => [...row.cells]);
  if (!rows.length) return;
  table.setAttribute("role", "grid");
  showToday(table);
  let current = null;
  const enter = (cell, focus) => {
    if (current) current.tabIndex = -1;
    current = cell.matches(".who") ? stopOf(cell) : cell.querySelector("a") ?? cell;
    current.tabIndex = 0;
    if (!focus) return;
    current.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  for (const one of table.querySelectorAll("td")) one.tabIndex = -1;
  for (const one of table.querySelectorAll("td > a")) one.parentElement.removeAttribute("tabindex");
  table.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const cell = event.target.closest("th, td");
    if (!step || !cell || event.altKey || event.ctrlKey || event.metaKey) return;
    const y = rows.findIndex((row) => row.includes(cell));
    if (y < 0) return;
    const x = rows[y].indexOf(cell);
    const row = rows[Math.min(Math.max(y + step[0], 0), rows.length - 1)];
    event.preventDefault();
    enter(row[Math.min(Math.max(x + step[1], 0), row.length - 1)], true);
  });
  enter(rows[0][Math.min(1, rows[0].length - 1)], false);
}

for (const table of document.querySelectorAll("[data-grid]")) prepareGrid(table);
