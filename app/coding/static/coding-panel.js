// The side of the page: scale, emotions, codebook with its filter, memo. It shows one document, and tells what is wanted.

export class Panel {
  // on: { sentiment(value), emotion(label), code(id), memo(text), finish(), leave() }.
  constructor(form, codes, words, on) {
    Object.assign(this, { form, codes, words, on });
    this.memo = form.elements.memo;
    this.list = form.querySelector("#codes");
    this.wanted = form.querySelector("#wanted");
    this.told = form.querySelector("#told");
    form.querySelector("#fold").hidden = false;
    this.wireScale();
    this.wireCodes();
    this.memo.addEventListener("input", () => on.memo(this.memo.value));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      on.finish();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      on.leave();
    });
  }

  wireScale() {
    this.form.addEventListener("change", (event) => {
      const { name, value } = event.target;
      if (name === "sentiment") this.on.sentiment(Number(value));
      if (name === "emotion") this.on.emotion(value);
    });
    const emotions = [...this.form.querySelectorAll("[name=emotion]")];
    this.form.querySelector(".emotions").addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const at = emotions.indexOf(event.target);
      if (!step || at < 0) return;
      event.preventDefault();
      emotions[(at + step + emotions.length) % emotions.length].focus();
    });
    // A click leaves the hand on the mouse: the keys go back to the words. Who came by Tab stays.
    this.form.addEventListener("click", (event) => {
      if (event.detail > 0 && event.target.matches("input[name=sentiment], input[name=emotion]")) this.on.leave();
    });
    const fold = this.form.querySelector("#fold");
    fold.addEventListener("click", () => fold.setAttribute("aria-expanded", fold.getAttribute("aria-expanded") !== "true"));
  }

  wireCodes() {
    if (!this.list) return;
    this.form.querySelector("#filter").hidden = false;
    for (const button of this.list.querySelectorAll("button")) {
      button.disabled = false;
      // What is selected stays selected while a code is clicked.
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", (event) => {
        this.on.code(button.dataset.code);
        if (event.detail > 0) this.on.leave();
      });
      button.addEventListener("pointerenter", () => this.tell(button.dataset.code));
      button.addEventListener("focus", () => this.tell(button.dataset.code));
    }
    this.wanted.addEventListener("input", () => this.filter());
    this.wanted.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const shown = this.shown();
      const at = shown.findIndex((row) => row.classList.contains("first"));
      if (event.key === "Enter") {
        if (shown[at]) this.on.code(shown[at].firstElementChild.dataset.code);
        this.on.leave();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        this.prefer(shown[(at + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length]);
      } else return;
      event.preventDefault();
    });
    this.wanted.addEventListener("blur", () => {
      this.wanted.value = "";
      this.filter(true);
    });
  }

  shown() {
    return [...this.list.children].filter((row) => !row.hidden);
  }

  filter(quietly = false) {
    const sought = this.wanted.value.trim().toLowerCase();
    for (const row of this.list.children) {
      const code = this.codes.get(row.firstElementChild.dataset.code);
      row.hidden = !(code.name.toLowerCase().includes(sought) || code.shortcut === sought);
    }
    const shown = this.shown();
    this.prefer(sought ? shown[0] : null);
    if (!quietly) this.on.filtered(shown.length, shown[0] && this.codes.get(shown[0].firstElementChild.dataset.code).name);
  }

  prefer(row) {
    this.list.querySelector(".first")?.classList.remove("first");
    if (!row) return;
    row.classList.add("first");
    row.scrollIntoView({ block: "nearest" });
    this.tell(row.firstElementChild.dataset.code);
  }

  tell(id) {
    const code = this.codes.get(id);
    const lines = [code.told, ...code.examples.slice(0, 3).map((example) => `${this.words.example}${example}`)].filter(Boolean);
    this.told.replaceChildren(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
    this.told.hidden = !lines.length;
  }

  // ``excerpt`` set: the memo is the excerpt's. ``last``: nothing unfinished follows.
  show(document_, excerpt) {
    for (const radio of this.form.querySelectorAll("[name=sentiment]")) radio.checked = Number(radio.value) === document_.sentiment;
    for (const box of this.form.querySelectorAll("[name=emotion]")) box.checked = document_.emotions.includes(box.value);
    const memo = excerpt ? excerpt.memo : document_.memo;
    if (this.memo.value !== memo) this.memo.value = memo;
    const label = this.form.querySelector("#memo-label");
    const words = excerpt ? this.words.memo_of.replace("%(name)s", this.codes.get(excerpt.code)?.name ?? "") : this.words.memo;
    label.firstChild.data = `${words} `;
    const used = new Set(document_.excerpts.map((one) => one.code));
    for (const row of this.list?.children ?? []) row.classList.toggle("on", used.has(row.firstElementChild.dataset.code));
    const finish = this.form.querySelector("#finish");
    finish.firstChild.data = document_.done ? this.words.finished : this.words.finish;
  }

  count(id, difference) {
    const uses = this.list?.querySelector(`[data-code="${id}"] [data-uses]`);
    if (uses) uses.textContent = Number(uses.textContent) + difference || "";
  }

  focusEmotions() {
    this.unfold();
    this.form.querySelector("[name=emotion]").focus();
  }

  focusFilter() {
    this.unfold();
    this.wanted?.focus();
  }

  focusMemo() {
    this.unfold();
    this.memo.focus();
  }

  unfold() {
    this.form.querySelector("#fold").setAttribute("aria-expanded", "true");
  }
}
