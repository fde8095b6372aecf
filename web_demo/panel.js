// The latency panel: where the time of the last utterance went, and a plot of those before it.

const PARTS = [
  { name: "text", label: "Text wait", about: "until there was text enough to be spoken" },
  { name: "queue", label: "Queue", about: "until the engine turned to it" },
  { name: "engine", label: "Engine", about: "until it had made the first sound" },
  { name: "sending", label: "Sending", about: "until the server had handed it to the network" },
  { name: "network", label: "Network", about: "first byte here, less first byte there" },
  { name: "player", label: "Player", about: "buffer, silence before the first sound, and the sound device" },
];

const MAX_HISTORY = 30;
const PLOT = { width: 360, height: 120, left: 34, right: 4, top: 8, bottom: 6 };
const SVG = "http://www.w3.org/2000/svg";

export function milliseconds(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function element(tag, attributes = {}, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** One row for each part; bars begin where the part before ended. */
export class Waterfall {
  constructor(container) {
    this._rows = PARTS.map(({ name, label, about }) => {
      const row = element("div", { class: "step", title: `${label}: ${about}` });
      const bar = element("i", { class: `bar ${name}`, hidden: "" });
      const track = element("span", { class: "track" });
      const value = element("span", { class: "value" }, "–");
      track.append(bar);
      row.append(element("span", { class: "name" }, label), track, value);
      container.append(row);
      return { bar, value };
    });
  }

  show(latency) {
    const { parts } = latency;
    const total = parts.reduce((sum, { ms }) => sum + (ms ?? 0), 0) || 1;
    let before = 0;
    parts.forEach(({ ms }, i) => {
      const { bar, value } = this._rows[i];
      value.textContent = milliseconds(ms);
      bar.style.left = `${(before / total) * 100}%`;
      bar.style.width = `${((ms ?? 0) / total) * 100}%`;
      bar.hidden = ms === null;
      before += ms ?? 0;
    });
  }
}

/** The step of a scale that has three or four of them. */
function scale(highest) {
  const rough = highest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}

/** Stacked bars, the newest at the right. */
export class History {
  constructor(svg, legend) {
    this._svg = svg;
    this._shown = []; // latencies, oldest first
    svg.setAttribute("viewBox", `0 0 ${PLOT.width} ${PLOT.height}`);
    for (const { name, label } of PARTS) {
      const entry = element("li");
      entry.append(element("i", { class: `swatch ${name}` }), label);
      legend.append(entry);
    }
    this._untold = element("li");
    this._untold.append(element("i", { class: "swatch unknown" }), "Server, not told");
    legend.append(this._untold);
    this.draw();
  }

  /** Add an utterance, or show again one that knows more by now. */
  show(latency) {
    if (!this._shown.includes(latency)) this._shown = [...this._shown, latency].slice(-MAX_HISTORY);
    this.draw();
  }

  /** The middle of the times to the first sound. */
  get median() {
    const times = this._shown.map(({ played }) => played).filter((ms) => ms !== null);
    return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? null;
  }

  get length() {
    return this._shown.length;
  }

  draw() {
    const highest = Math.max(10, ...this._shown.map(({ played }) => played ?? 0)) * 1.05;
    const y = (ms) => PLOT.height - PLOT.bottom - (ms / highest) * (PLOT.height - PLOT.top - PLOT.bottom);
    const slot = (PLOT.width - PLOT.left - PLOT.right) / MAX_HISTORY;
    const marks = [];
    for (let ms = 0; ms <= highest; ms += scale(highest)) marks.push(...this._gridline(ms, y(ms)));
    this._shown.forEach((latency, i) => {
      const x = PLOT.width - PLOT.right - (this._shown.length - i) * slot;
      marks.push(this._column(latency, x + slot * 0.15, slot * 0.7, y));
    });
    this._svg.replaceChildren(...marks);
    this._untold.hidden = this._shown.every(({ server }) => server);
    const told = this._shown.map(({ played }) => milliseconds(played)).join(", ");
    this._svg.setAttribute("aria-label", told ? `Time to the first sound, oldest first: ${told}` : "No utterance yet");
  }

  _gridline(ms, y) {
    const label = shape("text", { x: PLOT.left - 6, y: y + 3.5, class: "tick" });
    label.textContent = ms < 1000 ? `${Math.round(ms)}` : `${Math.round(ms / 100) / 10} s`;
    return [shape("line", { x1: PLOT.left, x2: PLOT.width - PLOT.right, y1: y, y2: y, class: "grid" }), label];
  }

  _column(latency, x, width, y) {
    const column = shape("g", {});
    const title = shape("title", {});
    title.textContent = latency.parts.map(({ name, ms }) => `${name} ${milliseconds(ms)}`).join("\n");
    column.append(title);
    const known = latency.server ? latency.parts : [{ name: "unknown", ms: latency.firstByte }, latency.parts.at(-1)];
    let before = 0;
    for (const { name, ms } of known) {
      const [top, bottom] = [y(before + (ms ?? 0)), y(before)];
      column.append(shape("rect", { x, width, y: top, height: bottom - top, class: name }));
      before += ms ?? 0;
    }
    return column;
  }
}
