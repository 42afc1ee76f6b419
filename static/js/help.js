// The list of keys, and the switch that turns them off.
const list = [
  ["/", "search or filter"], ["j k", "next, previous row"], ["Enter", "open the row"],
  ["x", "pick the row to compare"], ["c", "compare the picks"], ["f", "first filter"], ["[ ]", "previous, next page"],
  ["g m", "models"], ["g a", "activity"], ["g k", "keys"], ["g c", "credits"],
  ["?", "this list"], ["Esc", "leave a field, close this"],
];

export function help() {
  let box = document.querySelector(".keys-help");
  if (!box) {
    box = document.createElement("dialog");
    box.className = "keys-help";
    box.setAttribute("aria-labelledby", "keys-head");
    const head = document.createElement("h2");
    head.id = "keys-head";
    head.textContent = "Keys";
    const dl = document.createElement("dl");
    dl.className = "pairs";
    for (const [key, what] of list) {
      const dt = document.createElement("dt");
      for (const k of key.split(" ")) dt.append(Object.assign(document.createElement("kbd"), { textContent: k }), " ");
      dl.append(dt, Object.assign(document.createElement("dd"), { textContent: what }));
    }
    const off = document.documentElement.dataset.keys === "off";
    const actions = document.createElement("form");
    actions.method = "post";
    actions.action = "/settings/keyboard";
    actions.className = "actions";
    for (const [name, value] of [["next", location.pathname + location.search], ["shortcuts", off ? "on" : "off"]])
      actions.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    const close = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-primary", textContent: "Close" });
    close.addEventListener("click", () => box.close());
    const toggle = Object.assign(document.createElement("button"), { className: "btn", textContent: off ? "Switch the keys on" : "Switch the keys off" });
    actions.append(close, toggle);
    box.append(head, dl, actions);
    document.body.append(box);
  }
  if (!box.open) box.showModal();
}
