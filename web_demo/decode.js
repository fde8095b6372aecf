// From what a message holds to samples between -1 and 1. A decoder is fed messages in order and gives `onSamples`
// arrays; `finish(num)` resolves when all is given, to how many samples there are to play: the rest is padding.

export class PcmDecoder {
  constructor(onSamples) {
    this._onSamples = onSamples;
  }

  feed(data) {
    const pcm = new Int16Array(data);
    this._onSamples(Float32Array.from(pcm, (sample) => sample / 32768));
  }

  async finish(numSamples) {
    return numSamples;
  }

  close() {}
}

const OPUS = { codec: "opus", sampleRate: 48000, numberOfChannels: 1 };

export async function opusPlays() {
  if (!("AudioDecoder" in globalThis)) return false;
  return (await AudioDecoder.isConfigSupported(OPUS)).supported === true;
}

/** Opus by WebCodecs: one packet per message, the first `preSkip` samples dropped. */
export class OpusDecoder {
  constructor(onSamples, onError, preSkip) {
    this._onSamples = onSamples;
    this._skip = preSkip;
    this._decoder = new AudioDecoder({ output: (audio) => this._take(audio), error: onError });
    this._decoder.configure(OPUS);
  }

  feed(data, firstSample) {
    const timestamp = Math.round((firstSample / OPUS.sampleRate) * 1e6);
    this._decoder.decode(new EncodedAudioChunk({ type: "key", timestamp, data }));
  }

  async finish(numSamples) {
    if (this._decoder.state === "configured") await this._decoder.flush();
    this.close();
    return numSamples;
  }

  close() {
    if (this._decoder.state !== "closed") this._decoder.close();
  }

  _take(audio) {
    const samples = new Float32Array(audio.numberOfFrames);
    audio.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
    audio.close();
    const dropped = Math.min(this._skip, samples.length);
    this._skip -= dropped;
    if (dropped < samples.length) this._onSamples(samples.slice(dropped));
  }
}
