/*
 * <lotse-chat>: the web chat of Lotse as one self-contained custom element.
 *
 *   <script src="https://lotse.example/widget.js" defer></script>
 *   <lotse-chat tenant="musterkreis"></lotse-chat>
 *
 * Attributes: tenant, api (origin of the service; default: where this script came from), open, language (de, en, uk,
 * ru, ar, tr or de-leicht; what the citizen chooses goes before it), theme ("light" or "dark"; default: the reader's
 * own setting), privacy (address of the privacy page), label (words on the button).
 * A plain link <a href="#lotse-chat"> anywhere on the page opens the chat; scripts call show() and hide().
 * Colours follow the site: lotse-chat { --lotse-accent: #0a5c7a; --lotse-on-accent: #fff }.
 *
 * It asks nothing of other hosts, sets no cookie and keeps its token in sessionStorage only. Nothing is sent before
 * the citizen opens the chat. Server text becomes DOM nodes, never markup, so it also runs under a strict content
 * security policy. German words are in this file, those of another language are loaded when it is wanted; without
 * them the chat goes on in German.
 * Written in ES2020, without a build step; the api only drops comments and indentation when it serves this file.
 */
(function () {
  "use strict";
  if (!window.customElements || customElements.get("lotse-chat")) return;

  const script = document.currentScript || document.querySelector('script[src*="widget.js"]');
  const SCRIPT_URL = new URL((script && script.src) || "/widget.js", location.href);
  const SCRIPT_ORIGIN = SCRIPT_URL.origin;

  const TEXT_LIMIT = 2000; // the api refuses longer messages
  const COUNTER_FROM = 1800;
  const REQUEST_TIMEOUT = 30000;
  const TYPING_AFTER = 350; // quick answers come without a flash of dots
  const TYPING_AT_MOST = 20000;
  const SILENCE_AT_MOST = 50000; // the api sends a comment every 15 s; longer silence is a dead connection
  const LOADING_AT_MOST = 2000;
  const SCALES = [1, 1.25, 1.5, 2];
  const TALK_TO_HUMAN = "/talk_to_human";

  /** What people speak, named in itself. */
  const LANGUAGES = {
    de: "Deutsch",
    en: "English",
    uk: "Українська",
    ru: "Русский",
    ar: "العربية",
    tr: "Türkçe",
    "de-leicht": "Leichte Sprache",
  };
  const EASY = "de-leicht";
  // How dates are written: as in Germany by the day first, and in digits that stand in letters and on doors, too.
  const LOCALES = { de: "de-DE", "de-leicht": "de-DE", en: "en-GB", ar: "ar-u-nu-latn" };
  const VERSIONS = {}; // of widget/<language>.js; the api fills this in

  const GERMAN = {
    dir: "ltr",
    launcher: "Fragen? Chat öffnen",
    unread: (n) => (n === 1 ? "1 neue Nachricht" : n + " neue Nachrichten"),
    title: "Lotse",
    machine: "Computer, kein Mensch",
    dialog: "Chat mit Lotse",
    log: "Gesprächsverlauf",
    languages: "Sprache wählen",
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
    map: "Karte",
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
  };

  const ICONS = {
    chat: "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zm8.9 8.9 2.3-6.1-6.1 2.3-2.3 6.1zM12 9.9a1.1 1.1 0 1 1-2.2 0 1.1 1.1 0 0 1 2.2 0z",
    close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.400L12 13.4 6.4 19 5 17.6 10.6 12 5 6.4z",
    menu: "M12 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm0 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm0 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
    send: "M3 3.5 22 12 3 20.500V14l11-2-11-2z",
    human: "M12 3a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zm0 10.5c5 0 9 2.5 9 5.5v2H3v-2c0-3 4-5.5 9-5.5z",
    down: "M11 4h2v11l5-5 1.4 1.400L12 19l-7.4-7.600L6 10l5 5z",
    calendar: "M7 2h2v2h6V2h2v2h4v18H3V4h4zm12 8H5v10h14z",
    globe: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zM8.300 13H4.100a8 8 0 0 0 5.400 6.600A16 16 0 0 1 8.300 13zm5.400 0h-3.400c.2 3 1 5.300 1.700 6.600.7-1.300 1.500-3.600 1.700-6.600zm6.200 0h-4.200a16 16 0 0 1-1.200 6.600A8 8 0 0 0 19.900 13zM9.500 4.400A8 8 0 0 0 4.100 11h4.200a16 16 0 0 1 1.200-6.600zm2.500 0c-.7 1.300-1.500 3.600-1.700 6.600h3.400c-.2-3-1-5.300-1.700-6.600zm2.500 0A16 16 0 0 1 15.700 11h4.200a8 8 0 0 0-5.400-6.600z",
    easy: "M2 4.500h7a3.500 3.500 0 0 1 3 1.700 3.500 3.500 0 0 1 3-1.700h7V19h-7a3 3 0 0 0-3 2 3 3 0 0 0-3-2H2zm2 2V17h5c.7 0 1.400.2 2 .500V8.500a2 2 0 0 0-2-2zm16 0h-5a2 2 0 0 0-2 2v9c.6-.3 1.300-.5 2-.5h5zm-1.200 2.600-3 3.600-1.600-1.600-1 1.100 2.700 2.600 4-4.800z",
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
  color: var(--ink); text-align: start; }
@supports (font-size: max(1rem, 16px)) { .frame { font-size: max(1rem, 16px); } }
button, textarea { font: inherit; color: inherit; margin: 0; letter-spacing: inherit; }
button { cursor: pointer; }
button:disabled { cursor: default; }
a { color: var(--link); text-underline-offset: .15em; }
:focus { outline: none; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
svg { width: 1.5em; height: 1.5em; fill: currentColor; flex: none; display: block; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip: rect(0 0 0 0); white-space: nowrap; }

/* The launcher and the panel stand where the page leaves room for them, in every language. */
.launcher { position: fixed; z-index: 2147483000; right: 1em; bottom: 1em; display: flex; align-items: center;
  max-width: calc(100vw - 2em);
  padding-block: .75em; padding-inline: .95em 1.15em; border: 2px solid var(--paper); border-radius: 2em; background: var(--accent);
  color: var(--on-accent);
  font-weight: 600; box-shadow: 0 .25em 1em rgba(0, 20, 30, .3); text-align: start; line-height: 1.25; }
.launcher svg { margin-inline-end: .55em; }
.loading { visibility: hidden; }
.launcher:hover { text-decoration: underline; }
.badge { margin-inline-start: .6em; padding: .1em .6em; border-radius: 1em; background: var(--on-accent);
  color: var(--accent); font-size: .875em; }

.panel { position: fixed; z-index: 2147483000; right: 1em; bottom: 1em; width: 25.5em;
  max-width: calc(100vw - 2em); height: 42em;
  max-height: calc(100vh - 2em); display: flex; flex-direction: column; overflow: hidden;
  border: 1px solid var(--edge); border-radius: 1em;
  background: var(--paper); box-shadow: 0 .75em 3em rgba(0, 20, 30, .35); overscroll-behavior: contain; }
.panel:focus-visible { outline-offset: -3px; }
.head { display: flex; align-items: center; flex: none; padding-block: .6em; padding-inline: 1em .5em; background: var(--accent);
  color: var(--on-accent); }
.head > svg { width: 2em; height: 2em; margin-inline-end: .65em; }
.head > div { flex: 1 1 auto; min-width: 0; }
h2 { margin: 0; font-size: 1.125em; line-height: 1.25; font-weight: 700; }
.head p, .head h2 { overflow-wrap: break-word; overflow-wrap: anywhere; }
.head p { margin: 0; font-size: .875em; line-height: 1.3; }
.tool { display: flex; flex: none; align-items: center; justify-content: center; width: 2.75em; height: 2.75em;
  border: 2px solid transparent;
  border-radius: .6em; background: none; color: inherit; }
.tool:hover { border-color: currentColor; }
.head :focus-visible { outline-color: var(--on-accent); outline-offset: -4px; }

.menu { position: absolute; z-index: 3; top: 3.9em; inset-inline-end: .5em; width: 19em; max-width: calc(100% - 1em);
  max-height: calc(100% - 4.5em);
  overflow: auto; margin: 0; padding: .35em; list-style: none; background: var(--paper);
  border: 1px solid var(--edge); border-radius: .75em;
  box-shadow: 0 .5em 1.5em rgba(0, 20, 30, .3); }
.menu > li > button { display: block; width: 100%; padding: .6em .75em; border: 0; border-radius: .5em;
  background: none; text-align: start; }
.menu > li > button:hover, .scale button:hover { background: var(--soft); }
.languages { width: auto; min-width: 13em; }
.menu.languages button { display: flex; align-items: center; min-height: 2.75em; }
.languages button::before { content: ""; flex: none; width: 1.4em; }
.languages [aria-current]::before { content: "✓"; }
.languages [aria-current] { font-weight: 700; }
.languages svg, .tongues svg { width: 1.25em; height: 1.25em; margin-inline-end: .4em; }
.tongues { display: flex; flex-wrap: wrap; margin: 0 0 .5em; padding: 0; list-style: none; }
.tongues button { margin-block: 0 .35em; margin-inline: 0 .35em; display: flex; align-items: center; min-height: 2.75em; padding: .3em .7em;
  border: 1px solid var(--edge); border-radius: .6em; background: none; color: var(--link); }
.tongues [aria-current] { display: none; }
.tongues button:hover { background: var(--soft); }
.scale { display: flex; align-items: center; flex-wrap: wrap; padding-block: .25em; padding-inline: .75em .25em;
  border-top: 1px solid var(--line); margin-top: .25em; }
.scale span { flex: 1 1 auto; margin-inline-end: .5em; }
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
  border-radius: 1em; border-start-start-radius: .25em; background: var(--soft); }
.citizen { text-align: end; }
.citizen .bubble { max-width: 88%; border-radius: 1em; border-start-end-radius: .25em; background: var(--accent);
  color: var(--on-accent); text-align: start; white-space: pre-wrap; }
.citizen.unsent .bubble { background: var(--paper); color: var(--ink); border: 1px dashed var(--edge); }
.delivery:empty { display: none; }
.delivery { margin: .2em 0 0; font-size: .8125em; color: var(--quiet); }
.caseworker .bubble { background: var(--good-soft); border-color: var(--edge); }
.system .bubble { background: none; border-color: var(--line); border-radius: .6em; color: var(--quiet);
  font-size: .9375em; }
.bubble p, .bubble ul, .bubble ol { margin: 0 0 .55em; }
.bubble ul, .bubble ol { padding-inline-start: 1.35em; }
.bubble li { margin: .15em 0; }
.body + .body { margin-top: .55em; }
.bubble > :last-child, .body > :last-child { margin-bottom: 0; }
.crisis .bubble { display: block; background: var(--alarm-soft); border: 2px solid var(--alarm);
  border-radius: .6em; }
.crisis h3, .card h3 { margin: 0 0 .35em; font-size: 1em; font-weight: 700; }
.crisis h3 { color: var(--alarm); font-size: 1.125em; }
.body a[href^="tel:"], bdi[dir=ltr] { white-space: nowrap; }
.crisis .body a[href^="tel:"] { font-weight: 700; }

.card { margin: .5em 0 0; padding: .75em .85em; border: 1px solid var(--edge);
  border-inline-start: .4em solid var(--accent); border-radius: .5em; background: var(--paper); }
.card dl { margin: 0; }
.card dl > div { margin: 0 0 .3em; }
.card dt { font-size: .8125em; color: var(--quiet); }
.card dd { margin: 0; font-weight: 600; }
.number { font: 700 1.375em/1.3 ui-monospace, Consolas, "Liberation Mono", monospace; letter-spacing: .04em;
  -webkit-hyphens: none; hyphens: none; }
.actions { margin: .35em 0 0; }
.actions a { display: inline-flex; align-items: center; margin-block: .35em 0; margin-inline: 0 .5em; padding: .45em .8em;
  min-height: 2.75em; border: 1px solid var(--edge);
  border-radius: .5em; background: var(--paper); color: var(--link); font-weight: 600; text-decoration: none; }
.actions a:hover { text-decoration: underline; }
.actions svg { width: 1.125em; height: 1.125em; margin-inline-end: .45em; }

details { margin: .45em 0 0; font-size: .9375em; }
summary { width: -moz-fit-content; width: fit-content; padding-block: .3em; padding-inline: 0 .5em; color: var(--link);
  cursor: pointer; list-style-position: inside; }
summary span { text-decoration: underline; text-underline-offset: .15em; }
.links { margin: .4em 0; padding: 0; list-style: none; }
.links li { margin: 0 0 .3em; }
.sources { margin: .2em 0 0; padding: 0; list-style: none; }
.sources li { margin: 0 0 .4em; padding-inline-start: .65em; border-inline-start: 3px solid var(--line); }
.sources b { display: block; }
.sources small { display: block; font-size: .875em; color: var(--quiet); }

.choices { margin: .45em 0 0; padding: 0; list-style: none; }
.choices li { display: inline-block; max-width: 100%; margin-block: .35em 0; margin-inline: 0 .4em; vertical-align: top; }
.choices button { max-width: 100%; min-height: 2.75em; padding: .45em .95em; border: 1.5px solid var(--accent);
  border-radius: 1.4em; background: var(--paper);
  color: var(--link); font-weight: 600; text-align: start; line-height: 1.3; }
.choices button:hover:enabled { background: var(--accent); color: var(--on-accent); }
.choices button:disabled { border-color: var(--line); color: var(--quiet); font-weight: 400; }
.choices button.chosen { border-color: var(--edge); color: var(--ink); font-weight: 600; }
.choices button.chosen::before { content: "✓ "; }
.feedback { margin: .35em 0 0; font-size: .875em; color: var(--quiet); }
.feedback button { margin-block: .25em 0; margin-inline: .35em 0; padding: .3em .7em; min-height: 2.25em; border: 1px solid var(--edge);
  border-radius: .5em; background: none; color: var(--ink); }
.feedback button:hover:enabled { background: var(--soft); }

.typing { display: inline-block; padding: .6em .85em; border-radius: 1em; border-start-start-radius: .25em; background: var(--soft);
  color: var(--quiet); font-size: .875em; }
.typing i { display: inline-block; width: .4em; height: .4em; margin-inline-start: .3em; border-radius: 50%;
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
.newer svg { width: 1.125em; height: 1.125em; margin-inline-end: .35em; }
.banner, .notice { padding: .5em 1em; font-size: .9375em; border-bottom: 1px solid var(--line); }
.banner.waiting { background: var(--wait-soft); }
.banner.human { background: var(--good-soft); }
.notice { background: var(--alarm-soft); }
.notice.quiet { background: var(--good-soft); }
.banner p, .notice p { margin: 0; }
.plain { display: inline-block; margin-block: .3em .1em; margin-inline: 0 .5em; padding: .35em .75em; min-height: 2.25em;
  border: 1px solid var(--edge); border-radius: .5em; background: var(--paper); color: var(--ink);
  font-weight: 600; }
.plain:hover { background: var(--soft); }
.plain.danger { background: var(--alarm); color: var(--paper); border-color: var(--alarm); }
.question { padding: .85em 1em; }
.question p { margin: 0 0 .5em; }
form { display: flex; align-items: flex-end; margin: 0; padding-block: .65em; padding-inline: 1em .65em; }
textarea { flex: 1 1 auto; width: 1%; min-height: 2.75em; max-height: 9em; padding: .55em .75em;
  border: 1.5px solid var(--edge); border-radius: .75em;
  background: var(--paper); color: var(--ink); line-height: 1.4; resize: none; overflow-y: auto; }
textarea::placeholder { color: var(--quiet); opacity: 1; }
textarea:focus { border-color: var(--accent); outline: 2px solid var(--accent); outline-offset: 0; }
textarea[aria-invalid="true"] { border-color: var(--alarm); outline-color: var(--alarm); }
.send { display: flex; flex: none; align-items: center; justify-content: center; width: 2.75em; height: 2.75em;
  margin-inline-start: .5em; border: 2px solid transparent; border-radius: .75em;
  background: var(--accent); color: var(--on-accent); }
[dir=rtl] .send svg { transform: scaleX(-1); }
.send:disabled { background: var(--soft); color: var(--quiet); }
.counter { margin: 0; padding: 0 1em; font-size: .8125em; color: var(--quiet); }
.counter.over { color: var(--alarm); font-weight: 600; }
.person { display: flex; align-items: center; margin: -.3em .5em .4em; padding: .4em .5em; min-height: 2.5em;
  border: 0; border-radius: .5em; background: none; color: var(--link);
  font-size: .9375em; text-align: start; text-decoration: underline; text-underline-offset: .15em; }
.person svg { width: 1.125em; height: 1.125em; margin-inline-end: .45em; }

.panel.whole { top: 0; right: 0; bottom: auto; left: 0; width: auto; max-width: none; height: 100vh;
  max-height: none; border: 0; border-radius: 0; }
@supports (height: 100dvh) { .panel.whole { height: 100dvh; } }
.panel.low { overflow-y: auto; }
.panel.low .log { flex: 1 0 auto; overflow: visible; }
.panel.low .foot { position: sticky; bottom: 0; }
.panel.narrow .citizen .bubble { max-width: 100%; }
.panel.narrow .head { padding-inline-start: .65em; }
.panel.narrow .head > svg { display: none; }
.panel.narrow .log { padding-inline: .65em; }
.panel.narrow form { padding-inline-start: .65em; }
@media (prefers-reduced-motion: reduce) { .typing i { animation: none; opacity: .7; } }
@media (forced-colors: active) { .bubble, .card, .send, .head, .banner, .notice, .typing {
  border: 1px solid CanvasText; }
  .choices button:disabled, .send:disabled { color: GrayText; border-color: GrayText; } .typing i {
  background: CanvasText; } }
@media print { .frame { display: none; } }
`;

  // ---------------------------------------------------------------- DOM

  const LABELS = new Map([
    ["text", (node, label) => (node.textContent = label)],
    ...["aria-label", "title", "placeholder"].map((name) => [name, (node, label) => node.setAttribute(name, label)]),
  ]);
  const labelled = new WeakMap(); // node → [[set, words → label], …]

  /**
   * One element: el("p", { class: "who", text: "Lotse" }, child, …). Functions become listeners; those for what people
   * read, text: (words) => words.close, are called by `dress` whenever the language changes.
   */
  function el(name, properties, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(properties || {})) {
      if (value === null || value === undefined || value === false) continue;
      const set = LABELS.get(key);
      if (set && typeof value === "function") labelled.set(node, (labelled.get(node) || []).concat([[set, value]]));
      else if (typeof value === "function") node.addEventListener(key, value);
      else if (key === "text") node.textContent = value;
      else if (key === "class") node.className = value;
      else node.setAttribute(key, value === true ? "" : String(value));
    }
    for (const child of children) if (child) node.append(child);
    return node;
  }

  /** Puts the words into a node and all in it. */
  function dress(root, words) {
    for (const node of [root, ...root.querySelectorAll("*")])
      for (const [set, label] of labelled.get(node) || []) set(node, label(words));
    return root;
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

  // In Arabic the groups of "116 016" and the parts of "§ 22 Abs. 1 SGB II" would change places.
  const KEPT_TOGETHER =
    /§§? ?\d+\w?(?: (?:Abs|Nr|Satz)\.? ?\d+\w?)*(?: [A-Z][A-Za-z]+(?: [IVX]+)?)?|\b[MR]-\d{4}-[A-Z\d]+|\+?\b\d{1,9}(?:[ \/-]{1,3}\d{1,9}){1,7}(?![.:,]?\d)/;

  function telephone(number) {
    return el("a", { href: "tel:" + number.replace(/[^\d+]/g, ""), dir: "ltr", text: number });
  }

  const ARABIC = /[\u0600-\u06ff]/g;
  const CYRILLIC = /[\u0400-\u04ff]/g;
  const SCRIPTS = { ar: ARABIC, uk: CYRILLIC, ru: CYRILLIC };

  /** How a paragraph runs: by most of its letters, for a name in front says nothing ("Lotse برنامج حاسوب"). */
  function direction(text) {
    const arabic = (text.match(ARABIC) || []).length;
    const others = (text.match(/[a-zäöüß\u0400-\u04ff]/gi) || []).length;
    return arabic || others ? (arabic * 2 > others ? "rtl" : "ltr") : null;
  }

  /** The language of words that stand among others of `language`: names and rules stay German in every chat. */
  function tongue(text, language) {
    const script = SCRIPTS[language];
    return language === EASY || (script && /[a-z]/i.test(text) && text.search(script) < 0) ? "de" : language;
  }

  /** Text as it was typed, its numbers kept together. */
  function typed(target, text) {
    for (const [at, piece] of text.split(new RegExp("(" + KEPT_TOGETHER.source + ")")).entries())
      target.append(at % 2 ? el("bdi", { dir: "ltr", text: piece }) : piece);
    return target;
  }

  /** Words that may be German in the chat of another language: read by the right voice, moved by no neighbour. */
  function aside(text, language) {
    return el("bdi", { lang: tongue(text, language), text });
  }

  /** Bold, links, addresses and telephone numbers of one line as nodes. */
  function inline(target, text, options) {
    const pattern = new RegExp(
      [
        INLINE.source,
        "(" + PHONE.source + (options.emergency ? "|" + SHORT_PHONE.source : "") + ")",
        "(" + KEPT_TOGETHER.source + ")",
      ].join("|"),
      "g",
    );
    let from = 0;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      target.append(text.slice(from, match.index));
      from = match.index + match[0].length;
      const [whole, bold, label, address, url, mail, phone, together] = match;
      if (bold) target.append(inline(el("strong"), bold, options));
      else if (phone) target.append(telephone(phone));
      else if (together) target.append(el("bdi", { dir: "ltr", text: together }));
      else {
        const href = safeUrl(mail ? "mailto:" + mail : address || url, options.base);
        const outside = href && /^http/.test(href);
        target.append(
          href
            ? el("a", {
                href,
                dir: label ? "auto" : "ltr",
                text: label || url || mail,
                target: outside && "_blank",
                rel: outside && "noopener",
              })
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
    for (const part of body.children) {
      const way = direction(part.textContent);
      if (way) part.dir = way;
      part.lang = tongue(part.textContent, options.language);
    }
    return body;
  }

  function formatted(value, words, options) {
    const date = new Date(value);
    return isNaN(date)
      ? ""
      : new Intl.DateTimeFormat(words.locale, Object.assign({ timeZone: "Europe/Berlin" }, options)).format(date);
  }
  const clock = (value, words) => formatted(value, words, { hour: "2-digit", minute: "2-digit" });
  const day = (value, words) => formatted(value, words, { day: "2-digit", month: "2-digit", year: "numeric" });
  const longDay = (value, words) =>
    formatted(value, words, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

  // ---------------------------------------------------------------- languages

  const known = (language) => Object.prototype.hasOwnProperty.call(LANGUAGES, language || "");

  /** The code of ours for "uk", "uk-UA" or "UK"; nothing for a language that is not here. */
  function ours(language) {
    const code = String(language || "").toLowerCase();
    return [code, code.split("-")[0]].find(known);
  }

  const loading = {}; // language → promise of its words
  let attempts = 0;

  const completed = (language, words) =>
    Object.assign({ locale: LOCALES[language] || language }, GERMAN, words, { language });

  /** The widget's own words in a language; German ones where they can not be loaded now. */
  function wordsOf(language) {
    if (language === "de") return Promise.resolve(completed("de"));
    if (!loading[language]) {
      const address = new URL("widget/" + language + ".js", SCRIPT_URL);
      address.search = "?v=" + (VERSIONS[language] || "") + (attempts ? "&again=" + attempts : "");
      loading[language] = import(address.href).then(
        (module) => completed(language, module.default),
        () => {
          attempts += 1; // a browser remembers an address that failed
          delete loading[language];
          return Object.assign(completed("de"), { missing: true });
        },
      );
    }
    return loading[language];
  }

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
   * Knows nothing of the page; reports through `on`: messages, sent, refused, state, typing, connection, renewed,
   * language.
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
            this.heedLanguage(answer);
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
      this.heedLanguage(answer);
      this.on.messages(answer.messages || [], { transcript: true, restored });
      this.enter(answer.state);
    }

    /** The api may have noticed another language; not while one that was chosen here is still on its way. */
    heedLanguage(answer) {
      if (known(answer.language) && !this.stored.pending.some((entry) => entry.language))
        this.on.language(answer.language);
    }

    /** Tells the api which language is wanted, where no message does: while a person holds the conversation. */
    tellLanguage(language) {
      return this.request("PUT", this.path("/language"), { body: { language } });
    }

    /**
     * Takes an entry {key, text} or {key, payload, title}, with `language` where it chooses one; it stays in storage
     * until the api has it.
     */
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
        if (entry.language) await this.untilAnswered(() => this.tellLanguage(entry.language));
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
      this.heedLanguage(answer);
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

    /** Services and sites of the tenant, read once for each language. */
    offers() {
      const { tenant, language } = this.settings;
      if (!this.offered || this.offered.language !== language) {
        const query = "?tenant=" + encodeURIComponent(tenant) + "&language=" + language;
        const offered = Promise.all(["/services", "/sites"].map((path) => this.request("GET", path + query))).then(
          ([services, sites]) => ({ services, sites }),
        );
        offered.language = language;
        offered.catch(() => (this.offered = null));
        this.offered = offered;
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
      return ["open", "language"];
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
      if (!this.panel) return;
      if (name === "language") this.pageChose(ours(after) || "de");
      else if ((before === null) !== (after === null)) this.reveal(after !== null);
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
      const api = (this.getAttribute("api") || SCRIPT_ORIGIN).replace(/\/+$/, "");
      this.words = completed("de");
      this.settings = { tenant: this.getAttribute("tenant") || "", api, language: "de" };
      this.conversation = new Conversation(this.settings, {
        messages: (messages, context) => this.receive(messages, context),
        sent: (entry) => this.markSent(entry),
        refused: (entry, detail) => this.refuse(entry, detail),
        state: (state, before, data) => this.showState(state, before, data),
        typing: (role, active, name) => this.showPersonTyping(role, active, name),
        connection: (kind, seconds, detail) => this.showConnection(kind, seconds, detail),
        renewed: () => this.restartView((w) => w.gone),
        language: (language) => this.heed(language),
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
      root.append((this.frame = this.buildFrame()));
      this.input.value = this.conversation.stored.draft || "";
      this.wear(this.words);
      const language = ours(this.conversation.stored.language || this.getAttribute("language")) || "de";
      if (language === "de") return;
      this.frame.classList.add("loading"); // no German for a moment, unless it takes long
      setTimeout(() => this.frame.classList.remove("loading"), LOADING_AT_MOST);
      this.speak(language);
    }

    // ------------------------------------------------ language

    /** Changes the language of the widget's own words; what was said stays as it was said. */
    async speak(language) {
      this.settings.language = language;
      const words = await wordsOf(language);
      if (language !== this.settings.language) return; // another one was chosen meanwhile
      this.wear(words);
      this.frame.classList.remove("loading");
    }

    /** Puts these words everywhere. Nodes stay: nothing that was read, written, opened or focused is lost. */
    wear(words) {
      this.words = words;
      this.frame.lang = tongue("", words.language);
      this.frame.dir = words.dir;
      dress(this.frame, words);
      for (const button of this.shadowRoot.querySelectorAll("[data-language]")) {
        const current = button.dataset.language === this.settings.language;
        if (current) button.setAttribute("aria-current", "true");
        else button.removeAttribute("aria-current");
      }
      this.scale(this.conversation.stored.scale || 1);
    }

    /** The citizen's choice. It holds for this session, and the dialogue says in that language that it has changed. */
    chooseLanguage(language, focus) {
      const same = language === this.settings.language; // it holds from now on, whatever is written
      this.conversation.keep({ language });
      this.speak(language);
      const { stored, starting, state } = this.conversation;
      if (!stored.id && !starting) this.begin();
      else if (same || state === "human") {
        const tell = () => this.conversation.tellLanguage(language);
        this.conversation
          .start()
          .then(tell)
          .catch(() => undefined);
      } else if (state !== "closed" && !this.ended) {
        const payload = "/change_language" + JSON.stringify({ language });
        const node = this.dispatch({ key: uuid(), payload, title: LANGUAGES[language], language });
        if (!focus) this.readOnFrom(node);
      }
      if (focus) focus.focus();
    }

    /** The language that the api writes in. */
    heed(language) {
      if (language === this.settings.language) return;
      this.conversation.keep({ language });
      this.speak(language);
    }

    /** The page asks for a language; what the citizen has chosen goes before it. */
    pageChose(language) {
      if (this.conversation.stored.language || language === this.settings.language) return;
      this.speak(language);
      if (this.conversation.stored.id) this.conversation.tellLanguage(language).catch(() => undefined);
    }

    /** All languages by their own names, as buttons. */
    buildLanguages(properties, choose) {
      const list = el("ul", properties);
      for (const [language, name] of Object.entries(LANGUAGES))
        list.append(
          el(
            "li",
            null,
            el(
              "button",
              { type: "button", lang: tongue("", language), "data-language": language, click: () => choose(language) },
              language === EASY && icon("easy"),
              el("bdi", { text: name }),
            ),
          ),
        );
      return list;
    }

    /** Who has said nothing yet sees all languages above the greeting; later they are in the head. */
    offerLanguages() {
      this.tongues.hidden = this.record.some((message) => message.role === "citizen");
    }

    buildFrame() {
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
        el("span", { text: (w) => (this.inPagesLanguage() && this.getAttribute("label")) || w.launcher }),
        (this.badge = el("span", { class: "badge", hidden: true })),
      );

      this.menuButton = el(
        "button",
        {
          class: "tool",
          type: "button",
          "aria-label": (w) => w.menu,
          title: (w) => w.menu,
          "aria-expanded": "false",
          "aria-controls": "menu",
          click: () => this.toggle(this.menu),
        },
        icon("menu"),
      );
      // "Language" beside it for who can not read the words that are there now
      const chooseLanguage = (w) => w.languages + (w.language === "en" ? "" : " (Language)");
      this.languagesButton = el(
        "button",
        {
          class: "tool",
          type: "button",
          "aria-label": chooseLanguage,
          title: chooseLanguage,
          "aria-expanded": "false",
          "aria-controls": "languages",
          click: () => {
            this.toggle(this.languages);
            if (!this.languages.hidden) this.languages.querySelector("[aria-current]").focus();
          },
        },
        icon("globe"),
      );
      const header = el(
        "div",
        { class: "head" },
        icon("chat"),
        el(
          "div",
          null,
          el("h2", { id: "title", text: (w) => w.title }),
          el("p", { id: "machine", text: (w) => w.machine }),
        ),
        this.languagesButton,
        this.menuButton,
        el(
          "button",
          {
            class: "tool",
            type: "button",
            "aria-label": (w) => w.close,
            title: (w) => w.close,
            click: () => this.hide(),
          },
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
              this.toggle(null);
              act();
            },
          }),
        );
      this.scaleValue = el("span");
      this.scaleDown = el("button", {
        type: "button",
        "aria-label": (w) => w.smaller,
        text: "A−",
        click: () => this.stepScale(-1),
      });
      this.scaleUp = el("button", {
        type: "button",
        "aria-label": (w) => w.larger,
        text: "A+",
        click: () => this.stepScale(1),
      });
      this.menu = el(
        "ul",
        { class: "menu", id: "menu", hidden: true },
        entry(
          (w) => w.restart,
          () => this.askRestart(),
        ),
        entry(
          (w) => w.save,
          () => this.saveTranscript(),
        ),
        entry(
          (w) => w.erase,
          () => this.askErase(),
        ),
        el("li", { class: "scale" }, this.scaleValue, this.scaleDown, this.scaleUp),
      );
      this.languages = this.buildLanguages(
        {
          class: "menu languages",
          id: "languages",
          "aria-label": (w) => w.languages,
          hidden: true,
          keydown: (event) => this.onLanguagesKey(event),
        },
        (language) => {
          this.toggle(null);
          this.chooseLanguage(language, this.languagesButton);
        },
      );
      this.popups = [
        [this.menu, this.menuButton],
        [this.languages, this.languagesButton],
      ];

      this.log = el("div", {
        class: "log",
        role: "log",
        "aria-live": "polite",
        "aria-relevant": "additions",
        "aria-label": (w) => w.log,
        tabindex: "0",
        scroll: () => this.noteScroll(),
      });
      this.tongues = this.buildLanguages({ class: "tongues", "aria-label": (w) => w.languages }, (language) =>
        this.chooseLanguage(language),
      );
      this.log.append(this.buildPrivacy(), this.tongues);
      this.typingRow = el("div", { class: "message", "aria-hidden": "true", hidden: true });
      this.log.append(this.typingRow);

      this.newer = el(
        "button",
        { class: "newer", type: "button", hidden: true, click: () => this.toNewest() },
        icon("down"),
        el("span", { text: (w) => w.newer }),
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
        placeholder: (w) => w.placeholder,
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
        { class: "send", type: "submit", "aria-label": (w) => w.send, title: (w) => w.send },
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
        el("label", { class: "unseen", for: "input", text: (w) => w.input }),
        this.input,
        this.sendButton,
      );
      this.person = el(
        "button",
        { class: "person", type: "button", click: () => this.choose(TALK_TO_HUMAN, this.words.human) },
        icon("human"),
        el("span", { text: (w) => w.human }),
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
          "aria-label": (w) => w.dialog,
          "aria-describedby": "machine",
          tabindex: "-1",
          hidden: true,
          keydown: (event) => this.onKey(event),
          focusin: () => this.begin(),
          pointerdown: (event) => this.closePopupsOutside(event),
        },
        header,
        this.languages,
        this.menu,
        this.log,
        foot,
      );
      this.hail = el("p", { class: "unseen", role: "status" });
      return el("div", { class: "frame" }, this.launcher, this.hail, this.panel);
    }

    inPagesLanguage() {
      return this.words.language === (ours(this.getAttribute("language")) || "de");
    }

    newTab() {
      return el("span", { class: "unseen", text: (w) => " (" + w.newTab + ")" });
    }

    buildPrivacy() {
      const href = safeUrl(this.getAttribute("privacy") || "/datenschutz", this.settings.api);
      return el(
        "p",
        { class: "privacy" },
        el("span", { text: (w) => w.privacy + " " }),
        el(
          "a",
          { href, target: "_blank", rel: "noopener" },
          el("span", { text: (w) => w.privacyLink }),
          this.newTab(),
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
            else if (failure.kind !== "left") this.say(failure.detail || ((w) => w.failed));
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
          this.say(failure.detail || ((w) => w.failed), { alarm: true, again: () => this.begin() });
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
        this.toggle(null);
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
      if (this.words.missing) this.speak(this.settings.language);
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
        const opened = this.popups.find(([popup]) => !popup.hidden);
        if (opened) {
          this.toggle(null);
          opened[1].focus();
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

    /** Opens this popup or, where it is open, closes it; all others close. */
    toggle(chosen) {
      for (const [popup, button] of this.popups) {
        popup.hidden = popup !== chosen || !popup.hidden;
        button.setAttribute("aria-expanded", String(!popup.hidden));
      }
    }

    closePopupsOutside(event) {
      if (!this.popups.some((pair) => pair.some((node) => node.contains(event.target)))) this.toggle(null);
    }

    /** Arrows go through the languages, and so does Tab. */
    onLanguagesKey(event) {
      const buttons = Array.from(this.languages.querySelectorAll("button"));
      const at = buttons.indexOf(this.shadowRoot.activeElement);
      const next = { ArrowDown: at + 1, ArrowUp: at - 1 + buttons.length, Home: 0, End: buttons.length - 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      buttons[next % buttons.length].focus();
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
      if (length) this.input.dir = "auto";
      else this.input.removeAttribute("dir"); // the example stands where the first letter will
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
      this.readOnFrom(this.dispatch({ key: uuid(), payload, title }));
    }

    /** The pressed button goes: reading goes on from here, the next Tab reaches the reply. */
    readOnFrom(node) {
      node.tabIndex = -1;
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
        el("span", { class: "unseen", text: (w) => w.you + ": " }),
        this.ownBubble(entry.title || entry.text),
        delivery,
      );
      dress(node, this.words);
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
      this.offerLanguages();
      own.timer = setTimeout(() => {
        if (!own.sent && !delivery.textContent) delivery.textContent = this.words.sending;
      }, 1500);
      return node;
    }

    ownBubble(text) {
      return typed(el("div", { class: "bubble", dir: "auto", lang: tongue(text, this.settings.language) }), text);
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
      this.say(detail || ((w) => w.failed), { alarm: true });
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
      dress(node, this.words);
      this.seen.set(message.id, node);
      this.log.insertBefore(node, before || this.typingRow);
      if (before) this.record.unshift(message);
      else this.record.push(message);
      this.offerLanguages();
      if (message.data && (message.kind === "handoff" || message.role === "caseworker"))
        this.handoff = Object.assign({}, this.handoff, message.data);
      return node;
    }

    ownMessage(message) {
      return el(
        "div",
        { class: "message citizen" },
        el("span", { class: "unseen", text: (w) => w.you + ": " }),
        this.ownBubble(this.ownText(message)),
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

    speaker(message, w, person) {
      if (message.role === "bot") return [w.bot, w.botKind];
      if (message.role === "caseworker")
        return [(message.data && message.data.name) || person || w.caseworker, w.caseworkerKind];
      return [w.system, ""];
    }

    otherMessage(message) {
      const language = this.languageOf(message);
      const person = this.personName(); // whoever holds the conversation later has not written this
      const who = (w) => {
        const [name, kind] = this.speaker(message, w, person);
        return [kind ? name + " (" + kind + ")" : name, clock(message.created_at, w)].filter(Boolean).join(" · ");
      };
      const bubble = el("div", { class: "bubble", dir: message.role === "caseworker" && "auto" });
      const node = el(
        "div",
        { class: "message " + [message.role, message.kind].filter((word) => /^[a-z_]+$/.test(word || "")).join(" ") },
        el("p", { class: message.role === "system" ? "unseen" : "who", text: who }),
        bubble,
      );
      if (message.kind === "crisis") bubble.append(el("h3", { text: (w) => w.crisis }));
      const options = {
        base: this.settings.api,
        emergency: ["crisis", "abstain"].includes(message.kind) || /Notruf|Gefahr/.test(message.text),
      };
      const germanFrom = message.data && message.data.german_from;
      const parts = String(message.text || "").split(/\n{2,}/);
      const german = germanFrom === undefined || germanFrom === null ? [] : parts.splice(germanFrom);
      for (const [some, tongue] of [
        [parts, language],
        [german, "de"],
      ])
        if (some.length)
          bubble.append(markdown(some.join("\n\n"), Object.assign({ language: tongue }, options)));
      if (message.kind === "appointment" && message.data) this.addAppointment(bubble, message.data);
      if (message.kind === "message_receipt") this.addReceipt(bubble, message);
      const links = (message.data && message.data.links) || [];
      if (links.length) bubble.append(this.links(links));
      if (message.citations && message.citations.length) bubble.append(this.sources(message.citations));
      if (message.choices && message.choices.length) node.append(this.choices(message.choices, language));
      if (message.kind === "answer" && message.role === "bot") node.append(this.feedbackRow(message));
      return node;
    }

    /** The language of a message: the api names it where it is not German. People in the office write German. */
    languageOf(message) {
      const named = message.data && message.data.language;
      if (named) return ours(named) || "de";
      const { language } = this.settings;
      return SCRIPTS[language] && String(message.text).search(SCRIPTS[language]) >= 0 ? language : "de";
    }

    /** Forms to fill in, films to watch, maps and pages of the municipality. */
    links(links) {
      const list = el("ul", { class: "links" });
      for (const link of links) {
        const href = safeUrl(link.url, this.settings.api);
        if (!href) continue;
        list.append(
          el(
            "li",
            null,
            ["form", "video", "map"].includes(link.kind) && el("span", { text: (w) => w[link.kind] + ": " }),
            el(
              "a",
              { href, target: "_blank", rel: "noopener" },
              aside(link.title, this.settings.language),
              this.newTab(),
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
        const label = el("b", { lang: "de" }, el("bdi", { dir: "ltr", text: citation.label }));
        const title = el("bdi", { lang: "de", text: citation.title });
        list.append(
          el(
            "li",
            null,
            href
              ? el(
                  "a",
                  { href, target: "_blank", rel: "noopener" },
                  label,
                  title,
                  this.newTab(),
                )
              : el("span", null, label, title),
            citation.as_of && el("small", { text: (w) => w.asOf(day(citation.as_of, w)) }),
          ),
        );
      }
      return el(
        "details",
        { toggle: () => this.noteScroll() },
        el("summary", null, el("span", { text: (w) => w.sources(citations.length) })),
        list,
      );
    }

    choices(choices, language) {
      const list = el("ul", { class: "choices" });
      for (const choice of choices) {
        const button = el("button", {
          type: "button",
          dir: "auto",
          lang: tongue(choice.title, language),
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
      const row = el("p", { class: "feedback" }, el("span", { text: (w) => w.helpful }));
      const vote = async (helpful) => {
        const buttons = Array.from(row.querySelectorAll("button"));
        for (const button of buttons) button.disabled = true;
        try {
          await this.conversation.feedback(message.id, helpful);
          const hadFocus = row.contains(this.shadowRoot.activeElement);
          row.textContent = "";
          row.append(dress(el("span", { text: (w) => w.thanks }), this.words));
          if (hadFocus || !this.shadowRoot.activeElement) {
            row.tabIndex = -1;
            row.focus({ preventScroll: true });
          }
        } catch (failure) {
          for (const button of buttons) button.disabled = false;
          this.say(failure.detail || ((w) => w.feedbackLost), { alarm: true });
        }
      };
      row.append(
        el("button", { type: "button", text: (w) => w.yes, click: () => vote(true) }),
        el("button", { type: "button", text: (w) => w.no, click: () => vote(false) }),
      );
      return row;
    }

    addAppointment(bubble, data) {
      const comma = (w) => (w.dir === "rtl" ? "، " : ", ");
      const when = (w) => {
        const [from, to] = [data.starts_at, data.ends_at].map((time) => clock(time, w));
        return [longDay(data.starts_at, w) + comma(w) + from, w.until, to, w.clock].filter(Boolean).join(" ");
      };
      const what = el("dd");
      const where = el("dd");
      const fill = (service, site) => {
        what.append(aside(service.name, this.settings.language));
        where.append(aside([site.name, site.address].filter(Boolean).join(", "), "de"));
      };
      const fact = (term, value) => el("div", null, el("dt", { text: term }), value);
      const calendar = data.ics_url && safeUrl(data.ics_url, this.settings.api);
      const manage = data.manage_url && safeUrl(data.manage_url, this.settings.api);
      bubble.append(
        el(
          "div",
          { class: "card" },
          el("h3", { text: (w) => w.appointment }),
          el(
            "dl",
            null,
            fact((w) => w.when, el("dd", { text: when })),
            fact((w) => w.what, what),
            fact((w) => w.where, where),
          ),
          el(
            "div",
            { class: "actions" },
            calendar &&
              el("a", { href: calendar, download: "" }, icon("calendar"), el("span", { text: (w) => w.calendar })),
            manage && el("a", { href: manage, target: "_blank", rel: "noopener", text: (w) => w.manage }),
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
            el("h3", { text: (w) => w.receipt }),
            el("div", { class: "number" }, el("bdi", { dir: "ltr", text: number })),
          ),
        );
    }

    countUnread(number) {
      this.unread += number;
      this.badge.hidden = false;
      this.badge.textContent = this.words.unread(this.unread);
      this.hail.textContent = this.words.title + ": " + this.badge.textContent;
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
      if (Object.keys(data).length) this.handoff = Object.assign({}, this.handoff, data);
      const handoff = this.handoff || {};
      const parts = [];
      if (state === "waiting") {
        const facts = (w) =>
          [
            w.waiting,
            handoff.position > 0 && w.position(handoff.position),
            handoff.estimated_wait_minutes > 0 && w.estimate(handoff.estimated_wait_minutes),
          ]
            .filter(Boolean)
            .join(" ");
        parts.push(
          el("p", { text: facts }),
          el("button", { class: "plain", type: "button", text: (w) => w.stopWaiting, click: () => this.withdraw() }),
        );
      } else if (state === "human") {
        const name = this.personName();
        parts.push(el("p", { text: (w) => w.withHuman(name || w.someone) }));
      } else if (state === "closed") {
        parts.push(
          el("p", { text: (w) => w.closed }),
          el("button", { class: "plain", type: "button", text: (w) => w.restart, click: () => this.restart() }),
        );
      } else if (before !== "bot" && before !== state) {
        parts.push(el("p", { text: (w) => w.backToBot }));
      }
      const changed = parts.map((part) => dress(part, this.words).textContent).join("") !== this.banner.textContent;
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
        if (failure.kind !== "left") this.say(failure.detail || ((w) => w.failed), { alarm: true });
      }
    }

    showConnection(kind, seconds, detail) {
      if (kind === "there") {
        if (this.trouble) this.say((w) => w.back, { passing: true });
        this.trouble = false;
        return;
      }
      this.trouble = true;
      this.stopWaiting();
      for (const own of this.local) {
        if (own.sent) continue;
        own.delivery.textContent = this.words.unsent;
        own.node.classList.add("unsent");
      }
      if (kind === "limited")
        this.say(
          (w) => w.slow(seconds <= 90 ? w.inSeconds(seconds) : w.atTime(clock(Date.now() + seconds * 1000, w))),
          { alarm: true },
        );
      else
        this.say(detail || ((w) => (kind === "lostLive" ? w.lostLive : w.lost)), {
          alarm: true,
          again: () => this.conversation.wake(),
        });
    }

    /** One line above the input: what went wrong, or that it is well again. */
    say(said, options) {
      const { alarm, again, passing } = options || {};
      const text = typeof said === "function" ? said(this.words) : said;
      const key = text + Boolean(again);
      if (key === this.said && !this.notice.hidden) return;
      this.said = key;
      clearTimeout(this.noticeEnd);
      this.notice.textContent = "";
      this.notice.hidden = !text;
      if (!text) return;
      this.notice.className = alarm ? "notice" : "notice quiet";
      this.notice.append(el("p", { dir: "auto", text: said }));
      if (again)
        this.notice.append(
          el("button", {
            class: "plain",
            type: "button",
            text: (w) => w.again,
            click: () => {
              this.say("");
              this.input.focus();
              again();
            },
          }),
        );
      dress(this.notice, this.words);
      if (this.follow && !this.panel.hidden) this.toNewest();
      if (passing) this.noticeEnd = setTimeout(() => this.say(""), 6000);
    }

    // ------------------------------------------------ menu

    ask(text, yes, act) {
      this.question.textContent = "";
      const cancel = el("button", {
        class: "plain",
        type: "button",
        text: (w) => w.cancel,
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
      dress(this.question, this.words);
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
      const erase = async () => {
        try {
          await this.conversation.erase();
          this.clearView();
          this.input.value = "";
          this.measure();
          this.end((w) => w.erased);
        } catch (failure) {
          this.say(failure.detail || ((w) => w.failed), { alarm: true });
        }
      };
      this.ask(
        (w) => w.eraseQuestion,
        (w) => w.eraseYes,
        erase,
      );
    }

    askRestart() {
      if (this.conversation.state === "bot" || this.conversation.state === "closed") this.restart();
      else {
        const { state } = this.conversation;
        this.ask(
          (w) => (state === "waiting" ? w.restartWaiting : w.restartHuman),
          (w) => w.restartYes,
          () => this.restart(),
        );
      }
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
        text: (w) => w.restart,
        click: () => this.restart(),
      });
      this.banner.append(el("p", { text }), again);
      dress(this.banner, this.words);
      again.focus();
    }

    clearView() {
      for (const node of Array.from(this.log.querySelectorAll(".message"))) if (node !== this.typingRow) node.remove();
      this.stopWaiting();
      for (const own of this.local) clearTimeout(own.timer);
      this.seen.clear();
      this.local = [];
      this.record = [];
      this.offerLanguages();
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
        w.fileHeading(this.settings.tenant, day(Date.now(), w) + ", " + (clock(Date.now(), w) + " " + w.clock).trim()),
        w.fileNote,
        "",
      ];
      for (const message of this.record) {
        const who = message.role === "citizen" ? w.you : this.speaker(message, w)[0];
        lines.push(
          "[" + clock(message.created_at, w) + "] " + who + ":",
          message.role === "citizen" ? this.ownText(message) : String(message.text || "").replace(/\*\*/g, ""),
        );
        for (const citation of message.citations || [])
          lines.push(
            "  – " +
              [citation.label, citation.title, citation.as_of && w.asOf(day(citation.as_of, w)), citation.url]
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
