"use strict";
/* Shows one page while there is no connection. It keeps that page and what it is drawn
   with, never a page with somebody's data, and never sends anything later. */
const NAME = "{{ name }}";
const FILES = {{ files|safe }};
const PAGES = {{ pages|safe }};
const STATIC = {{ static|safe }};

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(NAME).then((store) => store.addAll(FILES)).then(() => self.skipWaiting())
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name !== NAME).map((name) => caches.delete(name))))
      .then(() => self.clients.claim())
  );
});

self.addEventListener("fetch", (event) => {
  const request = event.request, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    const page = url.pathname.startsWith("/en/") ? PAGES.en : PAGES.vi;
    event.respondWith(fetch(request).catch(() => caches.match(page)));
  } else if (url.pathname.startsWith(STATIC)) {
    event.respondWith(fetch(request).catch(() => caches.match(request)));
  }
});
