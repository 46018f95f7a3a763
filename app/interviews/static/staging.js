// Staging by keyboard: arrows walk from answer to answer, figures choose a stage, Enter confirms. Without this file the
// page is a form whose buttons do the same.
const form = document.querySelector("form.staging");
const answers = form ? [...form.querySelectorAll("[data-turn]")] : [];
const csrf = form?.elements.namedItem("csrf_token").value;
const count = document.getElementById("count");
const left = document.getElementById("left");
let now = null;

function stageOf(turn) {
  return turn.querySelector("select[name=stage]");
}

function enter(turn) {
  if (!turn) return;
  now?.classList.remove("now");
  now = turn;
  now.classList.add("now");
  now.focus({ preventScroll: true });
  now.scrollIntoView({ block: "center" });
}

function step(by) {
  const place = answers.indexOf(now);
  enter(answers[now ? Math.min(Math.max(place + by, 0), answers.length - 1) : 0]);
}

function nextWaiting(turn) {
  return answers.slice(answers.indexOf(turn) + 1).find((one) => !one.classList.contains("done"));
}

function choose(turn, figure) {
  const select = stageOf(turn);
  const wanted = figure === 0 ? select.options.length - 1 : figure - 1;
  if (figure > 0 && wanted >= select.options.length - 1) return;
  select.selectedIndex = wanted;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

function say(turn, words) {
  turn.querySelector("[data-problem]").textContent = words;
}

function countUp() {
  count.dataset.done = Number(count.dataset.done) + 1;
  count.textContent = count.dataset.words.replace("{all}", count.dataset.all).replace("{done}", count.dataset.done);
  document.querySelector("progress.progress").value = Number(count.dataset.done);
  left.dataset.n = Number(left.dataset.n) - 1;
  left.textContent = left.dataset.n > 0 ? left.dataset.words.replace("{n}", left.dataset.n) : left.dataset.none;
}

function standsAs(turn, version) {
  const select = stageOf(turn);
  const first = !turn.classList.contains("done");
  turn.dataset.version = version;
  turn.querySelector("input[name=version]").value = version;
  turn.dataset.stands = select.value;
  turn.classList.add("done");
  turn.classList.remove("changed");
  const state = turn.querySelector("[data-state]");
  state.textContent = form.dataset.saidConfirmed;
  state.classList.add("high");
  if (first) countUp();
}

async function confirmed(turn) {
  const select = stageOf(turn);
  if (turn.classList.contains("done") && turn.dataset.stands === select.value) return true;
  if (turn.dataset.busy) return false;
  turn.dataset.busy = "1";
  say(turn, "");
  try {
    const answer = await fetch(`${form.dataset.api}${turn.dataset.turn}/stage`, {
      method: "PUT",
      headers: { "Content-Type": "application/json", "If-Match": `"${turn.dataset.version}"`, "X-CSRF-Token": csrf },
      body: JSON.stringify({ stage: select.selectedOptions[0].dataset.key || null }),
    });
    if (answer.ok) standsAs(turn, (await answer.json()).version);
    else say(turn, answer.status === 412 ? form.dataset.saidStale : form.dataset.saidFailed);
    return answer.ok;
  } catch {
    say(turn, form.dataset.saidFailed);
    return false;
  } finally {
    delete turn.dataset.busy;
  }
}

async function confirmAndGoOn(turn) {
  if (await confirmed(turn)) enter(nextWaiting(turn) ?? turn);
}

function confirmAll() {
  form.querySelector("button[name=do][value=all]").click();
}

function onKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
  const inside = event.target.closest?.("a, button, input, textarea, summary");
  if (inside) return;
  const choosing = event.target.closest?.("select");
  if (choosing && event.key !== "Enter") return;
  if (choosing) enter(choosing.closest("[data-turn]"));
  if (event.key === "ArrowDown" || event.key === "j") step(1);
  else if (event.key === "ArrowUp" || event.key === "k") step(-1);
  else if (event.key === "Enter" && event.shiftKey) confirmAll();
  else if (event.key === "Enter" && now) confirmAndGoOn(now);
  else if (/^[0-9]$/.test(event.key) && now) choose(now, Number(event.key));
  else return;
  event.preventDefault();
}

for (const turn of answers) {
  const select = stageOf(turn);
  if (turn.classList.contains("done")) turn.dataset.stands = select.value;
  select.addEventListener("change", () => turn.classList.toggle("changed", turn.dataset.stands !== select.value));
  turn.querySelector("button[name=do]").addEventListener("click", (event) => {
    event.preventDefault();
    confirmAndGoOn(turn);
  });
  turn.addEventListener("focusin", () => {
    if (now !== turn) {
      now?.classList.remove("now");
      now = turn;
      now.classList.add("now");
    }
  });
}
if (answers.length) {
  form.classList.add("scripted");
  document.addEventListener("keydown", onKey);
}
