// Where the scripts of the participant's pages begin, and their service worker. Online, everything works without them.
import { diaryForm, Writing } from "./writing.js";
import { fromShell, handShell, installWorker } from "./shell.js";
import { Sending } from "./sending.js";
import { Status, canKeep } from "./status.js";
import { Store } from "./store.js";
import { onceBegun, second } from "./second.js";
import { eraseHere, watchWaysOut } from "./leaving.js";
import { isOwnLink, linkOpened, rememberLink } from "./links.js";
import { startWorker } from "./worker.js";
import { prepareCount, prepareForm } from "./form.js";

const QUEUE = "/d/queue";
const AT_HOME_IN_SHELL = ["/d", "/d/", "/d/today"];
let typed = false;

if (globalThis.document) startPage();
else startWorker();

function startPage() {
  // As it came from the server: what is kept for a visit without a network must hold nothing that was typed since.
  const pristine = document.documentElement.cloneNode(true);
  openDoor(document.querySelector("form[data-door]"));
  prepareTyping();
  const form = document.querySelector("form[data-words]");
  if (form && !fromShell()) prepareForm(form);
  for (const kind of ["input", "change"]) form?.addEventListener(kind, () => (typed = true), { once: true });
  if (form) onceBegun(({ beginCapture }) => beginCapture(form));
  const token = tokenAtShell();
  const ready = begin(pristine, token);
  watchWaysOut(ready);
  if (diaryForm()) holdSaving(diaryForm(), ready);
}

// The link was opened without a network, and the kept frame stands in for the door: its token must not stay in the address.
function tokenAtShell() {
  const token = fromShell() ? location.hash.slice(1) : "";
  if (token) history.replaceState(null, "", location.pathname);
  return token;
}

// Somebody is quicker than the opening of the storage: the button is pressed for them once it is open.
function holdSaving(form, ready) {
  let pressed = false;
  const once = form.dataset.once;
  const hold = (event) => {
    pressed ||= !event.defaultPrevented;
    event.preventDefault();
  };
  delete form.dataset.once;
  form.addEventListener("submit", hold);
  ready.then((parts) => {
    form.removeEventListener("submit", hold);
    if (!parts) form.dataset.once = once;
    if (pressed) document.querySelector("button[form=entry]")?.click();
  });
}

// A personal link: its token stands in the fragment, which is taken out of the address before anything else happens.
function openDoor(door) {
  if (!door) return;
  const open = () => {
    const token = location.hash.slice(1);
    if (!token) return;
    history.replaceState(null, "", location.pathname);
    door.elements.secret.value = token;
    for (const part of document.querySelectorAll("[data-closed]")) part.hidden = true;
    for (const part of document.querySelectorAll("[data-opening]")) part.hidden = false;
    Promise.race([rememberLink(token), new Promise((resolve) => setTimeout(resolve, 500))]).then(() => door.submit());
  };
  addEventListener("hashchange", open);
  open();
}

function prepareTyping() {
  for (const area of document.querySelectorAll("textarea[data-most]")) if (!area.form?.dataset.words) prepareCount(area);
  // A second tap on the button would be harmless (one page makes one entry), but it would make the person wait twice.
  const forms = document.querySelectorAll("form[data-once]:not(#entry)");
  for (const form of forms) form.addEventListener("submit", (event) => once(event, form));
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
  });
}

function once(event, form) {
  if (!("once" in form.dataset)) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  for (const button of document.querySelectorAll(`button[form="${form.id}"]`)) button.setAttribute("aria-disabled", "true");
}

// Returns what the page works with, or null where this browser or phone keeps nothing.
async function begin(pristine, token) {
  const given = JSON.parse(document.getElementById("facts")?.textContent || "null");
  const store = new Store();
  const able = await canKeep(store);
  if (!able) {
    const { offerToKeep } = await second();
    offerToKeep(given && diaryForm(), given);
    return null;
  }
  if (given) await learn(store, given);
  const facts = given ?? inWordsOfPage(await store.facts());
  const status = new Status(store);
  await status.show();
  if (!facts) return null;
  const sending = new Sending(store, () => status.changed());
  if (given) installWorker().then(() => diaryForm() && handShell(pristine));
  const parts = { store, facts, sending, status };
  if (document.querySelector("[data-gone]")) {
    await eraseHere(parts);
    await status.changed();
    return null;
  }
  await beginPage(parts, !token || (await isOwnLink(store, facts.person, token)));
  sending.listen();
  return parts;
}

// A page that does not know whose phone this is may still bring the words, in the language that was asked for.
function inWordsOfPage(facts) {
  const words = document.getElementById("words")?.textContent;
  return facts && words ? { ...facts, words: JSON.parse(words) } : facts;
}

async function learn(store, facts) {
  await store.put("meta", { name: "facts", facts });
  await linkOpened(store, facts.person);
  // Whoever sees today's form has agreed to what is needed.
  if (diaryForm()) await store.revive(facts.person, "consent_missing");
}

// In the kept frame of today's form, every other page of the diary is the list of what was not sent.
async function beginPage(parts, ownLink) {
  const elsewhere = fromShell() && !(AT_HOME_IN_SHELL.includes(location.pathname) && ownLink);
  if (elsewhere) document.querySelector("main").replaceChildren(Object.assign(document.createElement("div"), { id: "queue" }));
  const place = document.querySelector("[data-queue], #queue");
  if (place) await showUnsent(place, { ...parts, elsewhere: elsewhere && location.pathname !== QUEUE });
  const form = diaryForm();
  if (!form) return;
  if (fromShell()) prepareForm(form, { facts: parts.facts, propose: true });
  await new Writing(form, { ...parts, fromShell: fromShell(), typed }).start();
}

async function showUnsent(place, parts) {
  try {
    const { showQueue } = await second();
    await showQueue(place, parts);
  } catch {
    // Not even the second file came: what waits is sent all the same, and its number stands above.
    place.textContent = parts.facts.words.line;
  }
}
