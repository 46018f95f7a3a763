// What was done on this page, over all statements, to be undone and done again.

const MOST_STEPS = 500;
const ONE_STEP_MS = 1500;

export class History {
  constructor(clock = Date.now) {
    this.clock = clock;
    this.done = [];
    this.undone = [];
  }

  // ``kind`` joins what belongs together: letters typed into one memo are one step.
  add(step) {
    const last = this.done.at(-1);
    const at = this.clock();
    this.undone = [];
    if (last && step.kind === "memo" && last.kind === "memo" && last.id === step.id && last.of === step.of && at - last.at < ONE_STEP_MS) {
      Object.assign(last, { after: step.after, at });
      return;
    }
    this.done.push({ ...step, at });
    if (this.done.length > MOST_STEPS) this.done.shift();
  }

  undo() {
    const step = this.done.pop();
    if (step) this.undone.push(step);
    return step;
  }

  redo() {
    const step = this.undone.pop();
    if (step) this.done.push({ ...step, at: 0 });
    return step;
  }

  // What was done to a statement before it turned out to stand otherwise on the server cannot be undone any more.
  forget(id) {
    this.done = this.done.filter((step) => step.id !== id);
    this.undone = this.undone.filter((step) => step.id !== id);
  }
}
