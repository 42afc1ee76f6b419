// The field in the header shows the best of what a search finds while one types. The server finds
// and draws; Enter leads to the page with everything.
const field = document.getElementById("find");
const form = field?.form;
let box, timer, running;

function close() {
  clearTimeout(timer);
  running?.abort();
  if (box) box.hidden = true;
}

async function look() {
  running?.abort();
  const mine = (running = new AbortController());
  try {
    const url = form.action + "?q=" + encodeURIComponent(field.value.trim());
    const answer = await fetch(url, { headers: { "X-Partial": "1" }, signal: mine.signal });
    if (!answer.ok) return close();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById("found");
    // The page may have such a list already, and names must differ.
    for (const x of page.querySelectorAll("[id]")) x.id = "top-" + x.id;
    for (const x of page.querySelectorAll("[aria-labelledby]")) x.setAttribute("aria-labelledby", "top-" + x.getAttribute("aria-labelledby"));
    if (!box) {
      box = document.createElement("div");
      box.className = "find-box";
      form.append(box);
    }
    box.replaceChildren(found);
    box.hidden = false;
  } catch { /* offline, or a later letter was faster: Enter still works */ }
}

function typed() {
  clearTimeout(timer);
  if (field.value.trim().length < 2) return close();
  timer = setTimeout(look, 120);
}
field?.addEventListener("input", typed);
if (field?.value) typed(); // what was typed while this was on its way

form?.addEventListener("keydown", (e) => {
  if (e.key === "Escape" && box && !box.hidden) {
    close();
    field.focus();
    e.stopPropagation();
  }
  const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (!by || !box || box.hidden) return;
  const all = [field, ...box.querySelectorAll("a")];
  all[Math.max(0, Math.min(all.length - 1, all.indexOf(document.activeElement) + by))].focus();
  e.preventDefault();
});

form?.addEventListener("focusout", (e) => {
  if (!form.contains(e.relatedTarget)) close();
});
