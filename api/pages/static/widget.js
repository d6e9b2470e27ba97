/*
 * <lotse-chat>: the web chat of Lotse as one self-contained custom element.
 *
 *   <script src="https://lotse.example/widget.js" defer></script>
 *   <lotse-chat tenant="musterkreis"></lotse-chat>
 *
 * Attributes: tenant, api (origin of the service; default: where this script came from), open, language, theme
 * ("light" or "dark"; default: the reader's own setting), privacy (address of the privacy page), label (words on
 * the button).
 * A plain link <a href="#lotse-chat"> anywhere on the page opens the chat; scripts call show() and hide().
 * Colours follow the site: lotse-chat { --lotse-accent: #0a5c7a; --lotse-on-accent: #fff }.
 *
 * It asks nothing of other hosts, sets no cookie and keeps its token in sessionStorage only. Nothing is sent before
 * the citizen opens the chat. Server text becomes DOM nodes, never markup, so it also runs under a strict content
 * security policy.
 * Written in ES2020, without a build step; the api only drops comments and indentation when it serves this file.
 */
(function () {
  "use strict";
  if (!window.customElements || customElements.get("lotse-chat")) return;

  const script = document.currentScript || document.querySelector('script[src*="widget.js"]');
  const SCRIPT_ORIGIN = new URL((script && script.src) || location.href, location.href).origin;

  const TEXT_LIMIT = 2000; // the api refuses longer messages
  const COUNTER_FROM = 1800;
  const REQUEST_TIMEOUT = 30000;
  const TYPING_AFTER = 350; // quick answers come without a flash of dots
  const TYPING_AT_MOST = 20000;
  const SILENCE_AT_MOST = 50000; // the api sends a comment every 15 s; longer silence is a dead connection
  const SCALES = [1, 1.25, 1.5, 2];
  const TALK_TO_HUMAN = "/talk_to_human";

  const TEXTS = {
    de: {
      launcher: "Fragen? Chat öffnen",
      unread: (n) => (n === 1 ? "1 neue Nachricht" : n + " neue Nachrichten"),
      title: "Lotse",
      machine: "Computer, kein Mensch",
      dialog: "Chat mit Lotse",
      log: "Gesprächsverlauf",
      menu: "Menü",
      close: "Chat schließen",
      save: "Verlauf speichern",
      erase: "Gespräch löschen",
      restart: "Neue Unterhaltung",
      textSize: "Schriftgröße",
      larger: "Schrift größer",
      smaller: "Schrift kleiner",
      privacy: "Schreiben Sie bitte nur, was für Ihre Frage nötig ist.",
      privacyLink: "Datenschutz",
      newTab: "öffnet neues Fenster",
      you: "Sie",
      bot: "Lotse",
      botKind: "Computer",
      caseworker: "Jobcenter",
      caseworkerKind: "Mensch",
      system: "Hinweis",
      sources: (n) => "Quellen (" + n + ")",
      form: "Formular",
      video: "Film",
      asOf: (date) => "Stand: " + date,
      helpful: "War das hilfreich?",
      yes: "Hilfreich",
      no: "Nicht hilfreich",
      thanks: "Danke für Ihre Rückmeldung.",
      feedbackLost: "Das hat nicht geklappt. Bitte versuchen Sie es später noch einmal.",
      human: "Mit einem Menschen sprechen",
      input: "Ihre Nachricht",
      placeholder: "Ihre Frage",
      send: "Senden",
      left: (n) => (n === 1 ? "Noch 1 Zeichen" : "Noch " + n + " Zeichen"),
      over: (n) => n + " Zeichen zu viel. Bitte kürzen Sie Ihre Nachricht.",
      typing: (name) => name + " schreibt",
      sending: "Wird gesendet …",
      unsent: "Noch nicht gesendet",
      newer: "Neue Nachricht",
      lost: "Keine Verbindung. Was Sie geschrieben haben, bleibt hier stehen. Wir versuchen es weiter.",
      lostLive: "Die Verbindung ist unterbrochen. Wir verbinden Sie wieder.",
      back: "Die Verbindung ist wieder da.",
      again: "Jetzt versuchen",
      slow: (when) =>
        "Das waren viele Nachrichten in kurzer Zeit. Bitte warten Sie. Es geht von selbst weiter, " + when + ".",
      inSeconds: (n) => (n === 1 ? "in 1 Sekunde" : "in " + n + " Sekunden"),
      atTime: (time) => "um " + time + " Uhr",
      failed: "Das hat leider nicht geklappt. Bitte versuchen Sie es noch einmal.",
      gone: "Ihr früheres Gespräch ist nicht mehr da. Wir haben ein neues begonnen.",
      erased: "Ihr Gespräch ist gelöscht.",
      eraseQuestion:
        "Möchten Sie das Gespräch löschen? Alles, was Sie hier geschrieben haben, wird gelöscht. Termine bleiben.",
      eraseYes: "Ja, löschen",
      restartWaiting: "Möchten Sie neu anfangen? Sie warten dann nicht mehr auf einen Menschen.",
      restartHuman: "Möchten Sie neu anfangen? Das Gespräch mit dem Menschen ist dann für Sie zu Ende.",
      restartYes: "Ja, neu anfangen",
      cancel: "Abbrechen",
      waiting: "Sie warten auf einen Menschen.",
      position: (n) => "Vor Ihnen: " + (n <= 1 ? "niemand" : n === 2 ? "1 Person" : n - 1 + " Personen") + ".",
      estimate: (n) => (n <= 1 ? "Es dauert etwa 1 Minute." : "Es dauert etwa " + n + " Minuten."),
      stopWaiting: "Nicht mehr warten",
      withHuman: (name) => "Sie sprechen jetzt mit " + name + ".",
      someone: "einem Menschen aus dem Jobcenter",
      backToBot: "Sie sprechen wieder mit dem Computerprogramm.",
      closed: "Dieses Gespräch ist beendet.",
      appointment: "Ihr Termin",
      what: "Anliegen",
      where: "Ort",
      when: "Zeit",
      calendar: "In den Kalender",
      manage: "Verschieben oder absagen",
      receipt: "Ihre Nummer",
      crisis: "Hilfe sofort",
      until: "bis",
      clock: "Uhr",
      fileHeading: (tenant, date) => "Chat mit Lotse (" + tenant + "), gespeichert am " + date,
      fileNote: "Lotse ist ein Computerprogramm. Die Antworten sind allgemein und keine Entscheidung des Jobcenters.",
      fileName: "Chat-Verlauf",
    },
  };

  const ICONS = {
    chat: "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zm8.9 8.9 2.3-6.1-6.1 2.3-2.3 6.1zM12 9.9a1.1 1.1 0 1 1-2.2 0 1.1 1.1 0 0 1 2.2 0z",
    close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.400L12 13.4 6.4 19 5 17.6 10.6 12 5 6.4z",
    menu: "M12 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm0 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm0 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
    send: "M3 3.5 22 12 3 20.500V14l11-2-11-2z",
    human: "M12 3a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zm0 10.5c5 0 9 2.5 9 5.5v2H3v-2c0-3 4-5.5 9-5.5z",
    down: "M11 4h2v11l5-5 1.4 1.400L12 19l-7.4-7.600L6 10l5 5z",
    calendar: "M7 2h2v2h6V2h2v2h4v18H3V4h4zm12 8H5v10h14z",
  };

  const LIGHT = `color-scheme: light; --accent: var(--lotse-accent, #0a5c7a);
  --on-accent: var(--lotse-on-accent, #fff);
  --paper: #fff; --soft: #edf3f5; --ink: #13232b; --quiet: #495c66; --line: #c3d0d6; --edge: #6a7d87;
  --link: #07506b;
  --alarm: #a3161f; --alarm-soft: #fdeeee; --good-soft: #e6f3ea; --wait-soft: #fff4d9; --focus: #13232b;`;
  const DARK = `color-scheme: dark; --accent: var(--lotse-accent-dark, #83cbe4);
  --on-accent: var(--lotse-on-accent-dark, #06222d);
  --paper: #10191e; --soft: #1d2a32; --ink: #e9f1f4; --quiet: #b3c3cb; --line: #3a4c56; --edge: #8fa3ad;
  --link: #a0daf0;
  --alarm: #ff9c9c; --alarm-soft: #3a1a1d; --good-soft: #17352a; --wait-soft: #3b300f; --focus: #fff;`;

  const STYLE = `
:host { all: initial; display: block; ${LIGHT} }
:host([theme="dark"]) { ${DARK} }
@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { ${DARK} } }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.frame { font: 400 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif;
  color: var(--ink); text-align: left; }
@supports (font-size: max(1rem, 16px)) { .frame { font-size: max(1rem, 16px); } }
button, textarea { font: inherit; color: inherit; margin: 0; letter-spacing: inherit; }
button { cursor: pointer; }
button:disabled { cursor: default; }
a { color: var(--link); text-underline-offset: .15em; }
:focus { outline: none; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
svg { width: 1.5em; height: 1.5em; fill: currentColor; flex: none; display: block; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip: rect(0 0 0 0); white-space: nowrap; }

.launcher { position: fixed; z-index: 2147483000; right: 1em; bottom: 1em; display: flex; align-items: center;
  max-width: calc(100vw - 2em);
  padding: .75em 1.15em .75em .95em; border: 2px solid var(--paper); border-radius: 2em; background: var(--accent);
  color: var(--on-accent);
  font-weight: 600; box-shadow: 0 .25em 1em rgba(0, 20, 30, .3); text-align: left; line-height: 1.25; }
.launcher svg { margin-right: .55em; }
.launcher:hover { text-decoration: underline; }
.badge { margin-left: .6em; padding: .1em .6em; border-radius: 1em; background: var(--on-accent);
  color: var(--accent); font-size: .875em; }

.panel { position: fixed; z-index: 2147483000; right: 1em; bottom: 1em; width: 25.5em;
  max-width: calc(100vw - 2em); height: 42em;
  max-height: calc(100vh - 2em); display: flex; flex-direction: column; overflow: hidden;
  border: 1px solid var(--edge); border-radius: 1em;
  background: var(--paper); box-shadow: 0 .75em 3em rgba(0, 20, 30, .35); overscroll-behavior: contain; }
.panel:focus-visible { outline-offset: -3px; }
.head { display: flex; align-items: center; flex: none; padding: .6em .5em .6em 1em; background: var(--accent);
  color: var(--on-accent); }
.head > svg { width: 2em; height: 2em; margin-right: .65em; }
.head > div { flex: 1 1 auto; min-width: 0; }
h2 { margin: 0; font-size: 1.125em; line-height: 1.25; font-weight: 700; }
.head p, .head h2 { overflow-wrap: break-word; overflow-wrap: anywhere; }
.head p { margin: 0; font-size: .875em; line-height: 1.3; }
.tool { display: flex; flex: none; align-items: center; justify-content: center; width: 2.75em; height: 2.75em;
  border: 2px solid transparent;
  border-radius: .6em; background: none; color: inherit; }
.tool:hover { border-color: currentColor; }
.head :focus-visible { outline-color: var(--on-accent); outline-offset: -4px; }

.menu { position: absolute; z-index: 3; top: 3.9em; right: .5em; width: 19em; max-width: calc(100% - 1em);
  max-height: calc(100% - 4.5em);
  overflow: auto; margin: 0; padding: .35em; list-style: none; background: var(--paper);
  border: 1px solid var(--edge); border-radius: .75em;
  box-shadow: 0 .5em 1.5em rgba(0, 20, 30, .3); }
.menu > li > button { display: block; width: 100%; padding: .6em .75em; border: 0; border-radius: .5em;
  background: none; text-align: left; }
.menu > li > button:hover, .scale button:hover { background: var(--soft); }
.scale { display: flex; align-items: center; flex-wrap: wrap; padding: .25em .25em .25em .75em;
  border-top: 1px solid var(--line); margin-top: .25em; }
.scale span { flex: 1 1 auto; margin-right: .5em; }
.menu .scale button { width: auto; min-width: 2.75em; min-height: 2.5em; border: 1px solid var(--edge);
  border-radius: .5em; background: none; margin: .15em; padding: .25em .5em; text-align: center; }
.menu .scale button[aria-disabled="true"] { opacity: .5; }

.log { position: relative; flex: 1 1 auto; min-height: 0; overflow-y: auto; overflow-x: hidden;
  padding: .75em 1em 1em; overscroll-behavior: contain;
  overflow-wrap: break-word; overflow-wrap: anywhere; -webkit-hyphens: auto; hyphens: auto; }
.log:focus-visible { outline-offset: -3px; }
.privacy { margin: 0 0 .75em; padding: 0 0 .65em; border-bottom: 1px solid var(--line); font-size: .875em;
  color: var(--quiet); }
.message { margin: 0 0 .85em; }
.who { margin: 0 0 .2em; font-size: .8125em; color: var(--quiet); }
.bubble { display: inline-block; max-width: 100%; padding: .6em .85em; border: 1px solid transparent;
  border-radius: .25em 1em 1em 1em; background: var(--soft); }
.citizen { text-align: right; }
.citizen .bubble { max-width: 88%; border-radius: 1em .25em 1em 1em; background: var(--accent);
  color: var(--on-accent); text-align: left; white-space: pre-wrap; }
.citizen.unsent .bubble { background: var(--paper); color: var(--ink); border: 1px dashed var(--edge); }
.delivery:empty { display: none; }
.delivery { margin: .2em 0 0; font-size: .8125em; color: var(--quiet); }
.caseworker .bubble { background: var(--good-soft); border-color: var(--edge); }
.system .bubble { background: none; border-color: var(--line); border-radius: .6em; color: var(--quiet);
  font-size: .9375em; }
.bubble p, .bubble ul, .bubble ol { margin: 0 0 .55em; }
.bubble ul, .bubble ol { padding-left: 1.35em; }
.bubble li { margin: .15em 0; }
.bubble > :last-child, .body > :last-child { margin-bottom: 0; }
.crisis .bubble { display: block; background: var(--alarm-soft); border: 2px solid var(--alarm);
  border-radius: .6em; }
.crisis h3, .card h3 { margin: 0 0 .35em; font-size: 1em; font-weight: 700; }
.crisis h3 { color: var(--alarm); font-size: 1.125em; }
.body a[href^="tel:"] { white-space: nowrap; }
.crisis .body a[href^="tel:"] { font-weight: 700; }

.card { margin: .5em 0 0; padding: .75em .85em; border: 1px solid var(--edge);
  border-left: .4em solid var(--accent); border-radius: .5em; background: var(--paper); }
.card dl { margin: 0; }
.card dl > div { margin: 0 0 .3em; }
.card dt { font-size: .8125em; color: var(--quiet); }
.card dd { margin: 0; font-weight: 600; }
.number { font: 700 1.375em/1.3 ui-monospace, Consolas, "Liberation Mono", monospace; letter-spacing: .04em;
  -webkit-hyphens: none; hyphens: none; }
.actions { margin: .35em 0 0; }
.actions a { display: inline-flex; align-items: center; margin: .35em .5em 0 0; padding: .45em .8em;
  min-height: 2.75em; border: 1px solid var(--edge);
  border-radius: .5em; background: var(--paper); color: var(--link); font-weight: 600; text-decoration: none; }
.actions a:hover { text-decoration: underline; }
.actions svg { width: 1.125em; height: 1.125em; margin-right: .45em; }

details { margin: .45em 0 0; font-size: .9375em; }
summary { width: -moz-fit-content; width: fit-content; padding: .3em .5em .3em 0; color: var(--link);
  cursor: pointer; list-style-position: inside; }
summary span { text-decoration: underline; text-underline-offset: .15em; }
.links { margin: .4em 0; padding: 0; list-style: none; }
.links li { margin: 0 0 .3em; }
.sources { margin: .2em 0 0; padding: 0; list-style: none; }
.sources li { margin: 0 0 .4em; padding-left: .65em; border-left: 3px solid var(--line); }
.sources b { display: block; }
.sources small { display: block; font-size: .875em; color: var(--quiet); }

.choices { margin: .45em 0 0; padding: 0; list-style: none; }
.choices li { display: inline-block; max-width: 100%; margin: .35em .4em 0 0; vertical-align: top; }
.choices button { max-width: 100%; min-height: 2.75em; padding: .45em .95em; border: 1.5px solid var(--accent);
  border-radius: 1.4em; background: var(--paper);
  color: var(--link); font-weight: 600; text-align: left; line-height: 1.3; }
.choices button:hover:enabled { background: var(--accent); color: var(--on-accent); }
.choices button:disabled { border-color: var(--line); color: var(--quiet); font-weight: 400; }
.choices button.chosen { border-color: var(--edge); color: var(--ink); font-weight: 600; }
.choices button.chosen::before { content: "✓ "; }
.feedback { margin: .35em 0 0; font-size: .875em; color: var(--quiet); }
.feedback button { margin: .25em 0 0 .35em; padding: .3em .7em; min-height: 2.25em; border: 1px solid var(--edge);
  border-radius: .5em; background: none; color: var(--ink); }
.feedback button:hover:enabled { background: var(--soft); }

.typing { display: inline-block; padding: .6em .85em; border-radius: .25em 1em 1em 1em; background: var(--soft);
  color: var(--quiet); font-size: .875em; }
.typing i { display: inline-block; width: .4em; height: .4em; margin-left: .3em; border-radius: 50%;
  background: currentColor; animation: lotse-dot 1.2s infinite; }
.typing i:nth-of-type(2) { animation-delay: .2s; }
.typing i:nth-of-type(3) { animation-delay: .4s; }
@keyframes lotse-dot { 0%, 60%, 100% { opacity: .25; } 30% { opacity: 1; } }

.foot { position: relative; flex: none; border-top: 1px solid var(--line); background: var(--paper); }
.newer { position: absolute; z-index: 2; left: 50%; bottom: 100%; transform: translate(-50%, -.6em); display: flex;
  align-items: center; white-space: nowrap;
  padding: .35em .9em; min-height: 2.5em; border: 1px solid var(--edge); border-radius: 1.5em;
  background: var(--paper); font-weight: 600;
  box-shadow: 0 .2em .8em rgba(0, 20, 30, .25); }
.newer svg { width: 1.125em; height: 1.125em; margin-right: .35em; }
.banner, .notice { padding: .5em 1em; font-size: .9375em; border-bottom: 1px solid var(--line); }
.banner.waiting { background: var(--wait-soft); }
.banner.human { background: var(--good-soft); }
.notice { background: var(--alarm-soft); }
.notice.quiet { background: var(--good-soft); }
.banner p, .notice p { margin: 0; }
.plain { display: inline-block; margin: .3em .5em .1em 0; padding: .35em .75em; min-height: 2.25em;
  border: 1px solid var(--edge); border-radius: .5em; background: var(--paper); color: var(--ink);
  font-weight: 600; }
.plain:hover { background: var(--soft); }
.plain.danger { background: var(--alarm); color: var(--paper); border-color: var(--alarm); }
.question { padding: .85em 1em; }
.question p { margin: 0 0 .5em; }
form { display: flex; align-items: flex-end; margin: 0; padding: .65em .65em .65em 1em; }
textarea { flex: 1 1 auto; width: 1%; min-height: 2.75em; max-height: 9em; padding: .55em .75em;
  border: 1.5px solid var(--edge); border-radius: .75em;
  background: var(--paper); color: var(--ink); line-height: 1.4; resize: none; overflow-y: auto; }
textarea::placeholder { color: var(--quiet); opacity: 1; }
textarea:focus { border-color: var(--accent); outline: 2px solid var(--accent); outline-offset: 0; }
textarea[aria-invalid="true"] { border-color: var(--alarm); outline-color: var(--alarm); }
.send { display: flex; flex: none; align-items: center; justify-content: center; width: 2.75em; height: 2.75em;
  margin-left: .5em; border: 2px solid transparent; border-radius: .75em;
  background: var(--accent); color: var(--on-accent); }
.send:disabled { background: var(--soft); color: var(--quiet); }
.counter { margin: 0; padding: 0 1em; font-size: .8125em; color: var(--quiet); }
.counter.over { color: var(--alarm); font-weight: 600; }
.person { display: flex; align-items: center; margin: -.3em .5em .4em; padding: .4em .5em; min-height: 2.5em;
  border: 0; border-radius: .5em; background: none; color: var(--link);
  font-size: .9375em; text-align: left; text-decoration: underline; text-underline-offset: .15em; }
.person svg { width: 1.125em; height: 1.125em; margin-right: .45em; }

.panel.whole { top: 0; right: 0; bottom: auto; left: 0; width: auto; max-width: none; height: 100vh;
  max-height: none; border: 0; border-radius: 0; }
@supports (height: 100dvh) { .panel.whole { height: 100dvh; } }
.panel.low { overflow-y: auto; }
.panel.low .log { flex: 1 0 auto; overflow: visible; }
.panel.low .foot { position: sticky; bottom: 0; }
.panel.narrow .citizen .bubble { max-width: 100%; }
.panel.narrow .head { padding-left: .65em; }
.panel.narrow .head > svg { display: none; }
.panel.narrow .log { padding-left: .65em; padding-right: .65em; }
.panel.narrow form { padding-left: .65em; }
@media (prefers-reduced-motion: reduce) { .typing i { animation: none; opacity: .7; } }
@media (forced-colors: active) { .bubble, .card, .send, .head, .banner, .notice, .typing {
  border: 1px solid CanvasText; }
  .choices button:disabled, .send:disabled { color: GrayText; border-color: GrayText; } .typing i {
  background: CanvasText; } }
@media print { .frame { display: none; } }
`;

  // ---------------------------------------------------------------- DOM

  /** One element: el("p", { class: "who", text: "Lotse" }, child, …). Functions become listeners. */
  function el(name, properties, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(properties || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (typeof value === "function") node.addEventListener(key, value);
      else if (key === "text") node.textContent = value;
      else if (key === "class") node.className = value;
      else node.setAttribute(key, value === true ? "" : String(value));
    }
    for (const child of children) if (child) node.append(child);
    return node;
  }

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("focusable", "false");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", ICONS[name]);
    path.setAttribute("fill-rule", "evenodd");
    svg.append(path);
    return svg;
  }

  /** Address as a link may carry it, or null: a message can never bring a script or data address. */
  function safeUrl(address, base) {
    try {
      const url = new URL(address, base);
      return ["https:", "http:", "tel:", "mailto:"].includes(url.protocol) ? url.href : null;
    } catch (error) {
      return null;
    }
  }

  // ---------------------------------------------------------------- text

  const PHONE = /(?:\+49|\b0)[ \/-]?[1-9](?:[ \/()-]{0,2}\d){5,12}/;
  // 110, 112, 116 117: only linked where the message is about an emergency
  const SHORT_PHONE = /\b11[0-9](?:[ ]?\d{3})?\b(?! ?(?:Euro|€|Prozent|%))/;
  const INLINE = new RegExp(
    [
      /\*\*([^*]+(?:\*(?!\*)[^*]*)*)\*\*/, // bold
      /\[([^\]\n]+)\]\(([^()\s]+)\)/, // [label](address)
      /(https?:\/\/[^\s<>()"]*[^\s<>()".,;:!?])/,
      /([\w.+-]+@[\w-]+\.[\w.-]*\w)/,
    ]
      .map((part) => part.source)
      .join("|"),
  );

  function telephone(number) {
    return el("a", { href: "tel:" + number.replace(/[^\d+]/g, ""), text: number });
  }

  /** Bold, links, addresses and telephone numbers of one line as nodes. */
  function inline(target, text, options) {
    const pattern = new RegExp(
      [INLINE.source, "(" + PHONE.source + (options.emergency ? "|" + SHORT_PHONE.source : "") + ")"].join("|"),
      "g",
    );
    let from = 0;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      target.append(text.slice(from, match.index));
      from = match.index + match[0].length;
      const [whole, bold, label, address, url, mail, phone] = match;
      if (bold) target.append(inline(el("strong"), bold, options));
      else if (phone) target.append(telephone(phone));
      else {
        const href = safeUrl(mail ? "mailto:" + mail : address || url, options.base);
        const outside = href && /^http/.test(href);
        target.append(
          href
            ? el("a", { href, text: label || url || mail, target: outside && "_blank", rel: outside && "noopener" })
            : whole,
        );
      }
    }
    target.append(text.slice(from));
    return target;
  }

  /** Markdown-light (paragraphs, lists, bold, links) as nodes. Everything else stays the characters it is. */
  function markdown(source, options) {
    const body = el("div", { class: "body" });
    let block = null; // the open paragraph or list
    for (const line of String(source || "")
      .replace(/\r\n?/g, "\n")
      .split("\n")) {
      const item = /^\s*(?:[-*•]|(\d{1,2})[.)])\s+(.*)$/.exec(line);
      const ordered = item && item[1];
      // "19. August" opens no list: a numbered list starts at 1
      const isItem = item && (!ordered || ordered === "1" || (block && block.tagName === "OL"));
      if (!line.trim()) {
        if (block && block.tagName === "P") block = null;
      } else if (isItem) {
        const name = ordered ? "ol" : "ul";
        if (!block || block.tagName !== name.toUpperCase()) body.append((block = el(name)));
        block.append(inline(el("li"), item[2], options));
      } else if (block && block.tagName !== "P" && /^\s{2,}/.test(line)) {
        inline(block.lastChild, " " + line.trim(), options);
      } else {
        const heading = /^#{1,6}\s+(.*)$/.exec(line);
        if (heading) {
          body.append(el("p", null, inline(el("strong"), heading[1], options)));
          block = null;
        } else if (block && block.tagName === "P") {
          block.append(el("br"));
          inline(block, line.trim(), options);
        } else {
          body.append((block = inline(el("p"), line.trim(), options)));
        }
      }
    }
    return body;
  }

  function formatted(value, options) {
    const date = new Date(value);
    return isNaN(date)
      ? ""
      : new Intl.DateTimeFormat("de-DE", Object.assign({ timeZone: "Europe/Berlin" }, options)).format(date);
  }
  const clock = (value) => formatted(value, { hour: "2-digit", minute: "2-digit" });
  const day = (value) => formatted(value, { day: "2-digit", month: "2-digit", year: "numeric" });
  const longDay = (value) => formatted(value, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

  function uuid() {
    // crypto.randomUUID is missing on older phones and on plain http
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  // ---------------------------------------------------------------- conversation

  /** Feeds pieces of a text/event-stream in, calls back with {type, data, id} for each whole event. */
  function eventParser(onEvent) {
    let rest = "";
    let event = { type: "", data: [], id: "" };
    return function feed(piece) {
      const lines = (rest + piece).split(/\r\n|\n|\r(?=[^])/); // a lone \r at the end may be half of \r\n
      rest = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (event.data.length) onEvent({ type: event.type || "message", data: event.data.join("\n"), id: event.id });
          event = { type: "", data: [], id: event.id };
          continue;
        }
        const colon = line.indexOf(":");
        if (colon === 0) continue;
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "event") event.type = value;
        else if (field === "data") event.data.push(value);
        else if (field === "id") event.id = value;
      }
    };
  }

  /**
   * What can go wrong with a request: "network" and "limited" are tried again, "gone" means a new conversation,
   * "refused" is for the citizen to read, "left" means that nobody waits for the answer any more.
   */
  class Failure extends Error {
    constructor(kind, details) {
      super(kind);
      this.kind = kind;
      Object.assign(this, details);
    }
  }

  function retryAfter(response, otherwise) {
    const header = response.headers.get("Retry-After");
    if (!header) return otherwise;
    const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
    return isFinite(seconds) ? Math.min(Math.max(1, Math.ceil(seconds)), 3600) : otherwise;
  }

  /**
   * One conversation with the api: creates it when first needed, keeps it over reloads, sends each entry exactly once
   * and listens for live messages.
   * Knows nothing of the page; reports through `on`: messages, sent, refused, state, typing, connection, renewed.
   */
  class Conversation {
    constructor(settings, on) {
      this.settings = settings;
      this.on = on;
      this.storageKey = "lotse-chat:" + settings.tenant;
      this.stored = this.read();
      this.state = "bot";
      this.epoch = 0; // grows when a conversation is left; what belongs to an older one is dropped
      this.alarms = new Set();
      this.starting = null;
      this.draining = false;
      this.listening = false;
      this.stream = null;
    }

    read() {
      try {
        return Object.assign({ pending: [] }, JSON.parse(sessionStorage.getItem(this.storageKey)));
      } catch (error) {
        return { pending: [] };
      }
    }

    keep(changes) {
      Object.assign(this.stored, changes);
      try {
        sessionStorage.setItem(this.storageKey, JSON.stringify(this.stored));
      } catch (error) {
        // storage switched off: the chat works, it does not survive a reload
      }
    }

    leave() {
      this.epoch += 1;
      this.starting = null;
      this.draining = false;
      this.closeStream();
      this.wake();
      this.keep({ id: undefined, token: undefined, lastEvent: undefined, pending: [] });
      this.state = "bot";
    }

    async request(method, path, options) {
      const { body, key } = options || {};
      const headers = { Accept: "application/json" };
      if (body) headers["Content-Type"] = "application/json";
      if (key) headers["Idempotency-Key"] = key;
      if (this.stored.token) headers.Authorization = "Bearer " + this.stored.token;
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), REQUEST_TIMEOUT);
      try {
        const response = await fetch(this.settings.api + "/api/v1" + path, {
          method,
          headers,
          body: body && JSON.stringify(body),
          credentials: "omit",
          cache: "no-store",
          signal: controller.signal,
        });
        await this.check(response);
        return response.status === 204 ? null : await response.json();
      } catch (error) {
        throw error instanceof Failure ? error : new Failure("network");
      } finally {
        clearTimeout(timer);
      }
    }

    async check(response) {
      if (response.ok) return;
      let problem = {};
      try {
        problem = (await response.json()) || {};
      } catch (error) {
        // no problem document: a proxy answered
      }
      const details = { status: response.status, detail: typeof problem.detail === "string" ? problem.detail : "" };
      if (response.status === 429 || (response.status === 409 && response.headers.has("Retry-After"))) {
        throw new Failure("limited", Object.assign(details, { wait: retryAfter(response, 10) }));
      }
      if ([408, 425, 502, 503, 504].includes(response.status)) {
        throw new Failure("network", Object.assign(details, { wait: retryAfter(response, 0) }));
      }
      if (this.stored.id && [401, 403, 404, 410].includes(response.status)) throw new Failure("gone", details);
      throw new Failure("refused", details);
    }

    /** Runs an operation until the api has answered it, however long the line is dead. */
    async untilAnswered(operation) {
      const epoch = this.epoch;
      for (let attempt = 0; ; attempt += 1) {
        let failure;
        try {
          const answer = await operation();
          if (epoch !== this.epoch) throw new Failure("left");
          this.on.connection("there");
          return answer;
        } catch (error) {
          failure = error;
        }
        if (epoch !== this.epoch) throw new Failure("left");
        if (failure.kind === "network") {
          this.on.connection("lost", 0, failure.detail);
          await this.pause(failure.wait ? failure.wait * 1000 : this.backOff(attempt), true);
        } else if (failure.kind === "limited") {
          this.on.connection("limited", failure.wait);
          await this.pause(failure.wait * 1000, false);
        } else {
          throw failure;
        }
        if (epoch !== this.epoch) throw new Failure("left");
      }
    }

    backOff(attempt) {
      return Math.min(30000, 1000 * 2 ** attempt) * (0.75 + Math.random() / 2);
    }

    pause(milliseconds, wakeable) {
      return new Promise((resolve) => {
        const alarm = { ring: null, wakeable, epoch: this.epoch };
        const timer = setTimeout(() => alarm.ring(), milliseconds);
        alarm.ring = () => {
          clearTimeout(timer);
          this.alarms.delete(alarm);
          resolve();
        };
        this.alarms.add(alarm);
      });
    }

    /** Tries again now what waits for the connection (not what waits for the rate limit). */
    wake() {
      for (const alarm of Array.from(this.alarms)) if (alarm.wakeable || alarm.epoch !== this.epoch) alarm.ring();
    }

    /** Creates the conversation, once, however many ask for it. */
    start() {
      if (this.stored.id) return Promise.resolve();
      if (!this.starting) {
        const key = uuid();
        const { tenant, language } = this.settings;
        this.starting = this.untilAnswered(() =>
          this.request("POST", "/conversations", { body: { tenant, channel: "web", language }, key }),
        )
          .then((answer) => {
            this.keep({ id: answer.id, token: answer.token });
            this.on.messages(answer.messages || [], { greeting: true });
            this.enter(answer.state);
          })
          .finally(() => {
            this.starting = null;
          });
      }
      return this.starting;
    }

    path(rest) {
      return "/conversations/" + encodeURIComponent(this.stored.id) + (rest || "");
    }

    /** Reads the whole transcript again: after a reload and after each gap in the live stream. */
    async restore(restored) {
      const answer = await this.untilAnswered(() => this.request("GET", this.path()));
      this.on.messages(answer.messages || [], { transcript: true, restored });
      this.enter(answer.state);
    }

    /** Takes an entry {key, text} or {key, payload, title}; it stays in storage until the api has it. */
    send(entry) {
      this.keep({ pending: this.stored.pending.concat(entry) });
      return this.drain();
    }

    async drain() {
      if (this.draining) return;
      this.draining = true;
      const epoch = this.epoch;
      try {
        while (this.stored.pending.length && epoch === this.epoch) await this.sendNext(this.stored.pending[0]);
      } catch (failure) {
        if (failure.kind !== "left") throw failure;
      } finally {
        if (epoch === this.epoch) this.draining = false;
      }
    }

    async sendNext(entry) {
      let answer;
      try {
        await this.start();
        const body = entry.payload ? { payload: entry.payload } : { text: entry.text };
        const send = () => this.request("POST", this.path("/messages"), { body, key: entry.key });
        answer = await this.untilAnswered(send);
      } catch (failure) {
        if (failure.kind === "gone" && !entry.renewed) {
          await this.renew();
          return;
        }
        if (failure.kind !== "gone" && failure.kind !== "refused") throw failure;
        this.keep({ pending: this.stored.pending.slice(1) });
        this.on.refused(entry, failure.detail);
        if (failure.status === 409) await this.restore(false); // closed meanwhile
        return;
      }
      this.keep({ pending: this.stored.pending.slice(1) });
      this.on.sent(entry);
      this.on.messages(answer.messages || [], { entry });
      this.enter(answer.state);
    }

    /** The conversation has gone: what was typed goes into a new one; a choice of the old one means nothing there. */
    renew() {
      const kept = this.stored.pending
        .filter((entry) => entry.text || entry.payload === TALK_TO_HUMAN)
        .map((entry) => Object.assign({}, entry, { key: uuid(), renewed: true }));
      this.leave();
      this.keep({ pending: kept });
      this.on.renewed();
      if (kept.length) return this.drain();
      return this.start().catch((failure) => failure.kind === "left" || this.on.refused(null, failure.detail));
    }

    /** Tells the caseworker that the citizen is writing; at most every few seconds, and it may get lost. */
    tellTyping() {
      if (this.state !== "human" || Date.now() - (this.toldTyping || 0) < 4000) return;
      this.toldTyping = Date.now();
      this.request("POST", this.path("/typing")).catch(() => undefined);
    }

    /** Services and sites of the tenant, read once. */
    offers() {
      if (!this.offered) {
        const query = "?tenant=" + encodeURIComponent(this.settings.tenant);
        const read = (path) => this.request("GET", path + query);
        this.offered = Promise.all([read("/services"), read("/sites")]).then(([services, sites]) => ({
          services,
          sites,
        }));
        this.offered.catch(() => (this.offered = null));
      }
      return this.offered;
    }

    feedback(messageId, helpful) {
      return this.request("POST", this.path("/feedback"), { body: { message_id: messageId, helpful } });
    }

    async erase() {
      if (this.stored.id) {
        try {
          await this.request("DELETE", this.path());
        } catch (failure) {
          if (failure.kind !== "gone") throw failure;
        }
      }
      this.leave();
    }

    async withdrawHandoff() {
      await this.request("DELETE", this.path("/handoff"));
      await this.restore(false);
    }

    /** Takes a state over and keeps the live stream open exactly while a person may write. */
    enter(state, data) {
      if (!state) return;
      const before = this.state;
      this.state = state;
      this.on.state(state, before, data || {});
      if (this.isLive()) this.listen();
      else this.closeStream();
    }

    closeStream() {
      if (this.stream) this.stream.abort();
      this.stream = null;
    }

    async listen() {
      if (this.listening) return;
      this.listening = true;
      const epoch = this.epoch;
      const wanted = () => epoch === this.epoch && this.isLive();
      for (let attempt = 0; wanted(); attempt += 1) {
        try {
          await this.readStream(() => (attempt = 0));
        } catch (failure) {
          if (!wanted()) break;
          if (failure.kind === "gone") {
            this.listening = false;
            this.renew();
            return;
          }
        }
        if (!wanted()) break;
        if (attempt > 0) this.on.connection("lostLive");
        await this.pause(this.backOff(attempt), true);
      }
      this.listening = false;
      if (epoch !== this.epoch && this.isLive()) this.listen(); // a new conversation already waits
    }

    isLive() {
      return !this.stopped && (this.state === "waiting" || this.state === "human");
    }

    async readStream(onConnected) {
      const controller = new AbortController();
      this.stream = controller;
      let watchdog = 0;
      const alive = () => {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => controller.abort(), SILENCE_AT_MOST);
      };
      try {
        alive();
        const headers = { Accept: "text/event-stream", Authorization: "Bearer " + this.stored.token };
        if (this.stored.lastEvent) headers["Last-Event-ID"] = this.stored.lastEvent;
        const response = await fetch(this.settings.api + "/api/v1" + this.path("/events"), {
          headers,
          credentials: "omit",
          cache: "no-store",
          signal: controller.signal,
        });
        await this.check(response);
        onConnected();
        await this.restore(false); // what was said before the stream stood
        if (!response.body || !response.body.getReader) {
          await this.pause(5000, true); // no streams in this browser: ask every few seconds
          return;
        }
        const feed = eventParser((event) => this.receive(event));
        const reader = response.body.getReader();
        const decoder = new TextDecoder();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          alive();
          feed(decoder.decode(value, { stream: true }));
        }
      } finally {
        clearTimeout(watchdog);
        controller.abort();
        if (this.stream === controller) this.stream = null;
      }
    }

    receive(event) {
      let data;
      try {
        data = JSON.parse(event.data);
      } catch (error) {
        return;
      }
      if (event.id) this.keep({ lastEvent: event.id });
      if (event.type === "message") this.on.messages([data], {});
      else if (event.type === "typing") this.on.typing(data.role, data.active, data.name);
      else if (event.type === "state") this.enter(data.state, data);
    }

    stop() {
      this.stopped = true;
      this.closeStream();
    }
  }

  // ---------------------------------------------------------------- element

  class LotseChat extends HTMLElement {
    static get observedAttributes() {
      return ["open"];
    }

    connectedCallback() {
      if (!this.shadowRoot) this.build();
      this.conversation.stopped = false;
      this.listeners = [
        [window, "online", () => this.backOnline()],
        [window, "offline", () => this.showConnection("lost")],
        [window, "pageshow", () => this.conversation.wake()],
        [window, "resize", () => this.fit()],
        [document, "visibilitychange", () => !document.hidden && this.conversation.wake()],
        [document, "click", (event) => this.openFromLink(event)],
      ];
      if (window.visualViewport) this.listeners.push([window.visualViewport, "resize", () => this.fit()]);
      for (const [target, name, listener] of this.listeners) target.addEventListener(name, listener);
      this.resume();
    }

    disconnectedCallback() {
      for (const [target, name, listener] of this.listeners) target.removeEventListener(name, listener);
      this.conversation.stop();
    }

    attributeChangedCallback(name, before, after) {
      if (this.panel && (before === null) !== (after === null)) this.reveal(after !== null);
    }

    /** Opens the chat as if the citizen had pressed the button. */
    show() {
      this.setAttribute("open", "");
      this.begin();
      (this.onTouch() || this.composer.hidden ? this.panel : this.input).focus();
    }

    /** On a phone a focused input brings the keyboard, which covers what is to be read. */
    onTouch() {
      return window.matchMedia("(pointer: coarse)").matches;
    }

    hide() {
      this.removeAttribute("open");
    }

    // ------------------------------------------------ building

    build() {
      const asked = this.getAttribute("language");
      const language = TEXTS[asked] ? asked : "de";
      const api = (this.getAttribute("api") || SCRIPT_ORIGIN).replace(/\/+$/, "");
      this.words = TEXTS[language];
      this.settings = { tenant: this.getAttribute("tenant") || "", api, language };
      this.conversation = new Conversation(this.settings, {
        messages: (messages, context) => this.receive(messages, context),
        sent: (entry) => this.markSent(entry),
        refused: (entry, detail) => this.refuse(entry, detail),
        state: (state, before, data) => this.showState(state, before, data),
        typing: (role, active, name) => this.showPersonTyping(role, active, name),
        connection: (kind, seconds, detail) => this.showConnection(kind, seconds, detail),
        renewed: () => this.restartView(this.words.gone),
      });
      this.seen = new Map(); // message id → node
      this.local = []; // own messages shown before the api has named them: {entry, node, sent}
      this.record = []; // what the saved transcript holds
      this.follow = true; // stay at the newest message
      this.unread = 0;

      const root = this.attachShadow({ mode: "open" });
      if ("adoptedStyleSheets" in root && "replaceSync" in CSSStyleSheet.prototype) {
        const sheet = new CSSStyleSheet(); // allowed where a site's policy forbids inline style
        sheet.replaceSync(STYLE);
        root.adoptedStyleSheets = [sheet];
      } else {
        root.append(el("style", { text: STYLE }));
      }
      root.append(this.buildFrame());
      this.input.value = this.conversation.stored.draft || "";
      this.scale(this.conversation.stored.scale || 1);
    }

    buildFrame() {
      const w = this.words;
      this.launcher = el(
        "button",
        {
          class: "launcher",
          type: "button",
          "aria-expanded": "false",
          "aria-controls": "panel",
          click: () => {
            this.opener = null;
            this.show();
          },
        },
        icon("chat"),
        el("span", { text: this.getAttribute("label") || w.launcher }),
        (this.badge = el("span", { class: "badge", hidden: true })),
      );

      this.menuButton = el(
        "button",
        {
          class: "tool",
          type: "button",
          "aria-label": w.menu,
          title: w.menu,
          "aria-expanded": "false",
          "aria-controls": "menu",
          click: () => this.toggleMenu(),
        },
        icon("menu"),
      );
      const header = el(
        "div",
        { class: "head" },
        icon("chat"),
        el("div", null, el("h2", { id: "title", text: w.title }), el("p", { id: "machine", text: w.machine })),
        this.menuButton,
        el(
          "button",
          { class: "tool", type: "button", "aria-label": w.close, title: w.close, click: () => this.hide() },
          icon("close"),
        ),
      );

      const entry = (text, act) =>
        el(
          "li",
          null,
          el("button", {
            type: "button",
            text,
            click: () => {
              this.toggleMenu(false);
              act();
            },
          }),
        );
      this.scaleValue = el("span");
      this.scaleDown = el("button", {
        type: "button",
        "aria-label": w.smaller,
        text: "A−",
        click: () => this.stepScale(-1),
      });
      this.scaleUp = el("button", {
        type: "button",
        "aria-label": w.larger,
        text: "A+",
        click: () => this.stepScale(1),
      });
      this.menu = el(
        "ul",
        { class: "menu", id: "menu", hidden: true },
        entry(w.restart, () => this.askRestart()),
        entry(w.save, () => this.saveTranscript()),
        entry(w.erase, () => this.askErase()),
        el("li", { class: "scale" }, this.scaleValue, this.scaleDown, this.scaleUp),
      );

      this.log = el("div", {
        class: "log",
        role: "log",
        "aria-live": "polite",
        "aria-relevant": "additions",
        "aria-label": w.log,
        tabindex: "0",
        scroll: () => this.noteScroll(),
      });
      this.log.append(this.buildPrivacy());
      this.typingRow = el("div", { class: "message", "aria-hidden": "true", hidden: true });
      this.log.append(this.typingRow);

      this.newer = el(
        "button",
        { class: "newer", type: "button", hidden: true, click: () => this.toNewest() },
        icon("down"),
        w.newer,
      );
      this.banner = el("div", { class: "banner", role: "status", hidden: true });
      this.notice = el("div", { class: "notice", role: "status", hidden: true });
      this.question = el("div", {
        class: "question",
        role: "alertdialog",
        "aria-labelledby": "question",
        hidden: true,
      });

      this.counter = el("p", { class: "counter", id: "counter", role: "status" });
      this.input = el("textarea", {
        id: "input",
        rows: "1",
        placeholder: w.placeholder,
        "aria-describedby": "counter",
        enterkeyhint: "send",
        autocomplete: "off",
        input: () => {
          this.measure();
          this.conversation.tellTyping();
        },
        keydown: (event) => this.onInputKey(event),
      });
      this.sendButton = el(
        "button",
        { class: "send", type: "submit", "aria-label": w.send, title: w.send },
        icon("send"),
      );
      this.form = el(
        "form",
        {
          novalidate: true,
          submit: (event) => {
            event.preventDefault();
            this.submit();
          },
        },
        el("label", { class: "unseen", for: "input", text: w.input }),
        this.input,
        this.sendButton,
      );
      this.person = el(
        "button",
        { class: "person", type: "button", click: () => this.choose(TALK_TO_HUMAN, w.human) },
        icon("human"),
        w.human,
      );
      const foot = el(
        "div",
        { class: "foot" },
        this.newer,
        this.banner,
        this.notice,
        this.question,
        (this.composer = el("div", null, this.form, this.counter, this.person)),
      );

      this.panel = el(
        "section",
        {
          class: "panel",
          id: "panel",
          role: "dialog",
          "aria-modal": "false",
          "aria-label": w.dialog,
          "aria-describedby": "machine",
          tabindex: "-1",
          hidden: true,
          keydown: (event) => this.onKey(event),
          focusin: () => this.begin(),
          pointerdown: (event) => this.closeMenuOutside(event),
        },
        header,
        this.menu,
        this.log,
        foot,
      );
      this.hail = el("p", { class: "unseen", role: "status" });
      return el("div", { class: "frame", lang: this.settings.language }, this.launcher, this.hail, this.panel);
    }

    buildPrivacy() {
      const w = this.words;
      const href = safeUrl(this.getAttribute("privacy") || "/datenschutz", this.settings.api);
      return el(
        "p",
        { class: "privacy" },
        w.privacy + " ",
        el(
          "a",
          { href, target: "_blank", rel: "noopener" },
          w.privacyLink,
          el("span", { class: "unseen", text: " (" + w.newTab + ")" }),
        ),
      );
    }

    // ------------------------------------------------ opening and closing

    resume() {
      const { id, open, pending } = this.conversation.stored;
      if (id) {
        this.conversation
          .restore(true)
          .then(() => this.conversation.drain())
          .catch((failure) => {
            const silent = this.panel.hidden && !this.conversation.stored.pending.length;
            if (failure.kind === "gone" && silent) this.conversation.leave();
            else if (failure.kind === "gone") this.conversation.renew();
            else if (failure.kind !== "left") this.say(failure.detail || this.words.failed);
          });
      } else if (pending.length) {
        this.showUnsent();
        this.conversation.drain();
      }
      if (open && !this.hasAttribute("open")) this.setAttribute("open", "");
      else if (this.hasAttribute("open")) this.reveal(true);
    }

    /** The citizen is there: greet. A site that only shows the panel open has not yet started a conversation. */
    begin() {
      if (this.begun || this.conversation.stored.id || this.ended) return;
      this.begun = true;
      this.waitForBot();
      this.conversation.start().catch((failure) => {
        this.stopWaiting();
        this.begun = false;
        if (failure.kind !== "left")
          this.say(failure.detail || this.words.failed, { alarm: true, again: () => this.begin() });
      });
    }

    reveal(open) {
      if (open === !this.panel.hidden) return;
      const hadFocus = this.shadowRoot.activeElement;
      this.panel.hidden = !open;
      this.launcher.hidden = open;
      this.launcher.setAttribute("aria-expanded", String(open));
      this.conversation.keep({ open });
      if (open) {
        this.unread = 0;
        this.badge.hidden = true;
        this.hail.textContent = "";
        this.fit();
        this.measure();
        this.toNewest(true);
      } else {
        this.toggleMenu(false);
        if (hadFocus) (this.opener && this.opener.isConnected ? this.opener : this.launcher).focus();
      }
      this.dispatchEvent(new CustomEvent(open ? "lotse-open" : "lotse-close", { bubbles: true }));
    }

    openFromLink(event) {
      const link = event.target instanceof Element && event.target.closest('a[href="#lotse-chat"]');
      if (!link) return;
      event.preventDefault();
      this.opener = link;
      this.show();
    }

    backOnline() {
      if (this.conversation.alarms.size) this.conversation.wake();
      else this.showConnection("there");
    }

    /** Fits the panel to the window: all of a small one, one page in a low one, above the keyboard of a phone. */
    fit() {
      if (this.panel.hidden) return;
      const em = parseFloat(getComputedStyle(this.panel).fontSize);
      const view =
        window.visualViewport && window.visualViewport.scale === 1
          ? window.visualViewport
          : { width: innerWidth, height: innerHeight, offsetTop: 0 };
      const whole = innerWidth < 30 * 16 || innerWidth < 27.5 * em || innerHeight < 22 * em;
      this.panel.classList.toggle("whole", whole);
      this.panel.classList.toggle("low", view.height < 26 * em);
      this.panel.classList.toggle("narrow", (whole ? view.width : this.panel.offsetWidth) < 20 * em);
      this.panel.setAttribute("aria-modal", String(whole));
      this.panel.style.height = whole ? view.height + "px" : "";
      this.panel.style.top = whole && view.offsetTop ? view.offsetTop + "px" : "";
      if (this.follow) this.toNewest(true);
    }

    stepScale(step) {
      const index = SCALES.indexOf(this.conversation.stored.scale || 1) + step;
      if (SCALES[index]) this.scale(SCALES[index]);
    }

    scale(value) {
      this.conversation.keep({ scale: value });
      this.panel.style.fontSize = value * 100 + "%";
      this.scaleValue.textContent = this.words.textSize + " " + value * 100 + " %";
      // not disabled: that would drop the focus of whoever is pressing it
      this.scaleDown.setAttribute("aria-disabled", String(value === SCALES[0]));
      this.scaleUp.setAttribute("aria-disabled", String(value === SCALES[SCALES.length - 1]));
      this.fit();
      this.measure();
    }

    // ------------------------------------------------ keys and focus

    onKey(event) {
      if (event.key === "Escape") {
        event.stopPropagation();
        if (!this.menu.hidden) {
          this.toggleMenu(false);
          this.menuButton.focus();
        } else if (!this.question.hidden) this.answerQuestion();
        else this.hide();
      } else if (event.key === "Tab" && this.panel.classList.contains("whole")) {
        // the panel covers the page: the focus must not wander behind it
        const stops = Array.from(
          this.panel.querySelectorAll("button, a[href], textarea, summary, [tabindex='0']"),
        ).filter((node) => !node.disabled && node.getClientRects().length);
        const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
        const active = this.shadowRoot.activeElement;
        if (active === edge || (event.shiftKey && active === this.panel)) {
          event.preventDefault();
          (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
        }
      }
    }

    onInputKey(event) {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.submit();
    }

    toggleMenu(open) {
      const next = open === undefined ? this.menu.hidden : open;
      this.menu.hidden = !next;
      this.menuButton.setAttribute("aria-expanded", String(next));
    }

    closeMenuOutside(event) {
      if (!this.menu.hidden && !this.menu.contains(event.target) && !this.menuButton.contains(event.target))
        this.toggleMenu(false);
    }

    // ------------------------------------------------ writing

    measure() {
      const length = Array.from(this.input.value).length;
      const over = length > TEXT_LIMIT;
      this.counter.textContent = over
        ? this.words.over(length - TEXT_LIMIT)
        : length >= COUNTER_FROM
          ? this.words.left(TEXT_LIMIT - length)
          : "";
      this.counter.classList.toggle("over", over);
      this.input.setAttribute("aria-invalid", String(over));
      this.sendButton.disabled = over || this.input.disabled;
      this.conversation.keep({ draft: this.input.value });
      this.input.style.height = "auto";
      if (this.input.scrollHeight) this.input.style.height = this.input.scrollHeight + 3 + "px";
    }

    submit() {
      const text = this.input.value.trim();
      if (!text || this.input.disabled || Array.from(text).length > TEXT_LIMIT) {
        this.input.focus();
        return;
      }
      this.input.value = "";
      this.measure();
      this.dispatch({ key: uuid(), text });
      if (!this.onTouch()) this.input.focus();
    }

    choose(payload, title, button) {
      if (button) button.classList.add("chosen");
      const node = this.dispatch({ key: uuid(), payload, title });
      node.tabIndex = -1; // the pressed button goes: reading goes on from here, the next Tab reaches the reply
      node.focus({ preventScroll: true });
    }

    dispatch(entry) {
      if (this.conversation.state === "bot") this.banner.hidden = true; // what it said has been read
      this.say("");
      this.settleChoices();
      const node = this.showOwn(entry);
      this.follow = true;
      this.begun = true;
      this.toNewest();
      this.waitForBot();
      this.conversation.send(entry).finally(() => this.conversation.stored.pending.length || this.stopWaiting());
      return node;
    }

    /** Shows an own message before the api has it. */
    showOwn(entry) {
      const delivery = el("p", { class: "delivery", "aria-hidden": "true" });
      const node = el(
        "div",
        { class: "message citizen" },
        el("span", { class: "unseen", text: this.words.you + ": " }),
        el("div", { class: "bubble", text: entry.title || entry.text }),
        delivery,
      );
      this.log.insertBefore(node, this.typingRow);
      const own = {
        entry,
        node,
        delivery,
        sent: false,
        record: { role: "citizen", text: entry.title || entry.text, created_at: new Date().toISOString() },
      };
      this.local.push(own);
      this.record.push(own.record);
      own.timer = setTimeout(() => {
        if (!own.sent && !delivery.textContent) delivery.textContent = this.words.sending;
      }, 1500);
      return node;
    }

    showUnsent() {
      for (const entry of this.conversation.stored.pending)
        if (!this.local.some((own) => own.entry.key === entry.key)) this.showOwn(entry);
    }

    markSent(entry) {
      const own = this.local.find((candidate) => candidate.entry.key === entry.key);
      if (!own) return;
      clearTimeout(own.timer);
      own.sent = true;
      own.delivery.textContent = "";
      own.node.classList.remove("unsent");
    }

    /** The api does not take the message: say why and give the text back. */
    refuse(entry, detail) {
      this.stopWaiting();
      this.say(detail || this.words.failed, { alarm: true });
      if (!entry) return;
      this.removeOwn(entry);
      if (entry.text && !this.input.value) {
        this.input.value = entry.text;
        this.measure();
      }
    }

    removeOwn(entry) {
      const own = this.local.find((candidate) => candidate.entry.key === entry.key);
      if (!own) return;
      clearTimeout(own.timer);
      own.node.remove();
      this.local.splice(this.local.indexOf(own), 1);
      this.record.splice(this.record.indexOf(own.record), 1);
    }

    // ------------------------------------------------ reading

    /**
     * Takes messages from a reply, the live stream or the whole transcript and shows each one once.
     * Own messages come back with the api's id; they are matched with what is already shown.
     */
    receive(messages, context) {
      const quiet = context.restored; // a restored transcript is not read out again
      if (quiet) this.log.setAttribute("aria-live", "off");
      const fresh = [];
      for (const message of messages) {
        if (this.seen.has(message.id)) continue;
        if (message.role === "citizen") {
          const own = this.ownFor(message, context);
          if (own) {
            this.local.splice(this.local.indexOf(own), 1);
            this.seen.set(message.id, own.node);
            continue;
          }
        }
        fresh.push(message);
      }
      if (fresh.length || context.entry || context.greeting) this.stopWaiting();
      const early = context.greeting && this.local[0]; // written before the greeting came: it stands above all the same
      const nodes = fresh.map((message) => this.showMessage(message, early && early.node));
      if (context.entry && this.conversation.stored.pending.length) this.waitForBot();
      if (fresh.some((message) => message.role === "citizen")) this.settleChoices(fresh);
      if (context.restored) this.showUnsent();
      if (quiet) setTimeout(() => this.log.setAttribute("aria-live", "polite"), 500);
      const heard = fresh.filter((message) => message.role !== "citizen" && message.role !== "system");
      if (heard.length && this.panel.hidden && !quiet) this.countUnread(heard.length);
      if (!nodes.length) return;
      if (context.greeting) return; // the beginning is in view
      if (quiet) this.toNewest(true);
      else if (this.follow) this.scrollTo(nodes[0]);
      else this.newer.hidden = false;
    }

    ownFor(message, context) {
      if (context.entry) {
        const own = this.local.find((candidate) => candidate.entry.key === context.entry.key);
        if (own) return own;
      }
      const same = ({ entry }) => [entry.text, entry.title, entry.payload].includes(message.text);
      return this.local.find(same) || (context.restored ? null : this.local.find((own) => own.sent));
    }

    showMessage(message, before) {
      const node = message.role === "citizen" ? this.ownMessage(message) : this.otherMessage(message);
      this.seen.set(message.id, node);
      this.log.insertBefore(node, before || this.typingRow);
      if (before) this.record.unshift(message);
      else this.record.push(message);
      if (message.data && (message.kind === "handoff" || message.role === "caseworker"))
        this.handoff = Object.assign({}, this.handoff, message.data);
      return node;
    }

    ownMessage(message) {
      return el(
        "div",
        { class: "message citizen" },
        el("span", { class: "unseen", text: this.words.you + ": " }),
        el("div", { class: "bubble", text: this.ownText(message) }),
      );
    }

    /** A pressed choice may come back as its payload; people read its title. */
    ownText(message) {
      if (message.text === TALK_TO_HUMAN) return this.words.human;
      const offered = []
        .concat(...this.record.map((earlier) => earlier.choices || []))
        .filter((choice) => choice.payload === message.text)
        .pop();
      return offered ? offered.title : message.text;
    }

    speaker(message) {
      const w = this.words;
      if (message.role === "bot") return [w.bot, w.botKind];
      if (message.role === "caseworker")
        return [(message.data && message.data.name) || this.personName() || w.caseworker, w.caseworkerKind];
      return [w.system, ""];
    }

    otherMessage(message) {
      const [name, kind] = this.speaker(message);
      const bubble = el("div", { class: "bubble" });
      const node = el(
        "div",
        { class: "message " + [message.role, message.kind].filter((word) => /^[a-z_]+$/.test(word || "")).join(" ") },
        el("p", {
          class: message.role === "system" ? "unseen" : "who",
          text: [kind ? name + " (" + kind + ")" : name, clock(message.created_at)].filter(Boolean).join(" · "),
        }),
        bubble,
      );
      if (message.kind === "crisis") bubble.append(el("h3", { text: this.words.crisis }));
      bubble.append(
        markdown(message.text, {
          base: this.settings.api,
          emergency: message.kind === "crisis" || /Notruf|Gefahr/.test(message.text),
        }),
      );
      if (message.kind === "appointment" && message.data) this.addAppointment(bubble, message.data);
      if (message.kind === "message_receipt") this.addReceipt(bubble, message);
      if (message.kind === "answer" && message.data && message.data.links) bubble.append(this.links(message.data.links));
      if (message.citations && message.citations.length) bubble.append(this.sources(message.citations));
      if (message.choices && message.choices.length) node.append(this.choices(message.choices));
      if (message.kind === "answer" && message.role === "bot") node.append(this.feedbackRow(message));
      return node;
    }

    /** Forms to fill in and films to watch, on pages of the municipality. */
    links(links) {
      const list = el("ul", { class: "links" });
      for (const link of links) {
        const href = safeUrl(link.url, this.settings.api);
        const kind = this.words[link.kind];
        if (!href || !kind) continue;
        list.append(
          el(
            "li",
            null,
            kind + ": ",
            el(
              "a",
              { href, target: "_blank", rel: "noopener" },
              link.title,
              el("span", { class: "unseen", text: " (" + this.words.newTab + ")" }),
            ),
          ),
        );
      }
      return list;
    }

    sources(citations) {
      const list = el("ul", { class: "sources" });
      for (const citation of citations) {
        const href = citation.url && safeUrl(citation.url, this.settings.api);
        const label = el("b", { text: citation.label });
        list.append(
          el(
            "li",
            null,
            href
              ? el(
                  "a",
                  { href, target: "_blank", rel: "noopener" },
                  label,
                  citation.title,
                  el("span", { class: "unseen", text: " (" + this.words.newTab + ")" }),
                )
              : el("span", null, label, citation.title),
            citation.as_of && el("small", { text: this.words.asOf(day(citation.as_of)) }),
          ),
        );
      }
      return el(
        "details",
        { toggle: () => this.noteScroll() },
        el("summary", null, el("span", { text: this.words.sources(citations.length) })),
        list,
      );
    }

    choices(choices) {
      const list = el("ul", { class: "choices" });
      for (const choice of choices) {
        const button = el("button", {
          type: "button",
          text: choice.title,
          click: () => this.choose(choice.payload, choice.title, button),
        });
        list.append(el("li", null, button));
      }
      return list;
    }

    /** Choices belong to the last turn; older ones can no longer be pressed. */
    settleChoices(transcript) {
      let lists = Array.from(this.log.querySelectorAll(".choices"));
      if (transcript) {
        const last = transcript.filter((message) => message.role === "citizen").pop();
        const mark = this.seen.get(last.id);
        lists = lists.filter((list) => list.compareDocumentPosition(mark) & Node.DOCUMENT_POSITION_FOLLOWING);
      }
      for (const list of lists) for (const button of list.querySelectorAll("button")) button.disabled = true;
    }

    feedbackRow(message) {
      const row = el("p", { class: "feedback" }, this.words.helpful);
      const vote = async (helpful) => {
        const buttons = Array.from(row.querySelectorAll("button"));
        for (const button of buttons) button.disabled = true;
        try {
          await this.conversation.feedback(message.id, helpful);
          const hadFocus = row.contains(this.shadowRoot.activeElement);
          row.textContent = this.words.thanks;
          if (hadFocus || !this.shadowRoot.activeElement) {
            row.tabIndex = -1;
            row.focus({ preventScroll: true });
          }
        } catch (failure) {
          for (const button of buttons) button.disabled = false;
          this.say(failure.detail || this.words.feedbackLost, { alarm: true });
        }
      };
      row.append(
        el("button", { type: "button", text: this.words.yes, click: () => vote(true) }),
        el("button", { type: "button", text: this.words.no, click: () => vote(false) }),
      );
      return row;
    }

    addAppointment(bubble, data) {
      const w = this.words;
      const when = longDay(data.starts_at) + ", " + clock(data.starts_at) + " " + w.until + " " + clock(data.ends_at);
      const what = el("dd");
      const where = el("dd");
      const fill = (service, site) => {
        what.textContent = service.name;
        where.textContent = [site.name, site.address].filter(Boolean).join(", ");
      };
      const fact = (term, value) => el("div", null, el("dt", { text: term }), value);
      const calendar = data.ics_url && safeUrl(data.ics_url, this.settings.api);
      const manage = data.manage_url && safeUrl(data.manage_url, this.settings.api);
      bubble.append(
        el(
          "div",
          { class: "card" },
          el("h3", { text: w.appointment }),
          el(
            "dl",
            null,
            fact(w.when, el("dd", { text: when + " " + w.clock })),
            fact(w.what, what),
            fact(w.where, where),
          ),
          el(
            "div",
            { class: "actions" },
            calendar && el("a", { href: calendar, download: "" }, icon("calendar"), w.calendar),
            manage && el("a", { href: manage, target: "_blank", rel: "noopener" }, w.manage),
          ),
        ),
      );
      if (data.service_name) fill({ name: data.service_name }, { name: data.site_name, address: data.address });
      else this.nameAppointment(data, fill);
    }

    /** The data of an appointment names service and site by their ids; the api knows what people call them. */
    async nameAppointment(data, fill) {
      const named = (list, id) => list.find((entry) => entry.id === id) || { name: id };
      try {
        const { services, sites } = await this.conversation.offers();
        fill(named(services, data.service), named(sites, data.site));
      } catch (failure) {
        fill({ name: data.service }, { name: data.site });
      }
      if (this.follow && !this.panel.hidden) this.toNewest();
    }

    addReceipt(bubble, message) {
      const number = (message.data && message.data.receipt) || (/\b[MR]-\d{4}-[A-Z0-9]+\b/.exec(message.text) || [])[0];
      if (number)
        bubble.append(
          el(
            "div",
            { class: "card" },
            el("h3", { text: this.words.receipt }),
            el("div", { class: "number", text: number }),
          ),
        );
    }

    countUnread(number) {
      this.unread += number;
      this.badge.hidden = false;
      this.badge.textContent = this.words.unread(this.unread);
      this.hail.textContent = this.words.title + ": " + this.words.unread(this.unread);
    }

    // ------------------------------------------------ scrolling

    scroller() {
      return this.panel.classList.contains("low") ? this.panel : this.log;
    }

    noteScroll() {
      const { scrollTop, scrollHeight, clientHeight } = this.scroller();
      if (scrollHeight - scrollTop - clientHeight < 40) {
        this.follow = true;
        this.newer.hidden = true;
      } else if (scrollTop < (this.scrolledTo || 0) - 4) {
        this.follow = false; // only a hand scrolls upwards
      }
      this.scrolledTo = scrollTop;
    }

    /** Down to the newest, but never past the beginning of what is new. */
    scrollTo(node) {
      const scroller = this.scroller();
      const room = node.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop - 12;
      const target = Math.max(scroller.scrollTop, Math.min(scroller.scrollHeight - scroller.clientHeight, room));
      this.scrolledTo = Math.min(this.scrolledTo || 0, scroller.scrollTop);
      const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (scroller.scrollTo) scroller.scrollTo({ top: target, behavior: calm ? "auto" : "smooth" });
      else scroller.scrollTop = target;
    }

    toNewest(atOnce) {
      this.follow = true;
      this.newer.hidden = true;
      const scroller = this.scroller();
      if (atOnce) scroller.scrollTop = scroller.scrollHeight;
      else this.scrollTo(this.typingRow.hidden ? this.typingRow.previousSibling : this.typingRow);
    }

    // ------------------------------------------------ what goes on

    waitForBot() {
      this.stopWaiting();
      if (this.conversation.state === "human") return;
      this.typingSoon = setTimeout(() => this.showTyping(this.words.bot, TYPING_AT_MOST), TYPING_AFTER);
    }

    stopWaiting() {
      clearTimeout(this.typingSoon);
      clearTimeout(this.typingEnd);
      this.typingRow.hidden = true;
    }

    showTyping(name, atMost) {
      this.typingRow.textContent = "";
      this.typingRow.append(el("span", { class: "typing" }, this.words.typing(name), el("i"), el("i"), el("i")));
      this.typingRow.hidden = false;
      if (this.follow) this.toNewest();
      clearTimeout(this.typingEnd);
      this.typingEnd = setTimeout(() => this.stopWaiting(), atMost);
    }

    showPersonTyping(role, active, name) {
      if (role === "citizen") return;
      if (active) this.showTyping(name || this.personName() || this.words.caseworker, 10000);
      else this.stopWaiting();
    }

    personName() {
      return this.handoff && this.handoff.name;
    }

    showState(state, before, data) {
      const w = this.words;
      if (Object.keys(data).length) this.handoff = Object.assign({}, this.handoff, data);
      const handoff = this.handoff || {};
      const parts = [];
      if (state === "waiting") {
        const facts = [
          w.waiting,
          handoff.position > 0 && w.position(handoff.position),
          handoff.estimated_wait_minutes > 0 && w.estimate(handoff.estimated_wait_minutes),
        ];
        parts.push(
          el("p", { text: facts.filter(Boolean).join(" ") }),
          el("button", { class: "plain", type: "button", text: w.stopWaiting, click: () => this.withdraw() }),
        );
      } else if (state === "human") {
        parts.push(el("p", { text: w.withHuman(this.personName() || w.someone) }));
      } else if (state === "closed") {
        parts.push(
          el("p", { text: w.closed }),
          el("button", { class: "plain", type: "button", text: w.restart, click: () => this.restart() }),
        );
      } else if (before !== "bot" && before !== state) {
        parts.push(el("p", { text: w.backToBot }));
      }
      const changed = parts.map((part) => part.textContent).join("") !== this.banner.textContent;
      if (changed && (parts.length || state !== before)) {
        this.banner.textContent = "";
        this.banner.append(...parts);
        this.banner.className = "banner " + state;
        this.banner.hidden = !parts.length;
      }
      if (state === "bot") this.handoff = null;
      this.person.hidden = state !== "bot";
      this.input.disabled = state === "closed";
      this.composer.hidden = state === "closed" || !this.question.hidden;
      this.measure();
      if (this.follow && !this.panel.hidden && state !== before)
        requestAnimationFrame(() => this.follow && this.toNewest());
    }

    async withdraw() {
      try {
        await this.conversation.withdrawHandoff();
        this.input.focus();
      } catch (failure) {
        if (failure.kind !== "left") this.say(failure.detail || this.words.failed, { alarm: true });
      }
    }

    showConnection(kind, seconds, detail) {
      const w = this.words;
      if (kind === "there") {
        if (this.trouble) this.say(w.back, { passing: true });
        this.trouble = false;
        return;
      }
      this.trouble = true;
      this.stopWaiting();
      for (const own of this.local) {
        if (own.sent) continue;
        own.delivery.textContent = w.unsent;
        own.node.classList.add("unsent");
      }
      if (kind === "limited")
        this.say(w.slow(seconds <= 90 ? w.inSeconds(seconds) : w.atTime(clock(Date.now() + seconds * 1000))), {
          alarm: true,
        });
      else
        this.say(detail || (kind === "lostLive" ? w.lostLive : w.lost), {
          alarm: true,
          again: () => this.conversation.wake(),
        });
    }

    /** One line above the input: what went wrong, or that it is well again. */
    say(text, options) {
      const { alarm, again, passing } = options || {};
      const key = text + Boolean(again);
      if (key === this.said && !this.notice.hidden) return;
      this.said = key;
      clearTimeout(this.noticeEnd);
      this.notice.textContent = "";
      this.notice.hidden = !text;
      if (!text) return;
      this.notice.className = alarm ? "notice" : "notice quiet";
      this.notice.append(el("p", { text }));
      if (again)
        this.notice.append(
          el("button", {
            class: "plain",
            type: "button",
            text: this.words.again,
            click: () => {
              this.say("");
              this.input.focus();
              again();
            },
          }),
        );
      if (this.follow && !this.panel.hidden) this.toNewest();
      if (passing) this.noticeEnd = setTimeout(() => this.say(""), 6000);
    }

    // ------------------------------------------------ menu

    ask(text, yes, act) {
      this.question.textContent = "";
      const cancel = el("button", {
        class: "plain",
        type: "button",
        text: this.words.cancel,
        click: () => this.answerQuestion(),
      });
      this.question.append(
        el("p", { id: "question", text }),
        el("button", {
          class: "plain danger",
          type: "button",
          text: yes,
          click: () => {
            this.answerQuestion();
            act();
          },
        }),
        cancel,
      );
      this.question.hidden = false;
      this.composer.hidden = true;
      cancel.focus();
    }

    answerQuestion() {
      this.question.hidden = true;
      this.composer.hidden = this.conversation.state === "closed" || Boolean(this.ended);
      this.menuButton.focus();
    }

    askErase() {
      this.ask(this.words.eraseQuestion, this.words.eraseYes, async () => {
        try {
          await this.conversation.erase();
          this.clearView();
          this.input.value = "";
          this.measure();
          this.end(this.words.erased);
        } catch (failure) {
          this.say(failure.detail || this.words.failed, { alarm: true });
        }
      });
    }

    askRestart() {
      if (this.conversation.state === "bot" || this.conversation.state === "closed") this.restart();
      else
        this.ask(
          this.conversation.state === "waiting" ? this.words.restartWaiting : this.words.restartHuman,
          this.words.restartYes,
          () => this.restart(),
        );
    }

    restart() {
      if (this.conversation.state === "waiting")
        this.conversation.request("DELETE", this.conversation.path("/handoff")).catch(() => undefined);
      this.conversation.leave();
      this.restartView("");
      this.begin();
      this.input.focus();
    }

    /** Empties the view for a new conversation; what goes on into it stays visible. */
    restartView(note) {
      this.clearView();
      this.begun = Boolean(note);
      this.say(note);
      this.showUnsent();
    }

    end(text) {
      this.ended = true;
      this.composer.hidden = true;
      this.banner.className = "banner";
      this.banner.hidden = false;
      const again = el("button", {
        class: "plain",
        type: "button",
        text: this.words.restart,
        click: () => this.restart(),
      });
      this.banner.append(el("p", { text }), again);
      again.focus();
    }

    clearView() {
      for (const node of Array.from(this.log.querySelectorAll(".message"))) if (node !== this.typingRow) node.remove();
      this.stopWaiting();
      for (const own of this.local) clearTimeout(own.timer);
      this.seen.clear();
      this.local = [];
      this.record = [];
      this.handoff = null;
      this.begun = false;
      this.ended = false;
      this.trouble = false;
      this.say("");
      this.banner.textContent = "";
      this.banner.hidden = true;
      this.input.disabled = false;
      this.composer.hidden = false;
      this.person.hidden = false;
      this.newer.hidden = true;
      this.follow = true;
      this.measure();
    }

    saveTranscript() {
      const w = this.words;
      const lines = [
        w.fileHeading(this.settings.tenant, day(Date.now()) + ", " + clock(Date.now()) + " " + w.clock),
        w.fileNote,
        "",
      ];
      for (const message of this.record) {
        const who = message.role === "citizen" ? w.you : this.speaker(message)[0];
        lines.push(
          "[" + clock(message.created_at) + "] " + who + ":",
          message.role === "citizen" ? this.ownText(message) : String(message.text || "").replace(/\*\*/g, ""),
        );
        for (const citation of message.citations || [])
          lines.push(
            "  – " +
              [citation.label, citation.title, citation.as_of && w.asOf(day(citation.as_of)), citation.url]
                .filter(Boolean)
                .join(", "),
          );
        lines.push("");
      }
      const url = URL.createObjectURL(new Blob(["\ufeff" + lines.join("\r\n")], { type: "text/plain;charset=utf-8" }));
      const link = el("a", { href: url, download: w.fileName + "-" + new Date().toISOString().slice(0, 10) + ".txt" });
      this.shadowRoot.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
      this.menuButton.focus();
    }
  }

  customElements.define("lotse-chat", LotseChat);
})();
