// The page: what is pressed goes to the modules, what they know goes to the screen.

import { SpeechClient } from "./client.js";
import { opusPlays } from "./decode.js";
import { feed } from "./feeder.js";
import { History, Waterfall, milliseconds } from "./panel.js";
import { Pass } from "./pass.js";
import { Player } from "./player.js";
import { Reading } from "./reading.js";
import { Remarks } from "./remarks.js";
import { SAMPLES } from "./samples.js";
import { Scope } from "./scope.js";
import { Speech } from "./speech.js";
import { Transcript } from "./transcript.js";
import { NOTHING_TO_SAY, NO_SOUND, RESTARTING, diagnose, explain } from "./troubles.js";
import { VoicePickers } from "./voices.js";

const SAMPLE_RATE = 48000;
const LEAD_S = 30; // what fits into it is sent at once, and the server's part of the latency told with it
const BASE = new URL(".", location.href);

const $ = (id) => document.getElementById(id);
const checked = (name) => document.querySelector(`input[name="${name}"]:checked`).value;

const pass = new Pass(BASE);
const client = new SpeechClient(BASE, () => pass.token);
const pickers = new VoicePickers($("language"), $("voice"), $("variant"), $("variant-field"));
const transcript = new Transcript($("transcript"));
const remarks = new Remarks($("remarks"));
const reading = new Reading($("reading"), stagesOf, () => $("text").value);
const scope = new Scope($("scope"));
const waterfall = new Waterfall($("waterfall"));
const history = new History($("history"), $("legend"));

let preparing = null; // the player, promised
let speech = null;
let stopFeeding = () => {};

// speaking

async function speak() {
  const text = $("text").value;
  if (!text.trim()) return complain(NOTHING_TO_SAY, $("text"));
  if (client.state !== "open") return $("key-form").hidden ? client.connect() : $("key").focus();
  const player = await sound().catch(() => null);
  if (!player) return complain(NO_SOUND);
  bargeIn();
  forgive();
  present(new Speech(client, player, options()), text);
  document.querySelector(".stage").scrollIntoView({ block: "nearest" });
  const current = speech;
  if (checked("arrival") === "whole") {
    write(current, text);
    current.finish();
  } else {
    stopFeeding = feed(text, Number($("rate").value), (token) => write(current, token), () => current.finish());
  }
}

/** The player, made at the first sign of a hand: browsers let no sound out before, and it takes a moment. */
async function sound() {
  preparing ??= Player.prepared(SAMPLE_RATE);
  try {
    const player = await preparing;
    await player.resume();
    return player;
  } catch (error) {
    preparing = null;
    throw error;
  }
}

function options() {
  const format = checked("format");
  return {
    voice: pickers.voiceId,
    speed: Number($("speed").value),
    sample_rate: SAMPLE_RATE,
    max_lead_s: LEAD_S,
    format,
    ...(format === "opus" ? { frame_ms: 20 } : {}),
  };
}

function write(current, text) {
  current.write(text);
  if (current === speech) transcript.write(text);
}

function bargeIn() {
  stopFeeding();
  speech?.interrupt();
}

function present(next, text) {
  speech = next;
  remarks.clear();
  transcript.clear(pickers.chosen?.language);
  $("interruption").hidden = true;
  next.addEventListener("words", ({ detail }) => next === speech && transcript.place(detail));
  next.addEventListener("warning", ({ detail }) => next === speech && remarks.add(detail));
  // not before: the first sound is measured here, and nothing shall get into its way
  next.addEventListener("arrived", async () => {
    const answer = await reading.ask(text);
    if (answer && next === speech) transcript.reveal(answer.markup);
  });
  next.addEventListener("measured", () => measured(next));
  next.addEventListener("change", () => next === speech && changed());
  next.addEventListener("failure", () => next === speech && failed());
  changed();
  requestAnimationFrame(follow);
}

