// The service worker: the frame of the diary's page without a network, and sending in the background where the browser can.
// It keeps no page of anybody's: the frame is handed to it by the page, without what is personal. Nothing is lost when a new
// version takes over at once, since what waits stands in IndexedDB and not here. It comes in the same file as the pages'
// scripts, which the browser has by then.
import { wirePush } from "./push-worker.js";
import { Sending } from "./sending.js";
import { Store } from "./store.js";

const CACHE = "xinlu-shell-1";
const SHELL = "/d/today";
const STANDS_FOR = [SHELL, "/d/queue"];
const STATIC = "/static/";
const SCRIPT = "/d/sw.js";
const PATIENCE_MILLISECONDS = 4000;
const BREATH_MILLISECONDS = 6000;
const KEPT_HEADERS = ["Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Permissions-Policy"];
const GATEWAY_TROUBLE = [502, 503, 504];

export function startWorker() {
  self.addEventListener("install", () => self.skipWaiting());
  self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
  self.addEventListener("fetch", (event) => answer(event));
  self.addEventListener("message", (event) => {
    if (event.data?.shell) event.waitUntil(keepShell(event.data.shell, event.data.assets, event.data.later));
    if (event.data?.part) event.waitUntil(keepPart(event.data.part));
  });
  self.addEventListener("sync", (event) => event.waitUntil(sendAll()));
  wirePush(self);
}

async function takeOver() {
  for (const name of await caches.keys()) if (name.startsWith("xinlu-") && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

function answer(event) {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (address.pathname.startsWith(STATIC) || address.pathname === SCRIPT) event.respondWith(part(request));
  else if (request.mode === "navigate") event.respondWith(page(request));
}

async function part(request) {
  return (await caches.match(request.url, { cacheName: CACHE })) ?? fetch(request);
}

// From the network. Where the frame can take its place, if it answers soon; a gateway that says its server is away is no answer.
async function page(request) {
  const shell = await caches.match(SHELL, { cacheName: CACHE });
  if (!shell) return fetch(request);
  const coming = fetch(request).catch(() => null);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS, null));
  const replaceable = STANDS_FOR.includes(new URL(request.url).pathname);
  const answered = await (replaceable ? Promise.race([coming, late]) : coming);
  return answered && !GATEWAY_TROUBLE.includes(answered.status) ? answered : shell;
}

async function keepShell(html, assets, later) {
  const cache = await caches.open(CACHE);
  for (const asset of assets) if (!(await keepPart(asset))) return;
  const { headers } = await cache.match(assets[0]);
  const kept = KEPT_HEADERS.filter((name) => headers.get(name)).map((name) => [name, headers.get(name)]);
  await cache.put(SHELL, new Response(html, { headers: [["Content-Type", "text/html; charset=utf-8"], ...kept] }));
  const wanted = [SHELL, ...assets, later].map((path) => new URL(path, self.location.href).href);
  for (const request of await cache.keys()) if (!wanted.includes(request.url)) await cache.delete(request);
  if (!later) return;
  // Also for somebody who only looks this time: the next visit, without a network, must find the list of what waits.
  await new Promise((resolve) => setTimeout(resolve, BREATH_MILLISECONDS));
  // Who has signed out meanwhile wants nothing to be kept.
  if (await caches.match(SHELL, { cacheName: CACHE })) await keepPart(later);
}

// Returns whether it is kept now. The page has just loaded it: this asks the browser's own cache and not the network.
async function keepPart(address) {
  const cache = await caches.open(CACHE);
  if (await cache.match(address)) return true;
  const found = await fetch(address, { cache: "force-cache" });
  if (found.ok) await cache.put(address, found);
  return found.ok;
}

async function sendAll() {
  const { stop } = await new Sending(new Store()).now({ force: true });
  // The browser tries again later when this fails.
  if (stop === "line") throw new Error("no connection yet");
}
