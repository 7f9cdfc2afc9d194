// The box of a query: suggestions while writing, line numbers, fields that a click writes, Ctrl Enter. The page works
// without: the query is sent as it is, and checked before anything goes on. Nothing is asked but of this server.
"use strict";
const box = document.querySelector("textarea[data-complete]");
const form = box && box.closest("form");

const makeList = () => {
  const menu = document.createElement("div");
  menu.className = "menu complete";
  menu.hidden = true;
  const list = document.createElement("ul");
  list.id = "completions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  const foot = document.createElement("div");
  foot.className = "foot";
  foot.textContent = "Enter or Tab inserts, Escape closes.";
  menu.append(list, foot);
  box.parentElement.append(menu);
  return [menu, list];
};

const begin = () => {
  const [menu, list] = makeList();
  let found = null, chosen = 0, waiting = 0, count = 0;
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", "completions");
  box.setAttribute("aria-expanded", "false");

  const close = () => {
    menu.hidden = true;
    found = null;
    count += 1;
    clearTimeout(waiting);
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const choose = (at) => {
    const items = [...list.children];
    chosen = (at + items.length) % items.length;
    items.forEach((item, place) => item.setAttribute("aria-selected", place === chosen));
    items[chosen].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", items[chosen].id);
  };
  const place = () => {
    const before = box.value.slice(0, found.start).split("\n");
    const top = Math.min(10 + before.length * 21 - box.scrollTop, box.offsetTop + box.offsetHeight);
    const left = Math.min(48 + before[before.length - 1].length * 7.8, Math.max(0, box.parentElement.offsetWidth - 446));
    menu.style.top = `${top + 4}px`;
    menu.style.left = `${Math.max(12, left)}px`;
  };
  const make = (option, at) => {
    const item = document.createElement("li"), name = document.createElement("code");
    const about = document.createElement("span"), kind = document.createElement("span");
    item.id = `completion-${at}`;
    item.setAttribute("role", "option");
    name.textContent = option.text;
    about.className = "de";
    about.textContent = option.about;
    kind.className = "ty";
    kind.textContent = option.kind;
    item.append(name, about, kind);
    item.addEventListener("mousedown", (event) => { event.preventDefault(); chosen = at; insert(); });
    return item;
  };
  const insert = () => {
    const option = found.options[chosen];
    const after = /^\w/.test(option.text) && !/^\s/.test(box.value.slice(found.end)) ? " " : "";
    box.setRangeText(option.text + after, found.start, found.end, "end");
    close();
    number();
  };
  const ask = async () => {
    const own = count += 1;
    const body = new URLSearchParams({ query: box.value, at: box.selectionStart });
    const answer = await fetch(box.dataset.complete, { method: "POST", body, redirect: "error" }).catch(() => null);
    if (!answer || !answer.ok || own !== count) return;
    const value = await answer.json();
    if (own !== count) return;
    if (!value.options.length) return close();
    found = value;
    list.replaceChildren(...found.options.map(make));
    menu.hidden = false;
    box.setAttribute("aria-expanded", "true");
    place();
    choose(0);
  };
  const number = () => {
    const lines = Math.max(4, box.value.split("\n").length);
    const gutter = document.querySelector("[data-gutter]");
    gutter.replaceChildren();
    for (let line = 1; line <= lines; line += 1) gutter.append(String(line), document.createElement("br"));
    box.rows = Math.min(lines, 24);
  };

  box.addEventListener("input", () => {
    number();
    clearTimeout(waiting);
    const last = box.value[box.selectionStart - 1];
    if (last === undefined || last === "\n") return close();
    waiting = setTimeout(ask, 120);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); return form.requestSubmit(); }
    if (event.key === " " && event.ctrlKey) { event.preventDefault(); return ask(); }
    if (!found) return;
    const moves = { ArrowDown: chosen + 1, ArrowUp: chosen - 1 };
    if (event.key in moves) { event.preventDefault(); choose(moves[event.key]); }
    else if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); insert(); }
    else if (event.key === "Escape") { event.preventDefault(); close(); }
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") close();
  });
  box.addEventListener("blur", close);
  document.querySelectorAll("[data-insert]").forEach((name) => {
    const write = () => { box.setRangeText(name.dataset.insert, box.selectionStart, box.selectionEnd, "end"); box.focus(); };
    name.setAttribute("role", "button");
    name.tabIndex = 0;
    name.addEventListener("click", write);
    name.addEventListener("keydown", (event) => { if (event.key === "Enter") write(); });
  });
};
if (box) begin();