function follow() {
  if (!speech) return;
  const { heard, line, audioMs, samples } = speech;
  if (speech.state !== "interrupted") transcript.light(heard);
  scope.draw(speech);
  const total = audioMs === null ? "" : ` of ${(audioMs / 1000).toFixed(1)}`;
  $("position").textContent = `${heard.toFixed(1)}${total} s`;
  $("buffered").textContent = speech.live ? `${Math.max(0, samples / SAMPLE_RATE - heard).toFixed(1)} s in hand` : "";
  $("underruns").textContent = line.underruns === 1 ? "1 underrun" : `${line.underruns} underruns`;
  if (speech.live || !line.silent) requestAnimationFrame(follow);
}

const SAID = { waiting: "Waiting for the first sound", speaking: "Speaking", done: "Done", interrupted: "Stopped" };

function changed() {
  $("barge").disabled = !speech.live;
  document.body.dataset.speech = speech.state;
  $("said").textContent = SAID[speech.state] ?? "";
  if (!speech.live) stopFeeding();
  if (speech.state === "done") transcript.finish();
  if (speech.interruption) showInterruption(speech.interruption);
}

function failed() {
  stopFeeding();
  complain(explain(speech.failure));
  if (speech.failure.code === "unknown_voice") loadVoices();
}

function showInterruption({ silentAfterMs, toldAfterMs, spoken, remaining }) {
  $("interruption").hidden = false;
  $("silent-after").textContent = milliseconds(silentAfterMs);
  $("told-after").textContent = milliseconds(toldAfterMs);
  $("heard-text").textContent = spoken || (spoken === null ? "…" : "nothing");
  $("unheard-text").textContent = remaining || (remaining === null ? "…" : "nothing");
  if (spoken !== null) transcript.split(spoken);
}

function measured({ latency, line, options: { format } }) {
  if (latency.firstByte === null) return;
  history.show(latency);
  $("history-note").textContent = `median ${milliseconds(history.median)} of ${history.length}`;
  if (latency !== speech.latency) return;
  waterfall.show(latency);
  $("headline").textContent = milliseconds(latency.played);
  $("first-byte").textContent = milliseconds(latency.firstByte);
  $("first-audible").textContent = milliseconds(latency.firstAudible);
  $("first-played").textContent = milliseconds(latency.played);
  const rtf = latency.server?.rtf;
  const speed = 1 / rtf;
  $("latency-note").textContent = rtf ? `${speed.toFixed(speed < 10 ? 1 : 0)} × as fast as speech` : "";
}

// how it is read

