// Deciding by keyboard: j and k go from one statement to the next, 1 and 2 take one side, Enter what is ticked.

const MOVES = { j: 1, J: 1, k: -1, K: -1 };
const TAKES = { 1: "first", 2: "second", Enter: "own" };
const list = document.getElementById("doubles");

if (list) {
  document.getElementById("keys").hidden = false;
  const cards = [...list.children];
  const next = cards.find((card) => `#${card.id}` === location.hash);
  if (next) next.focus();
  list.addEventListener("keydown", (event) => {
    // Only while a statement itself has the focus: what is typed into a field is not a command.
    const at = cards.indexOf(event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in MOVES) {
      const card = cards[at + MOVES[event.key]];
      if (card) card.focus();
    } else if (event.key in TAKES) {
      const take = TAKES[event.key];
      const button = cards[at].querySelector(`button[value=${take}]`);
      const folded = button.closest("details");
      // What is folded away is looked at before it is decided by.
      if (folded && !folded.open) {
        folded.open = true;
        folded.querySelector("input").focus();
      } else button.click();
    } else return;
    event.preventDefault();
  });
}
