// What the page says of itself: where one is, what is saved, what was done, and two versions to choose from.

import { fill } from "./coding-rows.js";

const TOAST_MS = 1800;

export class Standing {
  constructor(words, act) {
    this.words = words;
    for (const id of ["place", "saved", "spoken", "toast", "clash", "refused", "count", "meter", "next"]) this[id] = document.getElementById(id);
    this.saved.hidden = false;
    for (const section of [this.clash, this.refused]) {
      section.addEventListener("click", (event) => {
        const choice = event.target.dataset.act;
        if (choice) act(choice);
      });
    }
  }

  // For eyes and for ears; said again where the same sentence comes twice.
  say(words) {
    this.spoken.textContent = words === this.spoken.textContent ? `${words}\u00a0` : words;
    this.toast.textContent = words;
    this.toast.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.toast.hidden = true), TOAST_MS);
  }

  showPlace(n, of) {
    this.place.textContent = n > 0 ? fill(this.words.place, { n, of }) : this.words.earlier;
  }

  showDone(done, total) {
    this.count.textContent = done;
    this.meter.value = done;
    if (this.next) this.next.hidden = done < total || !total;
  }

  // states: those of the statements that are not saved.
  showSaved(states) {
    const of = (kind) => states.filter((state) => state === kind).length;
    const kind = ["stale", "refused", "offline", "waiting"].find(of) ?? "saved";
    const words = fill(this.words[kind], { n: of(kind) });
    if (this.saved.dataset.state !== kind && kind !== "waiting" && kind !== "saved") this.spoken.textContent = words;
    this.saved.dataset.state = kind;
    this.saved.textContent = words;
  }

  showClash(theirs, mine) {
    document.getElementById("clash-theirs").textContent = theirs;
    document.getElementById("clash-mine").textContent = mine;
    this.clash.hidden = false;
  }

  hideClash() {
    this.clash.hidden = true;
  }

  showRefused(words) {
    document.getElementById("refused-words").textContent = words ?? "";
    this.refused.hidden = !words;
  }
}
