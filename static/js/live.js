// A filter form that refreshes the parts it names. The server draws them; without script, or when
// anything fails, the same addresses load as pages.
const typingPause = 180;
const dimAfter = 150;
let running;
let timer;

const live = () => document.querySelector("form[data-live]");

function address(form) {
  const q = new URLSearchParams();
  for (const [k, v] of new FormData(form)) if (v !== "") q.append(k, v);
  const s = q.toString();
  return form.action.split("?")[0] + (s ? "?" + s : "");
}

async function go(url, history) {
  const form = live();
  running?.abort();
  const mine = (running = new AbortController());
  const dim = setTimeout(() => live()?.setAttribute("aria-busy", "true"), dimAfter);
  try {
    const answer = await fetch(url, { headers: { "X-Partial": "1" }, signal: mine.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    swap(form, await answer.text(), url);
    // The server knows the shortest address of what it sent.
    if (history) window.history[history](null, "", answer.headers.get("Content-Location") ?? url);
  } catch (e) {
    if (e.name !== "AbortError") location.href = url;
  } finally {
    clearTimeout(dim);
    if (running === mine) live()?.removeAttribute("aria-busy");
  }
}

function swap(form, html, url) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const had = document.activeElement;
  const { name, value, textContent } = had;
  const pairs = form.dataset.live.split(" ").map((id) => [document.getElementById(id), page.getElementById(id)]);
  if (pairs.some(([old, fresh]) => !old || !fresh)) throw new Error("a part is missing");
  for (const [old, fresh] of pairs) {
    old.replaceChildren(...fresh.childNodes);
    old.dispatchEvent(new CustomEvent("live:swapped", { bubbles: true }));
  }
  const query = form.elements.q;
  if (query && query !== had) query.value = new URL(url, location).searchParams.get("q") ?? "";
  if (had.isConnected) return;
  const again = name
    ? [...form.elements].find((x) => x.name === name && x.value === value)
    : [...form.querySelectorAll("a[data-live-link]")].find((x) => x.textContent === textContent);
  (again ?? document.getElementById("results"))?.focus({ preventScroll: true });
}

document.addEventListener("change", (e) => {
  const form = e.target.form;
  if (!form?.matches("[data-live]") || e.target.type === "search") return;
  clearTimeout(timer);
  go(address(form), e.target.name === "m" ? "replaceState" : "pushState"); // a pick is no step back
});

document.addEventListener("input", (e) => {
  const form = e.target.form;
  if (!form?.matches("[data-live]") || e.target.type !== "search") return;
  clearTimeout(timer);
  timer = setTimeout(() => go(address(form), "replaceState"), typingPause);
});

document.addEventListener("submit", (e) => {
  if (!e.target.matches("form[data-live]") || e.submitter?.hasAttribute("formaction")) return;
  e.preventDefault();
  clearTimeout(timer);
  go(address(e.target), "pushState");
});

document.addEventListener("click", (e) => {
  if (e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || !live()) return;
  const link = e.target.closest("a[data-live-link]");
  if (!link) return;
  e.preventDefault();
  // A chip or a suggestion changes the boxes too, and they are drawn by the server: swap them with it.
  go(link.href, "pushState").then(() => {
    const top = live();
    if (top && top.getBoundingClientRect().top < -200) top.scrollIntoView();
  });
});

addEventListener("popstate", () => {
  if (live()) go(location.href);
});
