// One utterance from the text written to the sound heard: socket, decoder, player and measurements put together.

import { OpusDecoder, PcmDecoder } from "./decode.js";
import { Latency } from "./latency.js";

const REPORT_MS = 250;
const BUCKET_S = 0.02;

let serial = 0;

/**
 * Events: "change" when `state` has changed (waiting, speaking, starved, done, interrupted, failed), "failure" when it
 * is known that the rest of it will not come, "arrived" with the first audio, "words" with the new words, "measured"
 * when `latency` knows more, "warning" with what the server left out.
 */
export class Speech extends EventTarget {
  constructor(client, player, options) {
    super();
    this.state = "waiting";
    this.text = "";
    this.words = []; // {text, offset, start, end}: in code points and seconds
    this.peaks = []; // the loudest sample of every BUCKET_S
    this.latency = new Latency();
    this.samples = 0;
    this.audioMs = null; // how long it is in all
    this._preSkipMs = 0;
    this.failure = null;
    this.interruption = null;
    this.options = options;
    this._client = client;
    this._player = player;
    this._line = player.open(++serial, (state) => this._onLine(state));
    this._decoder = this._newDecoder(options.format); // now, because browsers take a while to make one
    this._utterance = client.utterance(options, this);
  }

  get bucketSeconds() {
    return BUCKET_S;
  }

  get line() {
    return this._line;
  }

  get heard() {
    return this._line.heard;
  }

  /** Whether there is, or may be, something to hear yet. */
  get live() {
    return ["waiting", "speaking", "starved"].includes(this.state);
  }

  write(text) {
    this.latency.textSent();
    this.text += text;
    this._utterance.send(text);
  }

  finish() {
    this._utterance.end();
  }

  /** Fall silent now, then find out what was heard. */
  async interrupt() {
    if (!this.live) return;
    const pressedAt = performance.now();
    const heardMs = this.heard * 1000;
    this.interruption = { heardMs, silentAfterMs: null, toldAfterMs: null, spoken: null, remaining: null, pressedAt };
    this._utterance.cancel(heardMs);
    this._close();
    this._become("interrupted");
    this.interruption.silentAfterMs = (await this._line.stop()) - pressedAt;
    this.dispatchEvent(new Event("change"));
  }

  // what the server says

  started(message) {
    this._preSkipMs = (message.pre_skip / message.sample_rate) * 1000;
    this._decoder.skip = message.pre_skip;
    this._reporting = setInterval(() => this._utterance.played(this.heard * 1000), REPORT_MS);
  }

  audio(data, firstSample) {
    if (!this.live || this.failure) return;
    if (this.latency.firstByteAt === null) this.dispatchEvent(new Event("arrived"));
    this.latency.received();
    this._decoder.feed(data, firstSample);
  }

  timestamps({ words, start_ms, end_ms, offsets }) {
    const at = (i) => ({ offset: offsets[i], start: start_ms[i] / 1000, end: end_ms[i] / 1000 });
    const fresh = words.map((text, i) => ({ text, ...at(i) }));
    this.words.push(...fresh);
    this.dispatchEvent(new CustomEvent("words", { detail: fresh }));
  }

  async done(message) {
    this.audioMs = message.audio_ms - this._preSkipMs;
    this.latency.server = message.timeline;
    this.dispatchEvent(new Event("measured"));
    if (!this.live) return;
    await this._decoder.finish();
    this._line.finish(this.samples);
  }

  warning(message) {
    this.dispatchEvent(new CustomEvent("warning", { detail: message }));
  }

  cancelled({ text_spoken, text_remaining }) {
    if (!this.interruption) return this._fail({ code: "cancelled", message: "the server stopped this utterance" });
    this._told({ spoken: text_spoken, remaining: text_remaining });
  }

  /** Comes after `cancelled`; alone if everything had been heard by then. */
  pong() {
    if (this.interruption?.toldAfterMs === null) this._told({ spoken: this.text, remaining: "" });
  }

  error(message) {
    const isComplete = this.audioMs !== null; // nothing more was to come
    if (this.live && !isComplete) this._fail(message);
  }

  // what happens here

  _newDecoder(format) {
    const take = (samples) => this._take(samples);
    const fail = (error) => this.live && this._fail({ code: "undecodable", message: error.message });
    return format === "opus" ? new OpusDecoder(take, fail) : new PcmDecoder(take);
  }

  _told(parts) {
    const toldAfterMs = performance.now() - this.interruption.pressedAt;
    Object.assign(this.interruption, parts, { toldAfterMs });
    this.dispatchEvent(new Event("change"));
  }

  _take(samples) {
    if (!this.live) return;
    this.latency.decoded(samples, this.samples);
    this._measure(samples);
    this.samples += samples.length;
    this._line.push(samples);
    this._measurePlayed();
  }

  _measure(samples) {
    const size = BUCKET_S * this._player.sampleRate;
    for (let i = 0; i < samples.length; i++) {
      const bucket = Math.floor((this.samples + i) / size);
      this.peaks[bucket] = Math.max(this.peaks[bucket] ?? 0, Math.abs(samples[i]));
    }
  }

  _onLine(state) {
    if (state === "playing") this._measurePlayed();
    if (!this.live) return;
    if (state === "playing") this._become("speaking");
    else if (state === "filling") this._become("starved");
    else this._drain();
  }

  _measurePlayed() {
    const { latency, _line: line } = this;
    if (latency.playedAt !== null || line.startedAt === null || latency.audibleSample === null) return;
    latency.playedAt = this._player.heardAt(line.startedAt + latency.audibleSample / this._player.sampleRate);
    this.dispatchEvent(new Event("measured"));
  }

  // the device holds the last of it a little longer
  _drain() {
    if (!this._line.silent) return setTimeout(() => this.live && this._drain(), 10);
    this._utterance.played(this.heard * 1000);
    this._client.forget(this._utterance);
    this._close();
    this._become(this.failure ? "failed" : "done");
  }

  // what has arrived is spoken nevertheless
  _fail(error) {
    if (this.failure) return;
    this.failure = error;
    this._close();
    this._line.finish(this.samples);
    this.dispatchEvent(new Event("failure"));
  }

  _close() {
    clearInterval(this._reporting);
    this._decoder.close();
  }

  _become(state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}
