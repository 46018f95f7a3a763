// Today's form and the entry that it becomes; the same reading as the server's (app/diary/today.py) where scripts do not run.
import { bytesOf, textOf } from "./encoding.js";
import { isoInZone, momentOf } from "./moments.js";

const ANSWER = "answers.";
const SCALES = "[data-mood], .steps, [data-number]";
const OWN_TO_PAGE = ["csrf_token", "entry_id", "form_version"];

// What was typed and chosen, as [name, value] in the order of the page; without files, and without what the page itself brought.
export function fieldsOf(form) {
  return [...new FormData(form)]
    .filter(([name, value]) => typeof value === "string" && !OWN_TO_PAGE.includes(name))
    .map(([name, value]) => [name, storable(value)]);
}

export function submissionOf(form, facts, now = Date.now()) {
  const fields = new FormData(form);
  const stage = fields.get("stage") ?? "";
  return {
    study: facts.study,
    participant: facts.person,
    stage,
    touchpoint: fields.get(`touchpoint.${stage}`) || undefined,
    occurred_at: occurredAt(fields, facts.zone, now),
    recorded_at: isoInZone(now, facts.zone),
    form_version: Number(fields.get("form_version")),
    answers: answersOf(form),
    prompt: fields.get("prompt") || undefined,
  };
}

// The same in words, question by question, for this phone's own list and for a file that a person can read.
export function toldOf(form) {
  const told = [];
  for (const [name, value] of fieldsOf(form)) {
    const control = controlOf(form, name, value);
    const chip = control?.type === "radio" || control?.type === "checkbox" ? control.closest("label") : null;
    if (!control || !value.trim() || !(name.startsWith(ANSWER) || name === "stage")) continue;
    const words = plain(chip ? (chip.querySelector(".word") ?? chip).textContent : value);
    const question = plain(control.closest("fieldset, section")?.querySelector("legend, .label")?.textContent ?? "");
    const last = told.at(-1);
    if (last?.[0] === question && chip) last[1] += `, ${words}`;
    else told.push([question, chip ? words : value]);
  }
  return told;
}

// Puts fields back into the form, as if they had been typed, so that whatever watches it follows. Returns those that found no place.
export function fill(form, fields) {
  const left = [];
  for (const box of form.querySelectorAll("input[type=checkbox], input[type=radio]")) {
    if (fields.some(([name]) => name === box.name)) box.checked = false;
  }
  for (const [name, value] of fields) {
    const control = controlOf(form, name, value);
    if (!control) {
      left.push([name, value]);
      continue;
    }
    if (control.type === "radio" || control.type === "checkbox") control.checked = true;
    else control.value = value;
    const folded = value && name.startsWith(ANSWER) && control.closest("details");
    if (folded) folded.open = true;
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
  return left;
}

// A moment that the form no longer offers as a part of the day is still one that can be named.
export function withMoment(form, fields) {
  const when = fields.find(([name]) => name === "when")?.[1];
  if (!when || controlOf(form, "when", when)) return fields;
  return [...fields.filter(([name]) => name !== "when" && name !== "occurred_local"), ["when", "earlier"], ["occurred_local", when]];
}

export function fieldsOfSubmission(submission) {
  const fields = [
    ["stage", submission.stage],
    [`touchpoint.${submission.stage}`, submission.touchpoint ?? ""],
    ["when", "earlier"],
    ["occurred_local", submission.occurred_at.slice(0, 16)],
    ["prompt", submission.prompt ?? ""],
  ];
  for (const [key, value] of Object.entries(submission.answers)) {
    for (const one of [value].flat()) fields.push([ANSWER + key, String(one)]);
  }
  return fields;
}

function answersOf(form) {
  const answers = {};
  for (const [name, value] of fieldsOf(form)) {
    if (!name.startsWith(ANSWER) || !value.trim()) continue;
    const key = name.slice(ANSWER.length);
    const control = controlOf(form, name, value);
    if (control?.type === "checkbox") answers[key] = [...(answers[key] ?? []), value];
    else answers[key] = control?.closest(SCALES) && /^\d{1,3}$/.test(value) ? Number(value) : value;
  }
  return answers;
}

function occurredAt(fields, zone, now) {
  const when = fields.get("when") || "now";
  const local = when === "earlier" ? fields.get("occurred_local") : when;
  const moment = when === "now" ? now : momentOf(local ?? "", zone);
  return isoInZone(Number.isNaN(moment) ? now : moment, zone);
}

function controlOf(form, name, value) {
  const named = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  const boxes = named.filter((one) => one.type === "radio" || one.type === "checkbox");
  return boxes.length ? boxes.find((one) => one.value === value) : named[0];
}

// Half a character, as a clumsy cut leaves it, is nothing that could be stored.
function storable(text) {
  return textOf(bytesOf(text)).replaceAll("\0", "").replaceAll("\r\n", "\n");
}

function plain(text) {
  return text.replace(/\s+/g, " ").trim();
}
