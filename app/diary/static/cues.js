// Gentle help while somebody writes, at once and without a network. The server looks again, with all of its words.
import { SELF_HARM, EMERGENCY, LOOK_ALIKES } from "./cue_words.js";

const PAUSE_MILLISECONDS = 600;
const SEPARATORS = /[\s*.\-_·]+/g;
const DENIED = /(?:没有|没|不会|从没|从未|并未|绝不)(?:想过?|去|再|要)?$/;
const FEARED = /(?:没有?|不会|会不会|怕|担心|未|无)(?:会|是|出现)?$/;
const split = (words) => words.split(" ");
const kinds = [
  ["self_harm", split(SELF_HARM), DENIED],
  ["emergency", split(EMERGENCY), FEARED],
];
const lookAlikes = split(LOOK_ALIKES);

// Returns what the text says outright, the gravest first: "self_harm", "emergency", or "" for neither. Not a diagnosis.
export function cueOf(text) {
  let plain = text.replace(SEPARATORS, "");
  for (const alike of lookAlikes) plain = plain.replaceAll(alike, "□");
  return kinds.find(([, phrases, denied]) => phrases.some((phrase) => isSaid(plain, phrase, denied)))?.[0] ?? "";
}

// Shows the cue behind the card that is being written in; once shown it stays, so that nothing jumps while one types on.
export function prepareCues(form) {
  const place = form.querySelector("[data-cue]");
  const cue = place?.querySelector(".cue");
  if (!cue) return;
  let timer = 0;
  const look = (area) => {
    const kind = cueOf(area.value);
    if (!kind || place.dataset.cue === "self_harm" || place.dataset.cue === kind) return;
    place.dataset.cue = kind;
    if (cue.hidden) area.closest(".card").after(place);
    for (const words of cue.querySelectorAll("[data-kind]")) words.hidden = words.dataset.kind !== kind;
    cue.hidden = false;
  };
  form.addEventListener("input", ({ target }) => {
    if (target.tagName !== "TEXTAREA") return;
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MILLISECONDS, target);
  });
  for (const area of form.querySelectorAll("textarea")) look(area);
}

function isSaid(text, phrase, denied) {
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
    if (!denied.test(text.slice(Math.max(0, at - 6), at))) return true;
  }
  return false;
}
