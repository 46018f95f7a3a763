// The chosen file stays chosen while its preview comes: a reloaded page would have lost it.

const form = document.querySelector("form[data-project]");

async function show(event) {
  if (event.submitter?.value === undefined) return;
  event.preventDefault();
  const sent = new FormData(form);
  sent.set("do", event.submitter.value);
  form.setAttribute("aria-busy", "true");
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: sent });
    replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  } finally {
    form.removeAttribute("aria-busy");
  }
}

// Takes the answer's preview, buttons and errors; the fields stay, for they hold what was chosen.
function replace(page) {
  const next = page.querySelector("form[data-project]");
  if (!next) return location.reload();
  for (const part of ["#preview", ".actions"]) form.querySelector(part).replaceWith(next.querySelector(part));
  document.querySelector("main > .notice.wrong")?.remove();
  const wrong = page.querySelector("main > .notice.wrong");
  if (wrong) {
    document.querySelector("main").insertBefore(wrong, document.querySelector("main > .sheet"));
    wrong.tabIndex = -1;
    wrong.focus();
  } else {
    form.querySelector("#preview").scrollIntoView({ block: "nearest" });
  }
}

form?.addEventListener("submit", show);
