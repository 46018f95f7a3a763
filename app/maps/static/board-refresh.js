// What others have changed, looked at every so often: only while the page is in sight, and asked with the tag of what it shows.

const EVERY_MS = 15_000;

export class Refresh {
  constructor({ address, tag, take, later = (act, ms) => setTimeout(act, ms) }) {
    Object.assign(this, { address, tag, take, later });
    this.busy = false;
  }

  begin() {
    this.later(() => this.#turn(), EVERY_MS);
    addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.now());
    addEventListener("online", () => this.now());
  }

  async #turn() {
    await this.now();
    this.later(() => this.#turn(), EVERY_MS);
  }

  // Asks at once; nothing happens where nothing has changed or nobody answers.
  async now() {
    if (this.busy || document.visibilityState !== "visible") return;
    this.busy = true;
    try {
      const response = await fetch(this.address, { headers: { "If-None-Match": this.tag } });
      if (response.status === 200 && !response.redirected) {
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const road = page.getElementById("road");
        if (road) {
          this.tag = response.headers.get("ETag") ?? this.tag;
          this.take(road);
        }
      }
    } catch {
      // No network: the next turn asks again.
    } finally {
      this.busy = false;
    }
  }
}
