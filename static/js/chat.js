// The playground: asks one or two models at once and shows what comes, which the server has drawn.
// Conversations are kept in this browser and nowhere else.
import { wake } from "./app.js";

const form = document.querySelector("[data-chat]");
const log = form?.querySelector("[role=log]");
const field = form?.elements.text;
const [send, stop] = form ? [form.querySelector("[data-send]"), form.querySelector("[data-stop]")] : [];
const past = form?.querySelector(".chat-past");
const owner = document.querySelector(".account-name")?.textContent.trim() ?? "";

let chat = fresh();
let running = null;

function fresh() { return { id: crypto.randomUUID?.() ?? String(Date.now() + Math.random()), owner, columns: [] }; }

function make(name, className, parent, text) {
  const e = Object.assign(document.createElement(name), { className });
  if (text) e.textContent = text;
  parent?.append(e);
  return e;
}

// What the page brought along from a question asked without script.
if (form) {
  const elements = log.querySelectorAll(".chat-column");
  elements.forEach((e, i) => {
    try { chat.columns.push({ model: e.dataset.model, messages: JSON.parse(form.elements["h" + i].value) }); } catch { /* begins anew */ }
    form.elements["h" + i]?.remove();
  });
  form.querySelector("[data-keys-hint]").hidden = !send;
}

const atEnd = () => innerHeight + scrollY > document.documentElement.scrollHeight - 80;
const toEnd = () => scrollTo(0, document.documentElement.scrollHeight);

// One element for each column; a second model joins with what was said so far.
function columns(models) {
  chat.columns.length = Math.min(chat.columns.length, models.length);
  return models.map((model, i) => {
    const c = (chat.columns[i] ??= { model, messages: structuredClone(chat.columns[0]?.messages ?? []) });
    c.model = model;
    const name = form.querySelector(`option[value="${CSS.escape(model)}"]`)?.textContent.trim().split(" · ")[0] ?? model;
    let e = log.children[i];
    if (!e) {
      e = make("div", "chat-column", log);
      if (i && chat.columns[0].messages.length) make("p", "hint", e, "It is given the conversation so far.");
    }
    const head = e.querySelector("h2:last-of-type");
    if (head?.textContent !== name) make("h2", "chat-model", e, name);
    return [c, e];
  });
}

async function answer(c, e, question, signal) {
  c.messages.push({ role: "user", content: question });
  const user = make("div", "chat-user", e);
  make("span", "vh", user, "You: ");
  user.append(question);
  const box = make("div", "chat-answer", e);
  const prose = make("div", "prose", box);
  const open = make("div", "chat-open", prose);
  const foot = make("div", "chat-tools", box);
  box.setAttribute("aria-busy", "true");
  let text = "", id = "", ended = false, thought;
  const take = (l) => {
    const follow = atEnd();
    id = l.id ?? id;
    if (l.m) text += l.m;
    if (l.r) {
      if (!thought) {
        const d = make("details", "chat-thought");
        prose.before(d);
        make("summary", "", d, "Thoughts");
        thought = make("p", "", d);
      }
      thought.append(l.r);
    }
    if (l.all) for (const x of [...prose.children]) if (x !== open) x.remove();
    if (l.d || l.all) open.insertAdjacentHTML("beforebegin", l.d ?? l.all);
    if (l.d || l.all || l.t !== undefined || l.end) open.innerHTML = l.t ?? "";
    if (l.meta) foot.insertAdjacentHTML("beforeend", l.meta);
    if (l.error) box.insertAdjacentHTML("beforeend", l.error);
    if (l.balance) document.querySelector("[data-testid=balance]")?.lastChild.replaceWith(l.balance);
    ended ||= l.end;
    if (follow) toEnd();
  };
  try {
    const f = form.elements;
    const number = (x) => (x.value.trim() === "" || isNaN(x.value) ? undefined : Number(x.value));
    const res = await fetch("/chat/stream", {
      method: "POST", signal, headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ model: c.model, system: f.system.value, temperature: number(f.temperature), max_tokens: Math.trunc(number(f.max_tokens) ?? 0), messages: c.messages }),
    });
    if (res.redirected) return (location.href = res.url);
    if (!res.ok) throw new Error(new DOMParser().parseFromString(await res.text(), "text/html").querySelector("main h1 + p")?.textContent ?? String(res.status));
    let rest = "";
    for await (const chunk of res.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) take(JSON.parse(line));
    }
    if (!ended) throw new Error("The connection broke.");
  } catch (problem) {
    if (problem.name !== "AbortError") make("p", "chat-problem", box, problem.message).setAttribute("role", "alert");
    if (id) {
      const cost = await fetch("/chat/cost/" + id).catch(() => null);
      if (cost?.ok) foot.insertAdjacentHTML("beforeend", await cost.text());
    }
  }
  box.removeAttribute("aria-busy");
  if (text) {
    c.messages.push({ role: "assistant", content: text, id });
    const copy = form.querySelector("template").content.firstElementChild.cloneNode(true);
    copy.dataset.copy = text;
    foot.append(copy);
  } else if (!signal.aborted) c.messages.pop();
  wake(box);
}

