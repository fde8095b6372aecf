// From what a message holds to samples between -1 and 1. A decoder is fed messages in order and gives `onSamples`
// arrays; `finish()` resolves when all of them are given.

export class PcmDecoder {
  constructor(onSamples) {
    this._onSamples = onSamples;
  }

  feed(data) {
    const pcm = new Int16Array(data);
    this._onSamples(Float32Array.from(pcm, (sample) => sample / 32768));
  }

  async finish() {}

  close() {}
}

const OPUS = { codec: "opus", sampleRate: 48000, numberOfChannels: 1 };

export async function opusPlays() {
  if (!("AudioDecoder" in globalThis)) return false;
  return (await AudioDecoder.isConfigSupported(OPUS)).supported === true;
}

/** Opus by WebCodecs: one packet per message, the first `skip` samples dropped. */
export class OpusDecoder {
  constructor(onSamples, onError) {
    this.skip = 0; // to be set before the first packet
    this._onSamples = onSamples;
    this._decoder = new AudioDecoder({ output: (audio) => this._take(audio), error: onError });
    this._decoder.configure(OPUS);
  }

  feed(data, firstSample) {
    const timestamp = Math.round((firstSample / OPUS.sampleRate) * 1e6);
    this._decoder.decode(new EncodedAudioChunk({ type: "key", timestamp, data }));
  }

  async finish() {
    // rejects when it is closed meanwhile, and after an error, which has been told by then
    if (this._decoder.state === "configured") await this._decoder.flush().catch(() => {});
    this.close();
  }

  close() {
    if (this._decoder.state !== "closed") this._decoder.close();
  }

  _take(audio) {
    const samples = new Float32Array(audio.numberOfFrames);
    audio.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
    audio.close();
    const dropped = Math.min(this.skip, samples.length);
    this.skip -= dropped;
    if (dropped < samples.length) this._onSamples(samples.slice(dropped));
  }
}
