// What every page gets: copying, showing a password, selecting a secret, following a payment.
// All of it sharpens what already works without script.
import "./keys.js";

// What a page may not need is fetched when it does.
if (document.querySelector("[data-live]")) import("./live.js");
document.getElementById("find")?.addEventListener("focus", () => import("./find.js"), { once: true });

const say = document.createElement("div");
say.className = "vh";
say.setAttribute("role", "status");
document.body.append(say);

/** Shows the controls that only make sense with script. */
export function wake(root) {
  for (const b of root.querySelectorAll("[data-copy],[data-password-show],[data-keys-help]")) b.hidden = false;
}
wake(document);
document.addEventListener("live:swapped", (e) => wake(e.target));

document.addEventListener("click", async (e) => {
  const copy = e.target.closest("[data-copy]");
  if (copy) {
    try {
      await navigator.clipboard.writeText(copy.dataset.copy);
      copy.dataset.done = "";
      say.textContent = "Copied";
    } catch {
      say.textContent = "The browser did not allow copying";
    }
    setTimeout(() => { delete copy.dataset.done; say.textContent = ""; }, 2000);
    return;
  }
  const show = e.target.closest("[data-password-show]");
  if (show) {
    const input = show.parentElement.querySelector("input");
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    show.textContent = hidden ? "Hide" : "Show";
    show.setAttribute("aria-pressed", String(hidden));
  }
});

document.addEventListener("focusin", (e) => {
  if (e.target.matches("[data-select]")) e.target.select();
});

// A form is sent once: a second press of the button while the first is on its way does nothing.
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (form.method !== "post" || e.defaultPrevented) return;
  if (form.dataset.sent) e.preventDefault();
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => {
  for (const f of document.querySelectorAll("form[data-sent]")) delete f.dataset.sent;
});

// Another price to watch has another mark to propose.
document.addEventListener("change", (e) => {
  const fill = e.target.selectedOptions?.[0]?.dataset.fill;
  if (fill) e.target.form.elements.below.value = fill;
});

// What is paid for an amount, before the button. The server decides it; this is the same sum.
function total() {
  const form = document.querySelector("form[data-buy]");
  if (!form) return;
  const picked = form.elements.amount.value;
  const typed = picked === "own" ? form.elements.own.value.trim().replace(/^\$/, "") : picked;
  const line = form.querySelector("[data-total]");
  const button = form.querySelector("[type=submit]");
  button.textContent = button.dataset.text ??= button.textContent;
  line.hidden = !/^\d{1,7}(\.\d\d?)?$/.test(typed);
  if (line.hidden) return;
  const cents = Math.round(typed * 100);
  const fee = Math.ceil((cents * (form.dataset.bps ?? 0)) / 1e4) + Number(form.dataset.cents ?? 0);
  const usd = (n) => "$" + (n / 100).toFixed(2);
  line.textContent = fee ? `${usd(cents)} credits + ${usd(fee)} processing = ${usd(cents + fee)}` : `You pay ${usd(cents)}`;
  button.textContent = `${button.dataset.text}: ${usd(cents + fee)}`;
}
document.addEventListener("input", (e) => {
  if (e.target.name === "own" && e.target.value) e.target.form?.querySelector("[name=amount][value=own]")?.click();
  total();
});
total();

// The page of a payment asks again until it is settled. The server decides what it shows.
async function poll() {
  const old = document.querySelector("[data-poll]");
  if (!old) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(old.id);
    if (fresh && fresh.innerHTML !== old.innerHTML) {
      old.replaceWith(fresh);
      wake(fresh);
      document.title = page.title;
    }
  } catch { /* offline for a moment: ask again */ }
  setTimeout(poll, 2000);
}
setTimeout(poll, 2000);