async function submit() {
  const question = field.value.trim();
  const models = [...new Set([...form.querySelectorAll("select[name=m]")].map((x) => x.value))].filter(Boolean);
  if (!question || running || !models.length) return;
  running = new AbortController();
  send.hidden = !(stop.hidden = false);
  field.value = "";
  const pairs = columns(models);
  toEnd();
  await Promise.all(pairs.map(([c, e]) => answer(c, e, question, running.signal)));
  running = null;
  stop.hidden = !(send.hidden = false);
  field.focus({ preventScroll: true });
  chat.title ??= question.slice(0, 80);
  keep();
}

form?.addEventListener("submit", (e) => {
  e.preventDefault();
  if (send) submit();
});
stop?.addEventListener("click", () => running?.abort());
field?.addEventListener("keydown", (e) => {
  if (e.key === "Enter" && !e.shiftKey && !e.isComposing && send) {
    e.preventDefault();
    submit();
  }
});
form?.addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || !running) return;
  e.stopPropagation();
  running.abort();
});
form?.querySelector("[data-new]").addEventListener("click", (e) => {
  e.preventDefault();
  if (running) return;
  chat = fresh();
  log.replaceChildren();
  field.focus();
});

// The conversations of this browser.
const most = 50;
let opened;
function store(mode, act) {
  opened ??= new Promise((done, failed) => {
    const r = indexedDB.open("bourse", 1);
    r.onupgradeneeded = () => r.result.createObjectStore("chats", { keyPath: "id" });
    r.onsuccess = () => done(r.result);
    r.onerror = () => failed(r.error);
  });
  return opened.then((db) => new Promise((done, failed) => {
    const t = db.transaction("chats", mode);
    const r = act(t.objectStore("chats"));
    t.oncomplete = () => done(r.result);
    t.onerror = () => failed(t.error);
  }));
}

async function keep() {
  try {
    await store("readwrite", (s) => s.put({ ...chat, at: Date.now(), log: log.innerHTML }));
    await list();
  } catch { /* a private window keeps nothing */ }
}

async function list() {
  const all = (await store("readonly", (s) => s.getAll())).filter((c) => c.owner === owner).sort((a, b) => b.at - a.at);
  for (const c of all.slice(most)) store("readwrite", (s) => s.delete(c.id));
  recent(all.flatMap((c) => c.columns.map((x) => x.model)));
  past.hidden = !all.length;
  past.querySelector("ul").replaceChildren(...all.slice(0, most).map((c) => {
    const li = document.createElement("li");
    const show = Object.assign(make("button", "link", li, c.title), { type: "button", onclick: () => restore(c) });
    if (c.id === chat.id) show.setAttribute("aria-current", "true");
    const drop = Object.assign(make("button", "copy", li, "×"), { type: "button", title: "Delete" });
    drop.setAttribute("aria-label", "Delete: " + c.title);
    drop.onclick = async () => { await store("readwrite", (s) => s.delete(c.id)); list(); };
    return li;
  }));
}

// The models used last stand first in each list.
function recent(ids) {
  for (const p of form.querySelectorAll("select[name=m]")) {
    const now = p.value;
    p.querySelector("[data-recent]")?.remove();
    const used = [...new Set(ids)].map((id) => p.querySelector(`[value="${CSS.escape(id)}"]`)).filter(Boolean).slice(0, 5);
    if (!used.length) continue;
    const group = make("optgroup", "");
    group.label = "Used last";
    group.dataset.recent = "";
    group.append(...used.map((o) => o.cloneNode(true)));
    p.querySelector("optgroup").before(group);
    p.value = now;
  }
}

function restore({ log: html, at, ...kept }) {
  if (running) return;
  chat = kept;
  log.innerHTML = html;
  wake(log);
  const pickers = form.querySelectorAll("select[name=m]");
  pickers.forEach((p, i) => {
    const model = chat.columns[i]?.model ?? "";
    if ([...p.options].some((o) => o.value === model)) p.value = model;
  });
  list();
  toEnd();
}

if (form) form.querySelector(".chat-set").open = past.open = matchMedia("(width >= 64rem)").matches;
if (send) {
  list().catch(() => { /* as above */ });
}
