// Drives the worklet, and knows what of it a listener has heard: the audio clock less what the device still holds.

const FADE_S = 0.012;

const MAX_MARKS = 64;

/** One utterance's way to the loudspeaker. `onChange(state)` is called with playing, filling (it ran dry) and over. */
class Line {
  constructor(player, id, onChange) {
    this.state = "filling";
    this.underruns = 0;
    this.buffered = 0;
    this.played = 0;
    this.energy = 0;
    this.crossings = 0;
    this.startedAt = null; // context time of the first sample
    this._player = player;
    this._id = id;
    this._onChange = onChange;
    this._marks = []; // {at, played, moving}: from this context time on
    this._stopped = null;
  }

  /** Append samples at the context's rate; the array is given away. */
  push(samples) {
    this._player.order({ order: "push", id: this._id, samples }, [samples.buffer]);
  }

  /** Say how many samples it will have been in all. */
  finish(end) {
    this._player.order({ order: "end", id: this._id, end });
  }

  /** Fade out at once. Resolves to the time of performance.now() at which the loudspeaker is silent. */
  stop() {
    if (this.state === "over") return Promise.resolve(performance.now());
    this._player.order({ order: "stop", id: this._id, fadeSeconds: FADE_S });
    return new Promise((resolve) => (this._stopped = resolve));
  }

  /** Seconds of it that have left the loudspeaker. */
  get heard() {
    const now = this._player.heardTime;
    let mark = null;
    for (const candidate of this._marks) if (candidate.at <= now) mark = candidate;
    if (!mark) return 0;
    const coming = this.state === "playing" ? this.buffered : 0;
    return Math.min(mark.played + (mark.moving ? now - mark.at : 0), this.played + coming);
  }

  /** Whether all of it has left the loudspeaker. */
  get silent() {
    return this.state === "over" && this.heard >= this.played - 1e-4;
  }

  take(report) {
    const changed = report.state !== this.state;
    const { state, at, played } = report;
    Object.assign(this, { state, played: Math.max(played, this.played), underruns: report.underruns });
    Object.assign(this, { buffered: report.buffered, energy: report.energy, crossings: report.crossings });
    this._marks.push({ at, played, moving: state === "playing" });
    if (this._marks.length > MAX_MARKS) this._marks.shift();
    if (state === "playing") {
      this.startedAt ??= at;
      this.played = Math.max(this.played, played);
    }
    if (state === "over") this._stopped?.(this._player.heardAt(at));
    if (changed) this._onChange(state);
  }
}

export class Player {
  constructor(sampleRate) {
    this.context = new AudioContext({ sampleRate, latencyHint: "interactive" });
    this.sampleRate = sampleRate;
    this._lines = new Map();
    this._node = null;
  }

  /** Return one whose worklet is loaded. Throws where there are none. */
  static async prepared(sampleRate) {
    const player = new Player(sampleRate);
    await player.context.audioWorklet.addModule(new URL("worklet.js", import.meta.url));
    player._connect();
    return player;
  }

  /** Let sound out: browsers ask for a click or a key first. */
  resume() {
    return this.context.resume();
  }

  open(id, onChange) {
    const line = new Line(this, id, onChange);
    this._lines.set(id, line);
    this.order({ order: "open", id });
    return line;
  }

  order(message, transfer = []) {
    this._node.port.postMessage(message, transfer);
  }

  /** Seconds between the worklet and the loudspeaker. */
  get latency() {
    return this.context.outputLatency || this.context.baseLatency || 0;
  }

  /** The context time of what leaves the loudspeaker now. */
  get heardTime() {
    return this.context.currentTime - this.latency;
  }

  /** When a sample of a context time leaves the loudspeaker, as of performance.now(). */
  heardAt(contextTime) {
    return performance.now() + (contextTime - this.heardTime) * 1000;
  }

  _connect() {
    this._node = new AudioWorkletNode(this.context, "speech-output", { numberOfInputs: 0, outputChannelCount: [1] });
    this._node.port.onmessage = ({ data }) => this._onReport(data);
    this._node.connect(this.context.destination);
  }

  _onReport(report) {
    this._lines.get(report.id)?.take(report);
    if (report.state === "over") this._lines.delete(report.id);
  }
}
