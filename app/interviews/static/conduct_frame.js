// The page's frame, kept on the device while the talk lasts, so that it opens again without a network.

const ANSWER_WITHIN = 15_000;

// Returns whether the page can be opened without a network from now on.
export async function keepFrame(address) {
  if (!navigator.serviceWorker || !window.caches) return false;
  try {
    await navigator.serviceWorker.register(`${address}/conduct-worker.js`);
    const { active } = await navigator.serviceWorker.ready;
    const parts = [...document.querySelectorAll('link[rel="stylesheet"], script[src]')].map((one) => one.href || one.src);
    const channel = new MessageChannel();
    const told = new Promise((resolve) => {
      channel.port1.onmessage = (event) => resolve(event.data === true);
      setTimeout(resolve, ANSWER_WITHIN, false);
    });
    active.postMessage({ keep: parts }, [channel.port2]);
    return await told;
  } catch {
    return false;
  }
}

// The talk is over: nothing of it stays.
export async function dropFrame(address) {
  if (!navigator.serviceWorker || !window.caches) return;
  const path = new URL(`${address}/`, location.href).pathname;
  await caches.delete(`xinlu-talk:${path}`);
  const worker = await navigator.serviceWorker.getRegistration(path);
  await worker?.unregister();
}
