// The waveform around what is heard: to the left of the line what was, to the right what is in hand.

const WINDOW_S = 6;
const HEAD = 1 / 3; // where in the window the line stands
const BAR_PX = 4;
const GAP_PX = 1.5;

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Scope {
  constructor(canvas) {
    this._canvas = canvas;
    this._pen = canvas.getContext("2d");
    this._last = { peaks: [], bucketSeconds: 1, heard: 0 };
    new ResizeObserver(() => this._fit()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this._fit());
  }

  /** Draw an utterance's peaks with the line at `heard` seconds. */
  draw(speech) {
    this._last = speech;
    const { width, height } = this._size;
    const { peaks, bucketSeconds, heard } = speech;
    const perSecond = width / WINDOW_S;
    // with motion reduced the picture stands still and is turned like a page
    const from = still.matches ? Math.floor(heard / WINDOW_S) * WINDOW_S : heard - WINDOW_S * HEAD;
    const group = Math.max(1, Math.round(BAR_PX / perSecond / bucketSeconds));
    const barSeconds = group * bucketSeconds;
    this._pen.clearRect(0, 0, width, height);
    this._baseline(width, height);
    const first = Math.max(0, Math.floor(from / barSeconds));
    const last = Math.min(Math.ceil(peaks.length / group), Math.ceil((from + WINDOW_S) / barSeconds));
    for (let bar = first; bar < last; bar++) {
      const peak = Math.max(...peaks.slice(bar * group, (bar + 1) * group));
      const at = bar * barSeconds;
      this._pen.fillStyle = at < heard ? this._colours.heard : this._colours.ahead;
      this._bar((at - from) * perSecond, barSeconds * perSecond - GAP_PX, peak, height);
    }
    if (peaks.length) this._line((heard - from) * perSecond, height);
  }

  _bar(x, width, peak, height) {
    const tall = Math.max(2, Math.min(1, peak ** 0.7) * (height - 8));
    this._pen.beginPath();
    this._pen.roundRect(x, (height - tall) / 2, width, tall, Math.min(width / 2, 2));
    this._pen.fill();
  }

  _baseline(width, height) {
    this._pen.fillStyle = this._colours.base;
    this._pen.fillRect(0, height / 2 - 0.5, width, 1);
  }

  _line(x, height) {
    this._pen.fillStyle = this._colours.line;
    this._pen.fillRect(x - 1, 2, 2, height - 4);
  }

  _fit() {
    const { clientWidth: width, clientHeight: height } = this._canvas;
    const ratio = devicePixelRatio || 1;
    this._canvas.width = Math.round(width * ratio);
    this._canvas.height = Math.round(height * ratio);
    this._pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this._size = { width, height };
    const style = getComputedStyle(this._canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this._colours = { heard: colour("accent"), ahead: colour("wave"), base: colour("line"), line: colour("now-edge") };
    this.draw(this._last);
  }
}
