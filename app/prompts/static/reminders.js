// The page of reminders: notifications on this phone, asked for after a tap; the zone that the phone is in.

// The pages' own script is the worker too.
const WORKER = "script[src^='/d/sw.js']";
const SCOPE = "/d";

export function prepareReminders(page) {
  preparePush(page.querySelector("[data-push]"));
  prepareZone(page.querySelector("[data-zone]"));
}

async function preparePush(card) {
  if (!card) return;
  const show = (state) => {
    for (const part of card.querySelectorAll("[data-push-state]")) part.hidden = part.dataset.pushState !== state;
  };
  card.querySelector("[data-push-on]").addEventListener("click", () => turn(show, () => subscribe(card)));
  card.querySelector("[data-push-off]").addEventListener("click", () => turn(show, () => unsubscribe(card)));
  show(await pushState(card));
}

async function turn(show, change) {
  show("busy");
  try {
    show(await change());
  } catch {
    show(Notification.permission === "denied" ? "denied" : "failed");
  }
}

async function pushState(card) {
  if (!canPush()) return whyNot();
  if (Notification.permission === "denied") return "denied";
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  const subscription = registration && (await registration.pushManager.getSubscription());
  if (!subscription || Notification.permission !== "granted") return "off";
  return card.dataset.known.split(" ").includes(await markOf(subscription.endpoint)) ? "on" : "off";
}

function canPush() {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

// Safari on iPhone and iPad has notifications only for pages on the home screen; a chat app's browser has none.
function whyNot() {
  if (/MicroMessenger|DingTalk|Lark|QQ\//i.test(navigator.userAgent)) return "inside";
  const apple = /iPhone|iPad/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
  return apple && !matchMedia("(display-mode: standalone)").matches ? "apple" : "unsupported";
}

async function subscribe(card) {
  if ((await Notification.requestPermission()) !== "granted") return Notification.permission === "denied" ? "denied" : "off";
  await navigator.serviceWorker.register(document.querySelector(WORKER).src, { scope: SCOPE });
  const registration = await readyWorker();
  const key = bytesOf(card.dataset.push);
  let subscription = await registration.pushManager.getSubscription();
  if (subscription && !sameKey(subscription, key)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ||= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const given = subscription.toJSON();
  const answer = await post(card, card.dataset.on, { endpoint: given.endpoint, p256dh: given.keys.p256dh, auth: given.keys.auth });
  if (!answer.ok) throw new Error(String(answer.status));
  card.dataset.known += ` ${await markOf(given.endpoint)}`;
  return "on";
}

async function unsubscribe(card) {
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  const subscription = registration && (await registration.pushManager.getSubscription());
  if (!subscription) return "off";
  // The server first: a browser that forgets alone would leave an address behind that nobody reads.
  const answer = await post(card, card.dataset.off, { endpoint: subscription.endpoint });
  if (!answer.ok) throw new Error(String(answer.status));
  await subscription.unsubscribe();
  return "off";
}

// The worker of this scope, active: ready never settles on a page outside of it.
async function readyWorker() {
  const patience = new Promise((_resolve, reject) => setTimeout(reject, 15000, new Error("worker")));
  return Promise.race([navigator.serviceWorker.ready, patience]);
}

function post(card, address, fields) {
  const token = card.querySelector("input[name=csrf_token]").value;
  const body = new URLSearchParams({ ...fields, csrf_token: token });
  return fetch(address, { method: "POST", body, credentials: "same-origin", redirect: "error" });
}

async function markOf(endpoint) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  return [...digest.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOf(encoded) {
  const plain = atob(encoded.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function sameKey(subscription, key) {
  const held = subscription.options && subscription.options.applicationServerKey;
  if (!held) return true;
  const bytes = new Uint8Array(held);
  return bytes.length === key.length && bytes.every((byte, index) => byte === key[index]);
}

// Someone who has travelled sees it here, and changes it with one tap.
function prepareZone(card) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!card || !here || sameClock(here, card.dataset.zone)) return;
  const moved = card.querySelector("[data-moved]");
  moved.querySelector("[name=time_zone]").value = here;
  moved.querySelector("[data-here]").textContent = here;
  moved.hidden = false;
}

// Names differ (Asia/Chongqing, Asia/Shanghai) where clocks do not: what counts is the time of day through a year.
export function sameClock(one, other) {
  const year = new Date().getFullYear();
  try {
    const clocks = [one, other].map((zone) => new Intl.DateTimeFormat("en", { timeZone: zone, dateStyle: "short", timeStyle: "short" }));
    return Array.from({ length: 12 }, (_month, month) => Date.UTC(year, month, 15)).every(
      (moment) => clocks[0].format(moment) === clocks[1].format(moment),
    );
  } catch {
    return false;
  }
}
