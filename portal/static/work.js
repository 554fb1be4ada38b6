/* Keys and focus for staff. Everything here is also a link, a button or a box.
   Single keys can be switched off on the device (WCAG 2.1.4) and never fire while
   somebody types or composes Vietnamese letters. */
(() => {
  "use strict";
  const SWITCH = "keys-off";
  const dialog = document.getElementById("keys");
  const box = document.getElementById("keys-on");
  const stored = () => { try { return localStorage.getItem(SWITCH) === "1"; } catch { return false; } };
  let off = stored();

  if (box) {
    box.checked = !off;
    box.addEventListener("change", () => {
      off = !box.checked;
      try { localStorage.setItem(SWITCH, off ? "1" : "0"); } catch { /* lasts for this page only */ }
    });
  }
  document.addEventListener("click", (event) => {
    if (dialog && event.target.closest("button[data-keys]")) dialog.showModal();
  });

  const rows = () => [...document.querySelectorAll("[data-queue] tbody tr")];
  const current = () =>
    document.querySelector("[data-queue] tr.at") ||
    document.querySelector("[data-queue] tr.sel");

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const from = all.indexOf(current());
    const to = from < 0 ? 0 : Math.min(all.length - 1, Math.max(0, from + step));
    all.forEach((row) => row.classList.remove("at"));
    all[to].classList.add("at");
    const link = all[to].querySelector("a");
    if (link) link.focus();
    all[to].scrollIntoView({ block: "nearest" });
  }

  function open() {
    const link = current() && current().querySelector("a");
    if (link) link.click();
    return Boolean(link);
  }

  function choose() {
    const tick = current() && current().querySelector("input[type=checkbox]");
    if (tick) tick.click();
  }

  const acts = {
    j: () => move(1),
    k: () => move(-1),
    x: choose,
    "/": () => { const field = document.querySelector("input[type=search]"); if (field) field.focus(); },
    "?": () => dialog && dialog.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (off || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.repeat && !/^[jk]$/i.test(event.key)) return;
    if (document.querySelector("dialog[open]")) return;
    const at = event.target;
    if (at.isContentEditable || at.matches("select,textarea,input:not([type=checkbox])")) return;
    const key = event.key.toLowerCase();
    if (key === "enter") {
      /* On a link or a button Enter already does what it says. */
      if (!at.closest("a,button,summary,input") && open()) event.preventDefault();
      return;
    }
    if (acts[key]) {
      event.preventDefault();
      acts[key]();
      return;
    }
    if (!/^[a-z]$/.test(key)) return;
    const target = document.querySelector(`[data-key="${key}"]`);
    if (target) {
      event.preventDefault();
      target.click();
      enter(target);
    }
  });

  /* Who opens a form by its letter goes on typing in it. */
  function enter(summary) {
    const box = summary.matches("summary") && summary.parentElement;
    if (!box || !box.open) return;
    /* What is loaded on opening comes first: one Tab leads into it, or past it. */
    const first = box.querySelector("[hx-get][tabindex],input:not([type=hidden]),select,textarea");
    if (first) first.focus();
  }

  /* Ctrl+Enter sends the form one types in, by its main button. */
  document.addEventListener("keydown", (event) => {
    if (off || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.closest(".pane form, dialog form");
    const send = form && form.querySelector("button.btn:not(.sec):not([name])");
    if (send && !event.repeat) {
      event.preventDefault();
      send.click();
    }
  });

  document.addEventListener("htmx:config:request", (event) => {
    if (document.querySelector(".split #rows")) event.detail.ctx.request.headers["X-Beside-List"] = "1";
  });

  /* How wide the case stands beside the list, and how close the rows: kept on the device. */
  for (const field of document.querySelectorAll("[data-kept]")) {
    const name = field.dataset.kept;
    const show = () => document.documentElement.style.setProperty(`--${name}`, `${field.value}rem`);
    try { if (localStorage.getItem(name)) { field.value = localStorage.getItem(name); show(); } } catch { /* as it is */ }
    field.addEventListener("input", () => {
      show();
      try { localStorage.setItem(name, field.value); } catch { /* lasts for this page only */ }
    });
  }

  /* The server decides whether it is too late; this only counts along. */
  setInterval(() => {
    document.querySelectorAll("[data-seconds]").forEach((bar) => {
      const left = (bar.dataset.seconds -= 1);
      const words = bar.querySelector("[data-left]");
      /* Once pressed, the button says that it is sending and counts no longer. */
      if (left <= 0) bar.remove();
      else if (words) words.textContent = words.textContent.replace(/\d+/, left);
    });
  }, 1000);

  /* After another case came into the pane the reader stands at what is new, and the
     open row is marked. A part that is swapped within it leaves the reader alone: who
     types goes on typing, and no letter becomes a key. */
  document.addEventListener("htmx:after:swap", (event) => {
    const pane = document.getElementById("pane");
    const swapped = event.detail && event.detail.ctx && event.detail.ctx.target;
    if (!pane || swapped !== pane) return;
    const target = pane.querySelector("[autofocus]") || pane.querySelector("h1,h2");
    if (!target) return;
    if (!target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: window.innerWidth >= 992 });
    rows().forEach((row) => {
      const link = row.querySelector("a");
      const here = Boolean(link) && link.pathname === location.pathname;
      row.classList.toggle("sel", here);
      if (link) here ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    });
  });
})();
