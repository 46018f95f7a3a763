// The keys of the words. They act only while a statement has the focus (WCAG 2.1.4), and leave the browser's own alone.

const MOVES = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };

// ``act`` holds what keys do; ``codeOf(letter)`` is the code of a letter, or undefined.
export function keysOf(act, codeOf) {
  let emotionNext = false;
  const named = {
    Enter: act.finish,
    Escape: act.escape,
    Delete: act.remove,
    Backspace: act.remove,
    ArrowLeft: () => act.clause(-1),
    ArrowRight: () => act.clause(1),
    "[": () => act.excerpt(-1),
    "]": () => act.excerpt(1),
    "【": () => act.excerpt(-1),
    "】": () => act.excerpt(1),
    "/": act.filter,
    "、": act.filter,
    "?": act.help,
    "？": act.help,
  };
  const lettered = {
    n: act.nextUnfinished,
    v: act.cycleSelection,
    o: act.swapEnds,
    m: act.memo,
    e: () => {
      emotionNext = true;
      return act.emotionWait();
    },
  };

  return function onKey(event) {
    if (event.isComposing || event.defaultPrevented) return;
    const wasEmotion = emotionNext;
    if (!["Shift", "Control", "Alt", "Meta"].includes(event.key)) emotionNext = false;
    const did = event.ctrlKey || event.metaKey || event.altKey ? withControl(event) : plain(event, wasEmotion);
    if (did) event.preventDefault();
  };

  function withControl(event) {
    const letter = letterOf(event);
    const command = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (event.shiftKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      return act.extend("word", event.key === "ArrowRight" ? 1 : -1);
    }
    if (!command) return false;
    if (letter === "z") return event.shiftKey ? act.redo() : act.undo();
    if (letter === "y" && !event.shiftKey) return act.redo();
    if (letter === "a" && !event.shiftKey) return act.selectWhole();
    return false;
  }

  function plain(event, wasEmotion) {
    // Signs stand elsewhere on every keyboard, and often above a digit.
    if (event.key.length === 1 && event.key in named) return named[event.key]();
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    if (digit) return withDigit(Number(digit), event.shiftKey, wasEmotion);
    if (event.shiftKey) return shifted(event);
    const letter = letterOf(event);
    if (wasEmotion && letter === "e") return act.emotionList();
    if (event.key in named) return named[event.key]();
    if (letter && act.hasSelection() && codeOf(letter)) return act.code(codeOf(letter));
    if (event.key in MOVES || letter in MOVES) return act.move(MOVES[event.key] ?? MOVES[letter]);
    if (letter in lettered) return lettered[letter]();
    return letter && codeOf(letter) ? act.code(codeOf(letter)) : false;
  }

  function withDigit(digit, shift, wasEmotion) {
    if (wasEmotion) return act.emotion(digit - 1);
    if (digit > 5) return false;
    return shift ? act.emotion(digit - 1) : act.sentiment(digit - 3);
  }

  function shifted(event) {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") return act.extend("character", event.key === "ArrowRight" ? 1 : -1);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") return act.extend("clause", event.key === "ArrowDown" ? 1 : -1);
    if (event.key === "Enter") return act.reopen();
    return letterOf(event) === "f" ? act.find() : false;
  }

}

// The letter of a key, whatever the keyboard writes with it.
function letterOf(event) {
  if (/^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
  return /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase() ?? "";
}
