// Makes the console live: new requests, the citizen's lines and the typing sign appear by themselves.
// Without it every page still works by reloading. Pieces of pages come from the server, already escaped.

"use strict";

const body = document.body;
const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";
const FRAGMENT = { headers: { "X-Lotse-Fragment": "1" }, credentials: "same-origin" };
const REFRESH_MS = 60_000; // in case an event was lost; also says that somebody is here
const TYPING_SENT_MS = 3_000;
const TYPING_SHOWN_MS = 6_000;
const SLOWEST_RETRY_MS = 15_000;

// ---- server

function toSignIn() {
  location.href = "/console/login?next=" + encodeURIComponent(location.pathname);
}

async function fetchPart(url) {
  const response = await fetch(url, FRAGMENT);
  if (response.status === 401) {
    toSignIn();
    throw new Error("signed out");
  }
  if (!response.ok) throw new Error(String(response.status));
  return response.text();
}

function post(url, data, headers = {}) {
  return fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-Lotse-CSRF": csrf, ...headers },
    body: data === undefined ? undefined : JSON.stringify(data),
  });
}

// Server-sent events by fetch: unlike EventSource it shows when the session has ended.
async function listen(url, onEvent, onOpen) {
  const notice = document.getElementById("connection");
  let wait = 1000;
  for (;;) {
    try {
      const response = await fetch(url, { credentials: "same-origin", headers: { Accept: "text/event-stream" } });
      if (response.status === 401) return toSignIn();
      if (!response.ok) throw new Error(String(response.status));
      notice.hidden = true;
      wait = 1000;
      onOpen();
      await read(response.body, onEvent);
    } catch {
      notice.textContent = "Keine Verbindung. Die Seite versucht es weiter.";
      notice.hidden = false;
    }
    await new Promise((done) => setTimeout(done, wait));
    wait = Math.min(wait * 2, SLOWEST_RETRY_MS);
  }
}

async function read(stream, onEvent) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      let type = "message";
      const data = [];
      for (const line of block.split("\n")) {
        if (line.startsWith("event:")) type = line.slice(6).trim();
        if (line.startsWith("data:")) data.push(line.slice(5).trim());
      }
      if (data.length) onEvent(type, JSON.parse(data.join("\n")));
    }
  }
}

// One run at a time; a call during a run leads to one more afterwards.
function oneAtATime(work) {
  let running = false;
  let again = false;
  return async function run() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await work();
    } catch {
      // the next event or the regular refresh tries again
    }
    running = false;
    if (again) {
      again = false;
      run();
    }
  };
}

// ---- times

// By the server's clock: this computer's may be wrong.
const offset = new Date(document.querySelector('meta[name="now"]')?.content ?? Date.now()) - Date.now();

function since(moment) {
  const minutes = Math.max(0, Math.floor((Date.now() + offset - moment) / 60_000));
  if (minutes < 1) return "gerade eben";
  if (minutes < 60) return `seit ${minutes} Min.`;
  return null; // the server wrote the time of day
}

function tick() {
  for (const time of document.querySelectorAll("time[data-since]")) {
    const text = since(new Date(time.dateTime));
    if (text) time.textContent = text;
  }
}

// ---- queue

function replace(region, html) {
  const focused = document.activeElement?.closest("a, button");
  const inside = focused && region.contains(focused);
  const place = inside ? [...region.querySelectorAll("a, button")].indexOf(focused) : -1;
  const key = inside ? focused.closest("[data-handoff]")?.dataset.handoff : null;
  const kind = focused?.tagName;
  region.innerHTML = html;
  if (!inside) return;
  const same = key && region.querySelector(`[data-handoff="${CSS.escape(key)}"] ${kind}`);
  (same || region.querySelectorAll("a, button")[place] || document.getElementById("main")).focus();
}

function queuePage() {
  const region = document.getElementById("queue");
  const title = document.title;
  const ids = () => new Set([...region.querySelectorAll("[data-handoff]")].map((card) => card.dataset.handoff));
  const count = () => {
    const waiting = Number(region.querySelector("[data-waiting]")?.dataset.waiting ?? 0);
    document.title = waiting ? `(${waiting}) ${title}` : title;
    return waiting;
  };
  const refresh = oneAtATime(async () => {
    const before = ids();
    replace(region, await fetchPart("/console/queue"));
    const waiting = count();
    const fresh = [...region.querySelectorAll("[data-handoff]")].filter((card) => !before.has(card.dataset.handoff));
    for (const card of fresh) card.classList.add("fresh");
    if (fresh.length) {
      const urgent = fresh.some((card) => card.classList.contains("urgent")) ? "Dringende neue Anfrage." : "Neue Anfrage.";
      document.getElementById("announcement").textContent = `${urgent} Es warten ${waiting}.`;
    }
    tick();
  });
  count();
  return { refresh, onEvent: (type) => type !== "ready" && refresh() };
}

// ---- conversation

