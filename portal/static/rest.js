/* How long nobody touched this page: told with every question that the page asks by
   itself, so that such a question keeps neither session nor case; a warning before the
   session ends; and a sign of life from who types long without sending. */
(() => {
  "use strict";
  const KEY = "touched-at";
  /* The server writes down at most once a minute when a session was last in use. */
  const BEAT_SECONDS = 60;
  const WARN_SECONDS = 120;
  const about = document.body.dataset;
  const dialog = document.getElementById("rest");
  const opened = Date.now();
  let touched = opened;
  let beaten = opened;
  let isDone = false;
  let isOut = false;

  const since = (time) => Math.max(0, (Date.now() - time) / 1000);
  /* Another tab of the same session keeps it, too. */
  const elsewhere = () => { try { return Number(localStorage.getItem(KEY)) || 0; } catch { return 0; } };
  const share = () => { try { localStorage.setItem(KEY, String(touched)); } catch { /* this tab only */ } };

  const untouched = () => since(Math.max(touched, elsewhere()));

  function beat() {
    beaten = Date.now();
    fetch(about.here, { headers: { "X-Idle-Seconds": String(Math.floor(untouched())) } })
      .then((answer) => { if (answer.status === 403) { isOut = true; warn(); } })
      .catch(() => {});
  }

  function touch() {
    touched = Date.now();
    if (touched - elsewhere() > 5000) share();
  }

  for (const sign of ["keydown", "input", "pointerdown", "wheel", "touchstart"]) {
    document.addEventListener(sign, touch, { capture: true, passive: true });
  }
  share();

  document.addEventListener("htmx:config:request", (event) => {
    const { sourceEvent, request } = event.detail.ctx;
    if (sourceEvent && sourceEvent.type === "every") {
      request.headers["X-Idle-Seconds"] = String(Math.round(since(touched)));
    }
  });

  function warn() {
    if (isDone) return;
    /* Each touch is told, the last one too: from it the server counts. One of another
       tab later, as that tab tells it unless it was closed first. */
    const wait = touched > beaten ? BEAT_SECONDS : 5 * BEAT_SECONDS;
    if (!isOut && Math.max(touched, elsewhere()) > beaten && since(beaten) > wait) beat();
    const rest = Number(about.rest) - untouched();
    const day = Number(about.day) - since(opened);
    const left = isOut ? 0 : Math.min(rest, day);
    if (left > WARN_SECONDS) {
      if (dialog.open) dialog.close();
      return;
    }
    isDone = left <= 0 || day <= rest;
    const which = left <= 0 ? "over" : day <= rest ? "day" : "rest";
    for (const words of dialog.querySelectorAll("[data-when]")) words.hidden = words.dataset.when !== which;
    const count = dialog.querySelector("[data-minutes]");
    count.textContent = count.textContent.replace(/\d+/, Math.max(1, Math.ceil(left / 60)));
    count.hidden = which === "over";
    if (!dialog.open) dialog.showModal();
  }

  if (dialog && about.rest) {
    dialog.addEventListener("close", () => { if (!isDone) beat(); });
    setInterval(warn, 5000);
  }
})();
