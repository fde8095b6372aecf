// When what happened to one utterance, measured here, and put together with what the server measured.

const AUDIBLE = 10 ** (-50 / 20);

export class Latency {
  constructor() {
    this.startedAt = null; // performance.now() throughout
    this.firstByteAt = null;
    this.firstAudibleAt = null;
    this.audibleSample = null;
    this.playedAt = null;
    this.server = null; // the timeline of `done`
  }

  textSent() {
    this.startedAt ??= performance.now();
  }

  received() {
    this.firstByteAt ??= performance.now();
  }

  /** Look for the first audible one in samples of which the first has this number. */
  decoded(samples, firstSample) {
    if (this.firstAudibleAt !== null) return;
    const index = samples.findIndex((sample) => Math.abs(sample) > AUDIBLE);
    if (index < 0) return;
    this.firstAudibleAt = performance.now();
    this.audibleSample = firstSample + index;
  }

  /** Milliseconds since the first text was sent; null where it has not come so far. */
  get firstByte() {
    return this._since(this.firstByteAt);
  }

  get firstAudible() {
    return this._since(this.firstAudibleAt);
  }

  get played() {
    return this._since(this.playedAt);
  }

  /** What the first byte took beyond what the server saw: both ways over the wire, and two event loops. */
  get network() {
    if (this.firstByte === null || this.server?.ttfb_ms == null) return null;
    return Math.max(0, this.firstByte - this.server.ttfb_ms);
  }

  /** The parts of the way to the first sound, in order, as {name, ms}; null where one is not known. */
  get parts() {
    const { text_wait_ms = null, queue_ms = null, engine_ms = null, ttfb_ms = null } = this.server ?? {};
    const made = [text_wait_ms, queue_ms, engine_ms];
    const sending = ttfb_ms === null ? null : Math.max(0, made.reduce((left, ms) => left - ms, ttfb_ms));
    const playing = this.played === null || this.firstByte === null ? null : Math.max(0, this.played - this.firstByte);
    return [
      { name: "text", ms: text_wait_ms },
      { name: "queue", ms: queue_ms },
      { name: "engine", ms: engine_ms },
      { name: "sending", ms: sending },
      { name: "network", ms: this.network },
      { name: "player", ms: playing },
    ];
  }

  _since(moment) {
    return moment === null || this.startedAt === null ? null : moment - this.startedAt;
  }
}
