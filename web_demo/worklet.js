// Runs on the audio thread. Every utterance is a line of its own: a ring of samples at the context's rate, which is
// played from the moment enough is there, faded where it runs dry, and faded out when it is stopped.

const START_S = 0.03; // in hand before a line sounds; twice that after it ran dry, and so on
const MAX_START_S = 0.24;
const RAMP_S = 0.002; // at an edge where sound would otherwise break off
const REPORT_S = 0.04;
const FIRST_CAPACITY_S = 4;

class Ring {
  constructor(capacity) {
    this._samples = new Float32Array(capacity);
    this.read = 0; // samples taken, since the beginning
    this.written = 0;
  }

  get length() {
    return this.written - this.read;
  }

  push(samples) {
    if (this.length + samples.length > this._samples.length) this._grow(this.length + samples.length);
    const at = this.written % this._samples.length;
    const head = Math.min(samples.length, this._samples.length - at);
    this._samples.set(samples.subarray(0, head), at);
    this._samples.set(samples.subarray(head), 0);
    this.written += samples.length;
  }

  next() {
    return this._samples[this.read++ % this._samples.length];
  }

  // the server sends no more than its max_lead_s ahead, which bounds this
  _grow(needed) {
    const old = this._samples;
    let capacity = old.length;
    while (capacity < needed) capacity *= 2;
    this._samples = new Float32Array(capacity);
    for (let i = this.read; i < this.written; i++) this._samples[i % capacity] = old[i % old.length];
  }
}

class Line {
  constructor(id) {
    this.id = id;
    this.state = "filling"; // filling | playing | stopping | over
    this.ring = new Ring(FIRST_CAPACITY_S * sampleRate);
    this.end = Infinity; // how many samples it will have been
    this.start = START_S * sampleRate;
    this.underruns = 0;
    this.gain = 0;
    this.step = 1 / (RAMP_S * sampleRate);
    this.energy = 0;
    this.crossings = 0;
    this.last = 0;
  }

  get left() {
    return Math.min(this.ring.length, this.end - this.ring.read);
  }

  get complete() {
    return this.ring.written >= this.end;
  }

  stop(fadeSeconds) {
    this.step = 1 / Math.max(1, fadeSeconds * sampleRate);
    this.state = this.state === "playing" ? "stopping" : "over";
  }

  /** Add what this line sounds like to a block; return whether its state has changed. */
  mixInto(block) {
    const before = this.state;
    if (before === "filling" && (this.complete || this.left >= this.start)) this.state = "playing";
    if (this.state === "playing" || this.state === "stopping") this._play(block);
    return this.state !== before;
  }

  _play(block) {
    const left = this.left;
    const dry = left < block.length && !this.complete && this.state === "playing";
    const count = Math.min(block.length, left);
    for (let i = 0; i < count; i++) {
      const falling = this.state === "stopping" || (!this.complete && (left - i) * this.step < 1);
      this.gain = Math.min(1, Math.max(0, this.gain + (falling ? -this.step : this.step)));
      if (this.state === "stopping" && this.gain === 0) break;
      this._sound(block, i, this.ring.next() * this.gain);
    }
    if (dry) this._runDry();
    else if (this.left <= 0 && (this.complete || this.state === "stopping")) this.state = "over";
    else if (this.gain === 0 && this.state === "stopping") this.state = "over";
  }

  _runDry() {
    this.underruns += 1;
    this.start = Math.min(2 * this.start, MAX_START_S * sampleRate);
    this.gain = 0;
    this.state = "filling";
  }

  _sound(block, index, sample) {
    block[index] += sample;
    this.energy += sample * sample;
    if (sample * this.last < 0) this.crossings += 1;
    if (sample !== 0) this.last = sample;
  }

  report(at) {
    const { id, state, underruns, energy, crossings, ring } = this;
    return { id, state, at, played: ring.read / sampleRate, buffered: ring.length / sampleRate, underruns, energy, crossings };
  }
}

class SpeechOutput extends AudioWorkletProcessor {
  constructor() {
    super();
    this._lines = new Map();
    this._nextReportAt = 0;
    this.port.onmessage = ({ data }) => this._obey(data);
  }

  process(_, [[block]]) {
    const now = currentTime + block.length / sampleRate;
    const due = currentTime >= this._nextReportAt;
    if (due) this._nextReportAt = currentTime + REPORT_S;
    for (const line of this._lines.values()) {
      const from = line.report(currentTime);
      const changed = line.mixInto(block);
      if (changed && line.state === "playing") this.port.postMessage({ ...from, state: "playing" });
      else if (changed) this.port.postMessage(line.report(currentTime + (line.ring.read / sampleRate - from.played)));
      else if (due && line.state === "playing") this.port.postMessage(line.report(now));
      if (line.state === "over") this._lines.delete(line.id);
    }
    return true;
  }

  _obey({ order, id, samples, end, fadeSeconds }) {
    if (order === "open") this._lines.set(id, new Line(id));
    const line = this._lines.get(id);
    if (!line) return;
    if (order === "push") line.ring.push(samples);
    else if (order === "end") line.end = end;
    else if (order === "stop") this._stop(line, fadeSeconds);
  }

  _stop(line, fadeSeconds) {
    line.stop(fadeSeconds);
    if (line.state !== "over") return;
    this.port.postMessage(line.report(currentTime));
    this._lines.delete(line.id);
  }
}

registerProcessor("speech-output", SpeechOutput);
