// Single keys move through lists and pages. They never act in a field, with a modifier or while
// composing, can be switched off, and each has a visible control that does the same.
const places = { m: "/models", a: "/activity", k: "/keys", c: "/credits" };
let waitForPlace = 0;
let taken = "";

const rows = () => [...document.querySelectorAll("[data-rows] tbody tr, [data-rows] > li")].filter((r) => r.querySelector("a"));
const rowLink = (r) => r?.querySelector("th a, h2 a, h3 a, a");

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((r) => r.contains(document.activeElement));
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
  const link = rowLink(all[next]);
  link.focus();
  link.scrollIntoView({ block: "nearest" });
}

// Ticks the box of the row that has the focus.
function pick() {
  const row = rows().find((r) => r.contains(document.activeElement));
  row?.querySelector("input[name=m]")?.click();
}

function press(key) {
  if (Date.now() < waitForPlace) {
    waitForPlace = 0;
    if (places[key]) location.href = places[key];
    return true;
  }
  switch (key) {
    case "/": (document.querySelector("form[data-live] input[type=search]") ?? document.getElementById("find"))?.focus(); return true;
    case "j": step(1); return true;
    case "k": step(-1); return true;
    case "x": pick(); return true;
    case "c": document.querySelector("a[data-compare]")?.click(); return true;
    case "g": waitForPlace = Date.now() + 1500; return true;
    case "f": {
      const sheet = document.querySelector("[popovertarget=facets]");
      if (sheet?.checkVisibility()) sheet.click();
      else document.querySelector("#facets input:not(:disabled)")?.focus();
      return true;
    }
    case "[": document.querySelector("a[rel=prev]")?.click(); return true;
    case "]": document.querySelector("a[rel=next]")?.click(); return true;
    case "?": help(); return true;
  }
  return false;
}

document.addEventListener("keydown", (e) => {
  if (e.key === "Escape" && e.target.matches("input, select, textarea")) return e.target.blur();
  if (document.documentElement.dataset.keys === "off") return;
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.defaultPrevented) return;
  if (e.target.matches("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]")) return;
  if (document.querySelector("dialog[open]")) return;
  if (!press(e.key)) return;
  e.preventDefault();
  taken = e.key;
});

// What drives browsers in tests sends the character apart from the key, and so would type it into
// the field that the key has just led to.
document.addEventListener("keypress", (e) => {
  if (e.key === taken) e.preventDefault();
  taken = "";
});
document.addEventListener("keyup", () => { taken = ""; });

document.addEventListener("click", (e) => {
  if (e.target.closest("[data-keys-help]")) help();
});

// The list of keys is fetched when somebody asks for it.
async function help() { (await import("./help.js")).help(); }
