// The telephone in the browser: a WebSocket that carries sound both ways, keys, and what is said as text.

"use strict";

const main = document.querySelector("main.phone");
const byId = (id) => document.getElementById(id);
const STATES = {
  ready: "Bereit",
  connecting: "Verbindet …",
  speaking: "Lotse spricht",
  listening: "Lotse hört zu",
  thinking: "Lotse denkt nach …",
  ended: "Gespräch beendet",
};
const SPEAKERS = { caller: "Sie", lotse: "Lotse", system: "Hinweis" };
const PROBLEMS = {
  1008: "Der Zugang ist abgelaufen. Bitte laden Sie die Seite neu.",
  1013: "Das Telefon ist gerade nicht erreichbar. Bitte versuchen Sie es in einer Minute noch einmal.",
  4401: "Der Zugang ist abgelaufen. Bitte laden Sie die Seite neu.",
  4429: "Alle Leitungen sind belegt. Bitte versuchen Sie es gleich noch einmal.",
};
const CUT = "Die Verbindung ist unterbrochen. Bitte rufen Sie noch einmal an.";
const OLD = "Dieser Browser kann nicht telefonieren. Bitte nehmen Sie einen neueren.";
const NO_MICROPHONE = {
  NotAllowedError: "Sie haben das Mikrofon nicht erlaubt. Sie können es im Browser freigeben. Oder hören Sie den Beispielanruf.",
  NotFoundError: "Ich finde kein Mikrofon an diesem Gerät. Sie können den Beispielanruf hören.",
  NotReadableError: "Das Mikrofon wird gerade von einem anderen Programm benutzt. Sie können den Beispielanruf hören.",
};
const FILTER_HZ = 3400; // the telephone's band; below half of 8 kHz
const KEYS = "0123456789*#";

let call = null; // the running call: {socket, context, stream, speaker, over}

// ---- what is shown

function showState(state) {
  const line = byId("state");
  const text = STATES[state];
  if (!text) return;
  line.dataset.state = state;
  if (line.textContent !== text) line.textContent = text;
}

function showProblem(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

function showRunning(running) {
  byId("call").hidden = running;
  byId("sample").hidden = running;
  byId("hangup").hidden = !running;
  for (const key of document.querySelectorAll(".key")) key.disabled = !running;
  if (!running) byId("level").value = 0;
}

function showLine({ role, text, final }) {
  if (!text) return;
  const list = byId("transcript");
  byId("empty").hidden = true;
  const open = list.querySelector("li.open");
  let line = open && open.dataset.role === role ? open : null;
  if (!line) {
    if (open) open.classList.remove("open");
    line = document.createElement("li");
    line.dataset.role = role;
    line.className = role;
    const speaker = document.createElement("b");
    speaker.textContent = SPEAKERS[role] || SPEAKERS.system;
    line.append(speaker, document.createElement("span"));
    list.append(line);
  }
  line.lastChild.textContent = text;
  line.classList.toggle("open", !final);
  byId("log").scrollTop = byId("log").scrollHeight;
}

function showOptions(options) {
  const hint = byId("options");
  hint.hidden = !options || !options.length;
  if (!hint.hidden) hint.textContent = "Sie können zum Beispiel sagen: " + options.slice(0, 5).join(" · ");
}

// ---- sound

async function openSound(withMicrophone) {
  const context = new AudioContext();
  try {
    await context.audioWorklet.addModule("/pages/phone-audio.js");
    await context.resume();
    const speaker = new AudioWorkletNode(context, "loudspeaker", { numberOfInputs: 0, outputChannelCount: [1] });
    speaker.connect(lowPass(context)).connect(context.destination);
    return { context, speaker, stream: withMicrophone ? await openMicrophone() : null };
  } catch (error) {
    context.close();
    throw error;
  }
}

function openMicrophone() {
  return navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
}

function lowPass(context) {
  return new BiquadFilterNode(context, { type: "lowpass", frequency: FILTER_HZ, Q: 0.7 });
}

// Two filters in a row (Butterworth of fourth order), so that little of what 8 kHz cannot hold folds back.
function listen({ context, stream }, onFrame) {
  const source = context.createMediaStreamSource(stream);
  const first = new BiquadFilterNode(context, { type: "lowpass", frequency: FILTER_HZ, Q: 0.54 });
  const second = new BiquadFilterNode(context, { type: "lowpass", frequency: FILTER_HZ, Q: 1.31 });
  const microphone = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0, channelCount: 1 });
  source.connect(first).connect(second).connect(microphone);
  microphone.port.onmessage = ({ data }) => onFrame(data);
}

