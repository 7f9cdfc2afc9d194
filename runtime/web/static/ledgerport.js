// What the pages do with a script. Each works without: forms send, details open, text can be selected, times are in
// UTC until a zone is known. Nothing is loaded or sent but by htmx, to this server.
"use strict";
const root = document.documentElement;
const remember = (name, value) => {
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=31536000; samesite=lax`;
};
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) remember("zone", zone);

const switchTheme = () => {
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  remember("theme", root.dataset.theme);
};
const copyText = async (button) => {
  const label = button.querySelector("[data-label]") || button;
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    label.textContent = "Copied";
  } catch {
    label.textContent = "Select the text and copy it";
  }
  setTimeout(() => { label.textContent = before; }, 1600);
};
const closeMenus = (but) => {
  document.querySelectorAll(".switcher[open], .pop[open]").forEach((each) => { if (each !== but) each.open = false; });
};

document.addEventListener("click", (event) => {
  const find = (selector) => event.target.closest(selector);
  const copy = find("[data-copy]"), opener = find("[data-open]"), closer = find("[data-close]");
  if (find("[data-theme-switch]")) switchTheme();
  else if (copy) copyText(copy);
  else if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.open).showModal();
  }
  else if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
  else if (find("[data-print]")) window.print();
  closeMenus(find(".switcher, .pop"));
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector(".switcher[open], .pop[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});

// A form is sent once, however fast its button is pressed again: most make something. One that htmx sends is its own
// affair. A page that comes back from the history, or that stays because a file was answered, can send again.
const PAUSE_MS = 5000;
const sentAt = new WeakMap();
document.addEventListener("submit", (event) => {
  const form = event.target, last = sentAt.get(form);
  if (form.method !== "post" || form.hasAttribute("hx-post") || event.defaultPrevented) return;
  if (last !== undefined && event.timeStamp - last < PAUSE_MS) event.preventDefault();
  else sentAt.set(form, event.timeStamp);
});
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form").forEach((form) => sentAt.delete(form));
});

// Tabs of one page: arrow keys move, panels follow. Without a script all panels are shown one below the other.
document.querySelectorAll("[role=tablist]").forEach((list) => {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const show = (shown) => tabs.forEach((tab) => {
    tab.setAttribute("aria-selected", tab === shown);
    tab.tabIndex = tab === shown ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = tab !== shown;
  });
  show(tabs.find((tab) => tab.getAttribute("aria-selected") === "true") || tabs[0]);
  list.addEventListener("click", (event) => { const tab = event.target.closest("[role=tab]"); if (tab) show(tab); });
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    const tab = tabs[(next + tabs.length) % tabs.length];
    show(tab);
    tab.focus();
  });
});
