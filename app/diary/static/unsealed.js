// A browser that cannot seal (no https, a private window): it is told, and asked, before anything at all is kept on the phone.
// The form goes the plain way, over the network; with a yes, what is typed stays in this browser until it has been saved.
import { fieldsOf, fill, withMoment } from "./written.js";

const ALLOWED = "xinlu-unsealed-allowed";
const DRAFT = "xinlu-unsealed-draft";

export function offerUnsealed(form, facts) {
  if (!form) return dropSaved();
  const { words, person } = facts;
  const notice = document.createElement("section");
  notice.className = "notice";
  const title = document.createElement("h2");
  title.textContent = words.unsealed_title;
  const line = document.createElement("p");
  line.textContent = words.unsealed;
  notice.append(title, line);
  form.before(notice);
  if (!works()) return;
  if (localStorage.getItem(ALLOWED) === person) keepTyping(form, person, notice, words);
  else ask(form, person, notice, words);
}

function ask(form, person, notice, words) {
  const asking = document.createElement("p");
  asking.textContent = words.unsealed_ask;
  const yes = button(words.unsealed_yes, () => {
    localStorage.setItem(ALLOWED, person);
    for (const one of [asking, yes, no]) one.remove();
    keepTyping(form, person, notice, words);
  });
  const no = button(words.unsealed_no, () => {
    for (const one of [asking, yes, no]) one.remove();
  });
  notice.append(asking, yes, no);
}

function keepTyping(form, person, notice, words) {
  const stop = button(words.unsealed_stop, () => {
    localStorage.removeItem(ALLOWED);
    localStorage.removeItem(DRAFT);
    location.reload();
  });
  notice.append(stop);
  const draft = JSON.parse(localStorage.getItem(DRAFT) ?? "null");
  if (draft?.person === person) {
    form.elements.entry_id.value = draft.id;
    fill(form, withMoment(form, draft.fields));
  }
  const save = () => {
    if (localStorage.getItem(ALLOWED) !== person) return;
    localStorage.setItem(DRAFT, JSON.stringify({ person, id: form.elements.entry_id.value, fields: fieldsOf(form) }));
  };
  for (const kind of ["input", "change"]) form.addEventListener(kind, save);
}

// The page of the entry that was saved: its draft has done its work.
function dropSaved() {
  if (!works()) return;
  const draft = JSON.parse(localStorage.getItem(DRAFT) ?? "null");
  if (draft && location.pathname === `/d/entries/${draft.id}`) localStorage.removeItem(DRAFT);
}

function works() {
  try {
    localStorage.setItem(`${DRAFT}-trial`, "");
    localStorage.removeItem(`${DRAFT}-trial`);
    return true;
  } catch {
    return false;
  }
}

function button(words, act) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", textContent: words, className: "link" });
  made.addEventListener("click", act);
  return made;
}
