// The keys of the map. They act only while a cell or a note has the focus (WCAG 2.1.4), and leave the browser's own alone.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// ``act`` holds what keys do, each given the cell or note at hand; what returns true has done something.
export function keysOf(act) {
  const named = {
    Enter: act.edit,
    F2: act.edit,
    Delete: act.remove,
    Backspace: act.remove,
    Home: (place) => act.edge("first", place),
    End: (place) => act.edge("last", place),
    "?": act.help,
    "？": act.help,
  };
  const lettered = { n: act.add, o: act.behind };

  return function onKey(event, place) {
    if (event.isComposing || event.defaultPrevented) return;
    if (pressed(event, place)) event.preventDefault();
  };

  function pressed(event, place) {
    const arrow = ARROWS[event.key];
    if (event.altKey) return arrow && !event.ctrlKey && !event.metaKey ? act.shift(...arrow, place) : false;
    if (event.ctrlKey || event.metaKey) return letterOf(event) === "z" && !event.shiftKey ? act.undo() : false;
    if (arrow) return act.walk(...arrow, place);
    if (event.key in named) return named[event.key](place);
    return lettered[letterOf(event)]?.(place) ?? false;
  }
}

// The letter of a key, whatever the keyboard writes with it.
function letterOf(event) {
  if (/^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
  return /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase() ?? "";
}
