// What the service worker does when a reminder arrives, and when it is tapped.

const FIRST = "/d/today";

export function wirePush(scope) {
  scope.addEventListener("push", (event) => event.waitUntil(showReminder(scope, event.data)));
  scope.addEventListener("notificationclick", (event) => {
    event.notification.close();
    event.waitUntil(openReminder(scope, event.notification.data));
  });
}

// A browser that was pushed to must show something, whatever arrived.
function showReminder(scope, sent) {
  const said = readPush(sent);
  return scope.registration.showNotification(said.title || scope.location.hostname, {
    body: said.body || "",
    tag: said.tag || "xinlu",
    icon: said.icon,
    data: { url: said.url || "" },
  });
}

export function readPush(sent) {
  try {
    const said = sent ? sent.json() : null;
    return said && typeof said === "object" ? said : {};
  } catch {
    return {};
  }
}

// In a window of its own: what stands half written in another one stays there.
async function openReminder(scope, kept) {
  const target = insideDiary((kept && kept.url) || "", scope.location.origin);
  const windows = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((one) => one.url === target);
  return there ? there.focus() : scope.clients.openWindow(target);
}

export function insideDiary(address, origin) {
  try {
    const wanted = new URL(address, origin);
    if (wanted.origin === origin && wanted.pathname.startsWith("/d/")) return origin + wanted.pathname;
  } catch {
    // falls through to the first page
  }
  return origin + FIRST;
}
