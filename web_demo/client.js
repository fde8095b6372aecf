// The native protocol, version 1, over one WebSocket with tagged audio: see docs/protocol.md.
// Knows nothing of the page and makes no sound.

const RETRY_MS = [250, 500, 1000, 2000, 4000, 8000];

const HEADER_BYTES = 16;

/** One thing to be spoken. `listener` has the methods that it cares for, named as the server's messages are:
 *  started, audio(data, firstSample), timestamps, warning, done, cancelled, error. */
class Utterance {
  constructor(client, contextId, options, listener) {
    this.contextId = contextId;
    this._client = client;
    this._options = options;
    this._listener = listener;
  }

  /** Append text. The options travel with the first. */
  send(text) {
    this._client.send({ text, context_id: this.contextId, ...this._options });
    this._options = null;
  }

  end() {
    this._client.send({ end: true, context_id: this.contextId, ...this._options });
  }

  /** Stop it. `cancelled` answers, or, where nothing is left to stop, nothing does; the pong comes in either case. */
  cancel(playedMs) {
    this._client.send({ cancel: true, played_ms: playedMs, ping: this.contextId, context_id: this.contextId });
  }

  /** Say where the listener is. */
  played(playedMs) {
    this._client.send({ playback: { played_ms: playedMs }, context_id: this.contextId });
  }

  tell(kind, ...details) {
    this._listener[kind]?.(...details);
  }
}

/**
 * A connection that comes back by itself.
 *
 * Events: "state" whenever `state` has changed ("connecting", "open", "waiting", "stopped"; while waiting `retryAt` is
 * the time of performance.now() of the next attempt); "refused" when a connection ended or could not be had, with
 * {code, reason, wasOpen}; "unknown" when the server wants to know who this is; "notice" for warnings and for errors that are nobody's; "closing" when the server stops.
 */
export class SpeechClient extends EventTarget {
  /** `token` returns what opens the server; null: nothing is needed, or had. */
  constructor(base, token) {
    super();
    this.state = "stopped";
    this.ready = null;
    this.retryAt = 0;
    this._base = base;
    this._token = token;
    this._failures = 0;
    this._serial = 0;
    this._byContext = new Map();
    this._byStream = new Map();
  }

  /** Connect, now, and again whenever the connection is lost. */
  connect() {
    clearTimeout(this._timer);
    this._socket?.close();
    const socket = new WebSocket(this._address());
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => (typeof data === "string" ? this._onMessage(JSON.parse(data)) : this._onAudio(data));
    socket.onclose = (event) => socket === this._socket && this._onClose(event);
    this._socket = socket;
    this.ready = null;
    this._become("connecting");
  }

  /** Let go, and stay away until `connect`. */
  disconnect() {
    clearTimeout(this._timer);
    const socket = this._socket;
    this._socket = null;
    socket?.close();
    this._abandon("the connection was closed");
    this._become("stopped");
  }

  /** Open an utterance; its first text takes the options with it. */
  utterance(options, listener) {
    const utterance = new Utterance(this, `page-${++this._serial}`, options, listener);
    this._byContext.set(utterance.contextId, utterance);
    return utterance;
  }

  /** Whether the server speaks a format. Asked by an utterance in which there is nothing to say. */
  supports(format) {
    return new Promise((resolve) => {
      const listener = { done: () => resolve(true), error: () => resolve(false) };
      this.utterance({ format }, listener).end();
    });
  }

  send(message) {
    if (this._socket?.readyState === WebSocket.OPEN) this._socket.send(JSON.stringify(message));
  }

  _address() {
    const url = new URL("v1/tts/stream", this._base);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("audio", "tagged");
    const token = this._token();
    if (token) url.searchParams.set("token", token);
    return url;
  }

  _onAudio(message) {
    const header = new DataView(message, 0, HEADER_BYTES);
    const utterance = this._byStream.get(header.getUint32(4, true));
    utterance?.tell("audio", message.slice(HEADER_BYTES), Number(header.getBigUint64(8, true)));
  }

  _onMessage(message) {
    const utterance = this._byContext.get(message.context_id);
    if (message.type === "ready") {
      this.ready = message;
      this._failures = 0;
      this._become("open");
    } else if (message.type === "started") {
      this._byStream.set(message.stream, utterance);
      utterance.stream = message.stream;
    } else if (message.type === "pong") {
      const asked = this._byContext.get(message.value);
      asked?.tell("pong");
      this.forget(asked);
    } else if (message.type === "authenticate") {
      this.dispatchEvent(new Event("unknown"));
    } else if (message.type === "closing") {
      this.dispatchEvent(new CustomEvent("closing", { detail: message }));
    } else if (["warning", "error"].includes(message.type) && !utterance) {
      this.dispatchEvent(new CustomEvent("notice", { detail: message }));
    }
    utterance?.tell(message.type, message);
    // what is done may still be cancelled, until the page forgets it
    if (message.type === "cancelled" || message.type === "error") this.forget(utterance);
  }

  /** Hear nothing more of an utterance. */
  forget(utterance) {
    if (!utterance) return;
    this._byContext.delete(utterance.contextId);
    this._byStream.delete(utterance.stream);
  }

  _onClose({ code, reason }) {
    const wasOpen = this.state === "open";
    const delay = RETRY_MS[Math.min(this._failures++, RETRY_MS.length - 1)] * (0.8 + 0.4 * Math.random());
    this.retryAt = performance.now() + delay;
    this._timer = setTimeout(() => this.connect(), delay);
    this.ready = null;
    this._become("waiting");
    this._abandon("the connection was lost");
    this.dispatchEvent(new CustomEvent("refused", { detail: { code, reason, wasOpen } }));
  }

  _abandon(message) {
    const left = [...this._byContext.values()];
    this._byContext.clear();
    this._byStream.clear();
    for (const utterance of left) utterance.tell("error", { code: "disconnected", message, retryable: true });
  }

  _become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
