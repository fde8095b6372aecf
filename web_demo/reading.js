// "How it is read": asks the server what it makes of a text, and shows that as long as somebody wants to see it.

import { rows } from "./stages.js";

const MAX_CHARS = 20_000; // the server takes no more at a time
const TYPING_MS = 300;
const OPEN = "voice-server-reading";
const PAUSES = { none: "", clause: "short pause", sentence: "pause", paragraph: "long pause" };
const LONG = 60; // characters of something left out that are worth showing

/** Knows what the server last answered. Dispatches "answer" with it. */
export class Reading extends EventTarget {
  /** `ask` takes a text and promises the answer of /v1/text, or null; `current` returns the text to show. */
  constructor(details, ask, current) {
    super();
    this.tags = []; // what the engine brings out
    this._details = details;
    this._list = details.querySelector("ol");
    this._note = details.querySelector(".note");
    this._ask = ask;
    this._current = current;
    this._asked = 0;
    details.open = sessionStorage.getItem(OPEN) === "true";
    details.addEventListener("toggle", () => {
      sessionStorage.setItem(OPEN, details.open);
      this.refresh();
    });
  }

  get isOpen() {
    return this._details.open;
  }

  /** The text, or how it is to be read, has changed: look again in a moment, if it is seen. */
  touch() {
    clearTimeout(this._timer);
    if (this.isOpen) this._timer = setTimeout(() => this.refresh(), TYPING_MS);
  }

  refresh() {
    return this.isOpen ? this.ask(this._current()) : null;
  }

  /** Ask for a text and show it, unless another one has been asked for meanwhile. Returns the answer, if there is one. */
  async ask(text) {
    clearTimeout(this._timer);
    const turn = ++this._asked;
    const chars = [...text];
    const answer = text.trim() ? await this._ask(chars.slice(0, MAX_CHARS).join("")).catch(() => null) : null;
    if (turn !== this._asked) return answer;
    this._show(answer);
    if (chars.length > MAX_CHARS) this._note.textContent = `These are its first ${MAX_CHARS} characters.`;
    else if (!answer) this._note.textContent = text.trim() ? "The server does not tell now." : "There is no text yet.";
    if (answer) this.dispatchEvent(new CustomEvent("answer", { detail: answer }));
    return answer;
  }

  _show(answer) {
    this._note.textContent = "";
    this._list.lang = answer?.language ?? "";
    this._list.replaceChildren(...(answer ? rows(answer) : []).map((row) => this._row(row)));
  }

  _row({ parts, after }) {
    const item = document.createElement("li");
    const line = Object.assign(document.createElement("p"), { dir: "auto" });
    for (const part of parts) {
      if (!part.near && line.childNodes.length) line.append(" ");
      line.append(this._part(part));
    }
    item.append(line);
    if (PAUSES[after]) item.append(node("span", "after", PAUSES[after]));
    return item;
  }

  _part(part) {
    const { kind, text } = part;
    if (kind === "said") return node("span", "said", text);
    if (kind === "changed") return changed(part);
    if (kind === "left") return left(text);
    if (kind === "pause") return node("span", "tag", `${part.pauseMs / 1000} s pause`, "Asked for in the text");
    if (kind === "unknown" || kind === "skipped") return left(text);
    return this._tag(part);
  }

  _tag({ kind, value, text }) {
    if (value && !this.tags.includes(value)) return left(text);
    const told = kind === "event" ? "Heard between the words" : "How it is spoken from here on";
    return node("span", "tag", value || "neutral", told);
  }
}

function changed({ text, source }) {
  const both = node("span", "changed", "");
  both.append(node("span", "source", source), node("span", "hidden", " is said as "), node("span", "words", text));
  return both;
}

function left(text) {
  const short = [...text.replace(/\s+/g, " ")];
  const shown = short.length > LONG ? `${short.slice(0, LONG).join("")}…` : short.join("");
  return node("del", "", shown, "Left out");
}

function node(name, className, textContent, title = "") {
  const made = Object.assign(document.createElement(name), { textContent });
  if (className) made.className = className;
  if (title) made.title = title;
  return made;
}
