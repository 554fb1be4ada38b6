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

  /* Where the reader is in the list, and what is ticked: the list is read again after
     each move, and begins at neither. */
  let path = "", place = -1;
  const ticked = new Set();
  const pathOf = (row) => { const link = row.querySelector("a"); return link ? link.pathname : ""; };

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-queue] input[type=checkbox]")) ticked[box.checked ? "add" : "delete"](box.value);
  });

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const from = all.indexOf(current());
    /* The row is gone: the one that took its place is the next one. */
    const wanted = from < 0 ? place + (place < 0 ? 1 : Math.min(step, 0)) : from + step;
    const to = Math.min(all.length - 1, Math.max(0, wanted));
    all.forEach((row) => row.classList.remove("at"));
    all[to].classList.add("at");
    path = pathOf(all[to]);
    place = to;
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
    if (target && target.closest(".acts") && isHasty(event.timeStamp)) return;
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

  /* What could not be fetched or sent is said in one line; the page stays as it is, with
     what was typed. A question that the page asks by itself is answered the same way. */
  const line = document.getElementById("trouble");
  let told = "";

  function tell(kind) {
    if (!line || kind === told) return;
    const words = kind && document.querySelector(`template[data-trouble="${kind}"]`);
    line.replaceChildren(...(words ? [words.content.cloneNode(true)] : []));
    told = kind;
  }

  document.addEventListener("htmx:after:request", (event) => {
    const { response, target } = event.detail.ctx;
    const { status } = response;
    if (status >= 400 && status !== 409 && status !== 422) {
      /* Neither the part, nor the address, nor the title becomes that of an error page. */
      event.preventDefault();
      tell({ 404: "gone", 403: "expired", 429: "many" }[status] || "fault");
    } else if (told !== "gone" || target.id === "pane") {
      /* That a case is gone stays true until another one stands there. */
      tell("");
    }
  });
  document.addEventListener("htmx:error", (event) => {
    const { ctx } = event.detail;
    if (ctx) tell(ctx.response ? "fault" : "lost");
  });

  /* A form of the pane says that it is sending, and is sent once. */
  const labels = new WeakMap();
  document.addEventListener("htmx:before:request", (event) => {
    const button = event.detail.ctx.request.submitter;
    if (!button || !button.matches(".pane .btn") || labels.has(button)) return;
    labels.set(button, [...button.childNodes]);
    button.classList.add("busy");
    button.textContent = document.body.dataset.busy;
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const button = event.detail.ctx.request.submitter;
    if (!labels.has(button)) return;
    button.classList.remove("busy");
    button.replaceChildren(...labels.get(button));
    labels.delete(button);
  });
  /* What was pressed twice was meant for the case before, not for the one that came. */
  const HASTE = 700;
  let came = -HASTE, shown = location.pathname;
  const isHasty = (time) => time - came < HASTE;
  document.addEventListener("click", (event) => {
    if (event.detail > 1 && isHasty(event.timeStamp) && event.target.closest(".pane form button")) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);

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
    if (swapped && swapped.id === "rows") mark();
    if (!pane || swapped !== pane) return;
    if (location.pathname !== shown) came = performance.now();
    shown = path = location.pathname;
    const target = pane.querySelector("[autofocus]") || pane.querySelector("h1,h2");
    if (!target) return;
    if (!target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: window.innerWidth >= 992 });
    mark();
  });

  /* The open row is marked as such, the reader's own is where J and K go on from, and
     what was ticked stays so as long as it is in the list. */
  function mark() {
    const all = rows();
    all.forEach((row, at) => {
      const link = row.querySelector("a"), box = row.querySelector("input[type=checkbox]");
      const here = Boolean(link) && link.pathname === location.pathname;
      row.classList.toggle("sel", here);
      row.classList.toggle("at", !here && pathOf(row) === path);
      if (link) here ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
      if (pathOf(row) === path) place = at;
      if (box && ticked.has(box.value)) box.checked = true;
    });
    const there = new Set(all.map((row) => (row.querySelector("input[type=checkbox]") || {}).value));
    ticked.forEach((value) => { if (!there.has(value)) ticked.delete(value); });
  }
})();
