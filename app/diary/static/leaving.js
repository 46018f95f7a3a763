// Signing out, and leaving the study: what has not been sent is told first. Signing out destroys what only this phone could read.
import { dropShell } from "./shell.js";
import { inWords, pieces } from "./status.js";

const SIGN_OUT = "/d/leave";
const WAYS_OUT = [SIGN_OUT, "/d/withdraw"];

// `ready` resolves with what the page works with, or with null where nothing is kept here.
export function watchWaysOut(ready) {
  for (const form of document.querySelectorAll("form[method=post]")) {
    const way = new URL(form.action).pathname;
    if (WAYS_OUT.includes(way)) form.addEventListener("submit", (event) => leave(event, form, way, ready));
  }
}

async function leave(event, form, way, ready) {
  event.preventDefault();
  const parts = await ready.catch(() => null);
  if (!parts) {
    form.submit();
    return;
  }
  const { store, facts } = parts;
  const mine = (await store.objects()).filter((object) => object.person === facts.person);
  if (mine.length && form.dataset.warned !== "yes") {
    form.dataset.warned = "yes";
    warn(form, inWords(facts.words[way === SIGN_OUT ? "leave_unsent" : "withdraw_unsent"], { n: pieces(mine) }), facts.words);
    return;
  }
  if (way === SIGN_OUT) {
    await store.signOut(facts.person);
    await dropShell();
  }
  form.submit();
}

// Everything of theirs is erased on the server: here it goes too, what was never sent with it.
export async function eraseHere({ store, facts }) {
  const theirs = (await store.objects()).filter((object) => object.person === facts.person);
  await store.forget(...theirs.map((object) => object.id));
  await store.signOut(facts.person);
  await dropShell();
}

function warn(form, sentence, words) {
  const notice = document.createElement("div");
  notice.className = "notice";
  notice.setAttribute("role", "alert");
  const line = document.createElement("p");
  line.textContent = sentence;
  const link = document.createElement("a");
  Object.assign(link, { href: "/d/queue", textContent: words.leave_look });
  const way = document.createElement("p");
  way.append(link);
  notice.append(line, way);
  form.prepend(notice);
}
