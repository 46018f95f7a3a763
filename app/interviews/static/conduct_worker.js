// Opens the page of a talk without a network: its frame, the questions and nothing that anybody said. The page hands over what
// to keep; notes that were not sent stand in the browser's database, not here.
const PATIENCE = 5000;
const GATEWAY_TROUBLE = [502, 503, 504];
const TALK = new URL("./", self.location).pathname;
const CACHE = `xinlu-talk:${TALK}`;
const PAGE = `${TALK}conduct`;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("message", (event) => {
  if (event.data?.keep) event.waitUntil(keep(event.data.keep).then((kept) => event.ports[0]?.postMessage(kept)));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (address.pathname.startsWith("/static/")) event.respondWith(part(request));
  else if (request.mode === "navigate" && address.pathname === PAGE) event.respondWith(page(request));
});

// Keeps the frame and its parts all together, or nothing; says whether it did.
async function keep(parts) {
  try {
    const frame = await fetch(`${PAGE}?frame=1`, { credentials: "same-origin" });
    if (!frame.ok || frame.redirected) return false;
    const cache = await caches.open(CACHE);
    await cache.addAll(parts);
    await cache.put(PAGE, frame);
    return true;
  } catch {
    return false;
  }
}

async function part(request) {
  return (await caches.match(request.url, { cacheName: CACHE })) ?? fetch(request);
}

async function page(request) {
  const kept = await caches.match(PAGE, { cacheName: CACHE });
  if (!kept) return fetch(request);
  const coming = fetch(request).catch(() => null);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, null));
  const answered = await Promise.race([coming, late]);
  return answered && !GATEWAY_TROUBLE.includes(answered.status) ? answered : kept;
}
