/* Makes plain forms kinder on bad lines. Every page works without it.
   1. Photos are made smaller before they travel.
   2. A form is sent once, and says so; after 20 s it may be sent again, which is safe
      because the server knows the key of the form.
   3. What was typed or chosen stays in this tab until the next page of the same report
      shows that it arrived; a page of ours that says what went wrong shows nothing.
   4. A worker shows a page of ours while there is no connection. */
(() => {
  "use strict";
  const LONG_SIDE = 1600, QUALITY = 0.7, WORTH_IT = 400000, WAIT = 20000;
  const words = document.body.dataset;
  const shrinking = new Map(), labels = new WeakMap();

  const decimal = new Intl.NumberFormat(document.documentElement.lang, {
    maximumFractionDigits: 1, minimumFractionDigits: 1,
  });
  const megabytes = (files) =>
    decimal.format([...files].reduce((sum, file) => sum + file.size, 0) / 1048576);

  async function smaller(file) {
    if (!/^image\/(jpeg|png|webp|hei[cf])$/.test(file.type) || file.size < WORTH_IT) {
      return file;
    }
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (!blob || blob.size >= file.size) return file;
    return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", {
      type: "image/jpeg",
    });
  }

  async function shrink(input) {
    const before = [...input.files];
    const note = input.parentElement.querySelector("[data-done]");
    if (note) note.textContent = before.length ? note.dataset.working : "";
    /* A picture the browser cannot read travels as it is: the server decides. */
    const after = await Promise.all(before.map((file) => smaller(file).catch(() => file)));
    const changed = after.some((file, place) => file !== before[place]);
    /* Somebody may have chosen other files meanwhile; theirs win. */
    if (before.some((file, place) => file !== input.files[place])) return;
    if (changed) {
      const box = new DataTransfer();
      after.forEach((file) => box.items.add(file));
      input.files = box.files;
    }
    if (note) {
      note.textContent = changed
        ? note.dataset.done
            .replace("{after}", megabytes(after))
            .replace("{before}", megabytes(before))
        : "";
    }
  }

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file" || !window.createImageBitmap || !window.DataTransfer) return;
    const work = shrink(input).finally(() => {
      if (shrinking.get(input) === work) shrinking.delete(input);
    });
    shrinking.set(input, work);
  });

  const drafts = "typed:", sent = "sent:";
  const KEPT = /^(textarea|select-one|text|search|tel|number|email|radio|checkbox)$/;
  const typed = (form) =>
    [...form.elements].filter(
      (field) =>
        field.name && KEPT.test(field.type) && field.autocomplete !== "one-time-code"
    );
  /* A field's name here, what the page holds of it, and what it holds now. */
  const ticks = (field) => /^(radio|checkbox)$/.test(field.type);
  const named = (field) => field.name + (ticks(field) ? "=" + field.value : "");
  const served = (field) => {
    if (ticks(field)) return field.defaultChecked;
    if (!field.options) return field.defaultValue;
    const options = [...field.options];
    return (options.find((option) => option.defaultSelected) || options[0] || {}).value;
  };
  const held = (field) => (ticks(field) ? field.checked : field.value);
  const store = {
    get: (key) => { try { return sessionStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { sessionStorage.setItem(key, value); } catch { /* full or off: typing goes on */ } },
    drop: (key) => { try { sessionStorage.removeItem(key); } catch { /* off: nothing is stored */ } },
    keys: () => { try { return Object.keys(sessionStorage); } catch { return []; } },
  };

  function ready(name, form) {
    const values = remembered(name);
    store.drop(sent + name);
    /* Only over what the page held when it was typed: anything else is newer. */
    typed(form).forEach((field) => {
      const [pages, value] = values[named(field)] || [[]];
      if (!pages.includes(served(field))) return;
      if (ticks(field)) field.checked = value;
      else field.value = value;
    });
  }

  function remembered(name) {
    return JSON.parse(store.get(drafts + name) || "{}");
  }

  function remember(form) {
    const name = form.dataset.draft, values = remembered(name);
    typed(form).forEach((field) => {
      const [pages, value] = values[named(field)] || [[]];
      if (held(field) !== served(field)) {
        values[named(field)] = [[...new Set([...pages, served(field)])], held(field)];
      } else if (held(field) !== value) {
        delete values[named(field)];
      }
    });
    store.set(drafts + name, JSON.stringify(values));
  }

  const forget = () => store.keys().filter((key) => key.startsWith(drafts)).forEach(store.drop);
  /* The help ended: the next one here finds nothing. */
  if (document.querySelector("aside.assist")) store.set("helping", "1");
  else if ("arrived" in words && store.get("helping")) { forget(); store.drop("helping"); }
  const here = new Map(
    [...document.querySelectorAll("form[data-draft]")].map((form) => [form.dataset.draft, form])
  );
  /* What a form is of: a report in the making, or one that was sent. */
  const about = (name) => (name.match(/[\da-f]{8}-[\da-f-]{27}|\d{10}/) || [name])[0];
  store.keys().filter((key) => key.startsWith(sent)).forEach((key) => {
    const name = key.slice(sent.length);
    /* A page that says what went wrong: nothing arrived. */
    if (!("arrived" in words)) return store.drop(key);
    /* The next page of the same report asks for something else: it arrived. */
    if (here.has(name) || !location.pathname.includes(about(name))) return;
    store.drop(drafts + name);
    store.drop(key);
  });
  here.forEach((form, name) => ready(name, form));
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.dataset.draft) remember(form);
  });

  function release(form) {
    delete form.dataset.sent;
    form.querySelectorAll(".busy").forEach((button) => {
      button.classList.remove("busy");
      button.replaceChildren(...labels.get(button));
    });
  }

  function tell(form, text) {
    let note = form.querySelector("[data-line]");
    if (!note) {
      note = document.createElement("p");
      note.className = "em";
      note.dataset.line = "";
      note.setAttribute("role", "alert");
      form.append(note);
    }
    note.textContent = text;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (form.method !== "post" || event.defaultPrevented) return;
    const waiting = [...form.elements].map((field) => shrinking.get(field)).filter(Boolean);
    if (form.dataset.sent) return event.preventDefault();
    if (waiting.length) {
      event.preventDefault();
      Promise.all(waiting).then(() => form.requestSubmit(button));
      return;
    }
    if (navigator.onLine === false) {
      event.preventDefault();
      return tell(form, words.lost);
    }
    form.dataset.sent = "1";
    if ("forget" in form.dataset) forget();
    const gone = form.dataset.draft || form.dataset.drops;
    if (gone) store.set(sent + gone, "1");
    if (button && button.classList.contains("btn")) {
      labels.set(button, [...button.childNodes]);
      button.classList.add("busy");
      /* Not disabled: a disabled button would lose its name and its focus. */
      button.textContent = words.busy;
    }
    setTimeout(() => release(form), WAIT);
  });
  /* What needs a script shows itself only where there is one. */
  document.querySelectorAll("[data-print], [data-script]").forEach((part) => {
    part.hidden = false;
  });
  document.querySelectorAll("[data-print]").forEach((button) => {
    button.addEventListener("click", () => window.print());
  });
  const saves = navigator.connection && navigator.connection.saveData;
  if ("serviceWorker" in navigator && !saves) {
    window.addEventListener("load", () => {
      /* Without it the browser's own page is shown: nothing else is lost. */
      navigator.serviceWorker.register("/sw.js").catch(() => {});
    });
  }
  /* Back from the next page: the browser shows the page as it was left. */
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    here.forEach((_form, name) => store.drop(sent + name));
    document.querySelectorAll("form[data-sent]").forEach(release);
  });
})();
