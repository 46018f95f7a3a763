// The page of today's form, kept for when there is no network: its frame only, without anything of the person's.
import { laterAddress } from "./second.js";

const SCOPE = "/d";
const SHELL = "/d/today";
// The pages' own script is the worker too.
const SCRIPT = "script[src^='/d/sw.js']";
const PERSONAL = "[data-personal], #facts, .curve, main [role=alert]";
const OWN_TO_PAGE = "input[name=csrf_token], input[name=entry_id], input[name=prompt]";

export async function installWorker() {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register(document.querySelector(SCRIPT).src, { scope: SCOPE });
  } catch {
    // Some chat apps forbid it: then a visit needs a network, and what is kept is sent all the same.
  }
}

// `page`: the document as it came, before any script or finger changed it.
export async function handShell(page) {
  // A form that came back with what was wrong holds what was typed.
  if (location.pathname !== SHELL) return;
  if (!navigator.serviceWorker?.controller && !(await navigator.serviceWorker?.getRegistration(SCOPE))) return;
  for (const part of page.querySelectorAll(PERSONAL)) part.replaceChildren();
  for (const field of page.querySelectorAll(OWN_TO_PAGE)) field.setAttribute("value", "");
  page.dataset.shell = "";
  const parts = page.querySelectorAll("link[rel=stylesheet], script[src]");
  const assets = [...parts].map((part) => part.getAttribute("href") ?? part.getAttribute("src"));
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage({ shell: `<!doctype html>\n${page.outerHTML}`, assets, later: laterAddress() });
}

export async function dropShell() {
  if (!globalThis.caches) return;
  for (const name of await caches.keys()) if (name.startsWith("xinlu-")) await caches.delete(name);
}

export function fromShell() {
  return "shell" in document.documentElement.dataset;
}