// ---- a call

function address(sample) {
  const query = new URLSearchParams({ dialect: "browser", token: main.dataset.token, tenant: main.dataset.tenant });
  if (sample) query.set("sample", "1");
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/voice/stream?${query}`;
}

async function begin(sample) {
  if (call) return;
  showProblem("");
  if (!window.AudioWorkletNode || !window.WebSocket) return showProblem(OLD);
  if (!sample && !navigator.mediaDevices)
    return showProblem(
      window.isSecureContext
        ? NO_MICROPHONE.NotFoundError
        : "Das Mikrofon geht nur auf einer sicheren Seite (https). Sie können den Beispielanruf hören.",
    );
  const mine = (call = { over: false });
  byId("transcript").replaceChildren();
  showOptions([]);
  showRunning(true);
  showState("connecting");
  byId("hangup").focus();
  try {
    Object.assign(mine, await openSound(!sample));
  } catch (error) {
    finish(mine, NO_MICROPHONE[error.name] || "Der Ton lässt sich nicht öffnen. Bitte versuchen Sie es in einem anderen Browser.");
    return;
  }
  if (mine.over) return close(mine); // hung up while the browser asked for the microphone
  connect(mine, sample);
}

function connect(mine, sample) {
  const socket = (mine.socket = new WebSocket(address(sample)));
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    if (sample) socket.send(JSON.stringify({ type: "sample" }));
    else
      listen(mine, ({ frame, level }) => {
        byId("level").value = Math.min(1, level * 4);
        // A line that cannot keep up drops sound instead of lagging behind for ever.
        if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < 16_000) socket.send(frame);
      });
  };
  socket.onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer) mine.speaker.port.postMessage(data, [data]);
    else receive(mine, JSON.parse(data));
  };
  socket.onclose = ({ code }) => finish(mine, code === 1000 || mine.over ? "" : PROBLEMS[code] || CUT);
}

function receive(mine, event) {
  if (event.type === "flush") mine.speaker.port.postMessage("flush");
  else if (event.type === "transcript") showLine(event);
  else if (event.type === "expects") showOptions(event.options);
  else if (event.type === "state" && event.state !== "ended") showState(event.state);
  else if (event.type === "hangup") mine.over = true; // the socket closes when the last words were played
}

function press(key) {
  if (call && call.socket && call.socket.readyState === WebSocket.OPEN)
    call.socket.send(JSON.stringify({ type: "key", key }));
}

function hangUp() {
  if (!call) return;
  const mine = call;
  mine.over = true;
  if (mine.socket && mine.socket.readyState === WebSocket.OPEN) mine.socket.send(JSON.stringify({ type: "hangup" }));
  finish(mine, "");
}

function finish(mine, problem) {
  close(mine);
  if (call !== mine) return;
  call = null;
  const hadFocus = document.activeElement === byId("hangup");
  showRunning(false);
  showOptions([]);
  showState(mine.socket ? "ended" : "ready");
  showProblem(problem);
  if (hadFocus) byId("call").focus();
}

function close(mine) {
  mine.over = true;
  if (mine.stream) for (const track of mine.stream.getTracks()) track.stop();
  if (mine.socket && mine.socket.readyState < WebSocket.CLOSING) mine.socket.close(1000);
  // The last words may still lie in the buffer.
  if (mine.context) setTimeout(() => mine.context.state !== "closed" && mine.context.close(), 400);
}

// ---- start

byId("call").addEventListener("click", () => begin(false));
byId("sample").addEventListener("click", () => begin(true));
byId("hangup").addEventListener("click", hangUp);
for (const key of document.querySelectorAll(".key")) key.addEventListener("click", () => press(key.dataset.key));
addEventListener("keydown", (event) => {
  if (!call || event.ctrlKey || event.metaKey || event.altKey || !KEYS.includes(event.key)) return;
  press(event.key);
});
addEventListener("pagehide", hangUp);
