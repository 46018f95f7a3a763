// Gentle help while somebody writes, at once and without a network. The server looks again, with all of its words.
import { SELF_HARM, EMERGENCY, LOOK_ALIKES } from "./cue_words.js";

const PAUSE_MILLISECONDS = 600;
const SEPARATORS = /[^\S\n]|[*\-_·]/g;
// Said in the same clause before the phrase: that it is not so, feared, advised, long past, or another's story.
const DENIED = /(?:没有|没|不会|不再|从没|从未|并未|绝不|从来没有过|新闻.*|电视.*|电影.*)(?:想过?|去|再|要|的)?$/;
const ELSEWHERE =
  /没|无|不[是再会]|否认|排除|怕|担心|会不会|如果|要是|若|万一|一旦|避免|预防|可能|风险|小时候|以前|年前|前年|那次|年轻|当年|曾|新闻|电视|电影|视频|梦见|[讲学]|笑|快|差点/;
const split = (words) => words.split(" ");
const kinds = [
  ["self_harm", split(SELF_HARM), DENIED],
  ["emergency", split(EMERGENCY), ELSEWHERE],
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
    if (!denied.test(text.slice(0, at).split(/[，。！？；,.!?;\n]/).pop())) return true;
  }
  return false;
}