/** What the server makes of a text, in the voice that is chosen. */
async function stagesOf(text) {
  const body = JSON.stringify({ text, voice: pickers.voiceId });
  const answer = await ask("v1/text", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  return answer.ok ? answer.json() : null;
}

reading.addEventListener("answer", ({ detail }) => {
  if (speech?.live) return;
  remarks.clear();
  for (const warning of detail.warnings) remarks.add(warning);
});

// the connection

client.addEventListener("state", () => {
  const told = { connecting: "Connecting", stopped: "Not connected", open: `Connected · ${client.ready?.engine}` };
  $("connection").dataset.state = client.state;
  $("retry").hidden = client.state !== "waiting";
  $("connection-text").textContent = told[client.state] ?? "Offline";
  if (client.state === "open") onOpen();
  if (client.state === "waiting") countDown();
});

client.addEventListener("refused", async ({ detail }) => {
  const trouble = detail.code === 1012 ? RESTARTING : await diagnose(BASE, pass.token);
  if (client.state === "open") return;
  if (trouble.needsKey) askForKey();
  else complain({ ...trouble, passing: true });
});

client.addEventListener("unknown", askForKey);

client.addEventListener("notice", ({ detail }) => {
  if (detail.type === "warning") remarks.add(detail);
  else complain(explain(detail));
});

function ask(path, { headers = {}, ...request } = {}) {
  const token = pass.token ? { "X-API-Key": pass.token } : {};
  return fetch(new URL(path, BASE), { ...request, headers: { ...headers, ...token }, cache: "no-store" });
}

function countDown() {
  if (client.state !== "waiting") return;
  const seconds = Math.ceil((client.retryAt - performance.now()) / 1000);
  $("connection-text").textContent = seconds > 1 ? `Offline · next try in ${seconds} s` : "Offline · trying again";
  setTimeout(countDown, 500);
}

async function onOpen() {
  if ($("trouble").dataset.passing) forgive();
  if (speech?.failure?.code === "disconnected") complain(explain(speech.failure));
  $("key-form").hidden = true;
  await loadVoices();
  $("format-field").hidden = !((await opusPlays()) && (await client.supports("opus")));
}

async function loadVoices() {
  const answer = await ask("v1/voices");
  if (!answer.ok) return;
  const told = await answer.json();
  pickers.fill(told);
  reading.tags = told.tags;
  reading.refresh();
}

function askForKey() {
  client.disconnect();
  if (pass.token) complain({ title: "The key is no longer good.", advice: "Enter it again, or another one." });
  pass.forget();
  $("key-form").hidden = false;
  $("key").focus();
}

// troubles

function complain({ title, advice, passing = false }, focus = null) {
  if (passing) $("trouble").dataset.passing = "true";
  else delete $("trouble").dataset.passing;
  $("trouble-title").textContent = title;
  $("trouble-advice").textContent = advice;
  $("trouble").hidden = false;
  focus?.focus();
}

function forgive() {
  $("trouble").hidden = true;
}

// what is pressed

for (const sign of ["pointerdown", "keydown"]) {
  document.addEventListener(sign, () => sound().catch(() => {}), { once: true, capture: true });
}
$("speak").addEventListener("click", speak);
$("barge").addEventListener("click", bargeIn);
$("retry").addEventListener("click", () => client.connect());
$("trouble-close").addEventListener("click", forgive);
$("text").addEventListener("input", () => reading.touch());
for (const id of ["language", "voice"]) $(id).addEventListener("change", () => reading.touch());
$("speed").addEventListener("input", () => ($("speed-value").textContent = `${Number($("speed").value).toFixed(1)}×`));
$("rate").addEventListener("input", () => ($("rate-value").textContent = $("rate").value));
$("key-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const key = $("key").value;
  $("key").value = "";
  forgive();
  const trouble = await pass.obtain(key);
  if (trouble) complain(trouble, $("key"));
  else client.connect();
});
for (const radio of document.getElementsByName("arrival")) {
  radio.addEventListener("change", () => ($("rate-field").hidden = checked("arrival") !== "tokens"));
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && speech?.live) bargeIn();
  else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) speak();
  else return;
  event.preventDefault();
});

for (const { label, language, text } of SAMPLES) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "quiet", textContent: label, lang: language });
  button.addEventListener("click", () => {
    $("text").value = text;
    $("text").lang = language;
    pickers.speakLanguage(language);
    reading.touch();
  });
  $("samples").append(button);
}

$("text").value = SAMPLES[0].text;
$("by-hand").textContent = `npx wscat -c "${new URL("v1/tts/stream?audio=none", BASE).href.replace("http", "ws")}"`;
client.connect();

/** For tests and the curious: what the page knows, to be read and not to be changed. */
window.voiceDemo = Object.freeze({
  stats() {
    const line = speech?.line;
    return {
      connection: client.state,
      state: speech?.state ?? "idle",
      audioMs: speech?.audioMs ?? null,
      receivedMs: ((speech?.samples ?? 0) / SAMPLE_RATE) * 1000,
      playedMs: (line?.played ?? 0) * 1000,
      heardMs: (speech?.heard ?? 0) * 1000,
      underruns: line?.underruns ?? 0,
      energy: line?.energy ?? 0,
      crossings: line?.crossings ?? 0,
      lit: transcript.lit,
      words: speech?.words.map((word) => ({ ...word })) ?? [],
      interruption: speech?.interruption ? { ...speech.interruption } : null,
      latency: speech ? { ...speech.latency, parts: speech.latency.parts } : null,
    };
  },
});