function conversationPage() {
  const id = body.dataset.handoff;
  const lines = document.getElementById("lines");
  const log = document.getElementById("log");
  const typing = document.getElementById("typing");
  const composer = document.getElementById("composer");
  // On a wide screen the log scrolls, on a phone the page does.
  const scroller = () => (getComputedStyle(log).overflowY === "auto" ? log : document.scrollingElement);
  const atEnd = () => scroller().scrollHeight - scroller().scrollTop - scroller().clientHeight < 160;
  const toEnd = () => (scroller().scrollTop = scroller().scrollHeight);
  const last = () => Number(lines.lastElementChild?.dataset.sequence ?? 0);

  const refresh = oneAtATime(async () => {
    const html = await fetchPart(`/console/handoffs/${id}/lines?after=${last()}`).catch((error) => {
      if (error.message === "404") location.reload(); // the citizen has erased the conversation
      throw error;
    });
    if (!html.trim()) return;
    const follow = atEnd();
    lines.insertAdjacentHTML("beforeend", html);
    if (lines.lastElementChild?.classList.contains("citizen")) typing.hidden = true;
    if (follow) toEnd();
  });

  let hideTyping;
  function showTyping() {
    typing.hidden = false;
    clearTimeout(hideTyping);
    hideTyping = setTimeout(() => (typing.hidden = true), TYPING_SHOWN_MS);
  }

  function changed() {
    if (leaving) return; // a reload would cut off the form that is being sent
    if (composer && composer.elements.text.value.trim()) document.getElementById("changed").hidden = false;
    else location.reload();
  }

  if (composer) compose(composer, id, refresh);
  toEnd();
  return {
    refresh,
    onEvent(type, data) {
      if (type === "message") refresh();
      if (type === "typing" && data.role === "citizen") showTyping();
      if (type === "state" && data.state !== body.dataset.state) changed();
    },
  };
}

function compose(form, id, refresh) {
  const text = form.elements.text;
  const button = form.querySelector("button");
  const problem = document.getElementById("not-sent");
  let typedAt = 0;

  text.addEventListener("input", () => {
    if (Date.now() - typedAt < TYPING_SENT_MS || !text.value.trim()) return;
    typedAt = Date.now();
    post(`/api/v1/handoffs/${id}/typing`).catch(() => {});
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled || !text.value.trim()) return;
    button.disabled = true;
    problem.hidden = true;
    try {
      const response = await post(
        `/api/v1/handoffs/${id}/messages`,
        { text: text.value },
        { "Idempotency-Key": form.elements.key.value },
      );
      if (response.status === 401) return toSignIn();
      if (!response.ok) throw new Error((await response.json()).detail);
      text.value = "";
      form.elements.key.value = newKey();
      refresh();
    } catch (error) {
      // The text and its key stay: sending again cannot send twice.
      problem.textContent =
        error instanceof TypeError ? "Nicht gesendet: keine Verbindung. Bitte noch einmal senden." : error.message;
      problem.hidden = false;
    } finally {
      button.disabled = false;
      text.focus();
    }
  });
  text.focus({ preventScroll: true });
}

// crypto.randomUUID is missing on plain http addresses.
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// ---- inbox

function inboxPage() {
  const region = document.getElementById("inbox");
  const refresh = oneAtATime(async () => {
    replace(region, await fetchPart(`/console/inbox/list?state=${encodeURIComponent(body.dataset.inboxState)}`));
  });
  return { refresh, onEvent: (type) => type === "inbox" && refresh() };
}

// ---- writing an article

const PREVIEW_WAIT_MS = 700;

function knowledgeEditPage() {
  const form = document.getElementById("article");
  const region = document.getElementById("preview");
  let changed = false;
  let wait;
  let tried = false;

  const show = oneAtATime(async () => {
    const sent = new URLSearchParams(new FormData(form));
    if (tried) sent.set("probe", "1");
    tried = false;
    const response = await fetch("/console/wissen/vorschau", { ...FRAGMENT, method: "POST", body: sent });
    if (response.status === 401) return toSignIn();
    region.innerHTML = response.ok ? await response.text() : '<p class="error">Die Vorschau geht gerade nicht.</p>';
  });

  form.addEventListener("input", () => {
    changed = true;
    clearTimeout(wait);
    wait = setTimeout(show, PREVIEW_WAIT_MS);
  });
  document.getElementById("probe").addEventListener("click", (event) => {
    event.preventDefault();
    clearTimeout(wait);
    tried = true;
    show();
  });
  form.addEventListener("submit", () => (changed = false));
  addEventListener("beforeunload", (event) => changed && event.preventDefault());
  if (form.elements.body.value.trim() && !region.querySelector(".answer")) show();
  return { refresh() {}, onEvent() {} };
}

// ---- start

let leaving = false;
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) leaving = true;
});

const badge = document.querySelector("[data-new-items]");

async function refreshBadge() {
  const count = await fetchPart("/console/inbox/new").catch(() => null);
  if (!badge || count === null) return;
  badge.hidden = count === "0";
  badge.querySelector("[data-number]").textContent = count;
}

const pages = {
  queue: queuePage,
  conversation: conversationPage,
  inbox: inboxPage,
  "knowledge-edit": knowledgeEditPage,
};
const page = pages[body.dataset.page]?.() ?? { refresh() {}, onEvent() {} };

if (matchMedia("(max-width: 60rem)").matches)
  for (const folded of document.querySelectorAll("details[data-fold-on-phone]")) folded.open = false;

if (body.dataset.events)
  listen(
    body.dataset.events,
    (type, data) => {
      if (type === "inbox") refreshBadge();
      page.onEvent(type, data);
    },
    page.refresh,
  );
setInterval(tick, 20_000);
setInterval(page.refresh, REFRESH_MS);
