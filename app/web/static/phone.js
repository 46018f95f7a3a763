// Small comforts on the participant's pages. Everything works without this file.

// A personal link: its token stands in the fragment, which is taken out of the address before anything else happens.
const door = document.querySelector("form[data-door]");
if (door) {
  const open = () => {
    const token = location.hash.slice(1);
    if (!token) return;
    history.replaceState(null, "", location.pathname);
    door.elements.secret.value = token;
    for (const part of document.querySelectorAll("[data-closed]")) part.hidden = true;
    for (const part of document.querySelectorAll("[data-opening]")) part.hidden = false;
    door.submit();
  };
  addEventListener("hashchange", open);
  open();
}

// How much has been written: code points, as the server counts them.
for (const area of document.querySelectorAll("textarea[data-most]")) {
  const words = document.getElementById(area.dataset.count);
  const told = words.textContent;
  const count = () => {
    const length = [...area.value.trim()].length;
    words.textContent = length ? `${length} / ${area.dataset.most}` : told;
    words.classList.toggle("problem", length > Number(area.dataset.most));
  };
  area.addEventListener("input", count);
  count();
}

// A second tap on the button would be harmless (one page makes one entry), but it would make the person wait twice.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    for (const button of document.querySelectorAll(`button[form="${form.id}"]`)) button.setAttribute("aria-disabled", "true");
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
});
