// What the server tells of a text (POST /v1/text) as rows: a row for each piece, in it what is said and what is not.

const NOTHING = "\u2060"; // stands where markup stood

/**
 * Return the pieces as [{parts, after}]. A part is {kind, text, at, near}: "said" as it is written, "changed" from its
 * `source`, "left" out, or a mark: "emotion", "event" (with their `value`), "pause" (`pauseMs`), "unknown", "skipped".
 * `near` says that there is no space before it. What stands on a line before its first word is in that word's row.
 */
export function rows(answer) {
  const text = new Text(answer);
  const found = [];
  let begun = []; // parts that wait for the row they belong to
  for (const piece of answer.pieces) {
    const parts = [...begun, ...text.partsOf(piece)];
    const own = text.ownOf(parts);
    begun = parts.slice(own);
    if (own) found.push({ parts: parts.slice(0, own), after: piece.after });
  }
  if (!found.length) return begun.length ? [{ parts: begun, after: "none" }] : [];
  Object.assign(found.at(-1), { after: "none" }).parts.push(...begun);
  return found;
}

class Text {
  constructor({ input, markup, marks }) {
    this._raw = [...input];
    this._markup = [...markup];
    this._marks = marks;
    this._at = 0; // everything before it has its part
    this._parts = [];
  }

  partsOf({ start, end, spans }) {
    this._parts = [];
    const begun = this._marks.filter((mark) => start <= mark.at && mark.at < end);
    const things = [...spans.map((span) => ({ at: span.start, ...span })), ...begun];
    for (const thing of things.sort((one, other) => one.at - other.at)) {
      this._leaveOut(this._at, thing.at);
      if (thing.kind) this._mark(thing);
      else this._say(thing);
      this._at = Math.max(this._at, thing.end);
    }
    this._leaveOut(this._at, end);
    this._at = Math.max(this._at, end);
    return this._parts;
  }

  /** How many of the parts belong to this row: what is spoken, and what stands on the same line behind it. */
  ownOf(parts) {
    const last = parts.findLastIndex(({ kind, isWord }) => isWord || kind === "event");
    if (last < 0) return 0;
    const isNext = ({ kind, at }) => kind === "emotion" || this._raw.slice(parts[last].at, at).includes("\n");
    const next = parts.findIndex((part, i) => i > last && isNext(part));
    return next < 0 ? parts.length : next;
  }

  _put(at, part) {
    const near = at > 0 && !/\s/.test(this._raw[at - 1]);
    this._parts.push({ at, near, ...part });
  }

  _say({ text, ipa, start, end }) {
    const source = this._without(this._raw, start, end);
    const isSame = !ipa && plain(text) === plain(this._without(this._markup, start, end));
    if (isSame) this._put(start, { kind: "said", text, isWord: true });
    else this._put(start, { kind: "changed", text: ipa ? `/${ipa}/` : text, source, isWord: true });
    const hidden = this._raw.slice(start, end).filter((_, i) => this._markup[start + i] === NOTHING);
    if (/[\p{L}\p{N}]/u.test(hidden.join(""))) this._put(end, { kind: "left", text: hidden.join(""), near: true });
  }

  _mark({ at, end, kind, value, pause_ms: pauseMs }) {
    this._put(at, { kind, value, pauseMs, text: this._raw.slice(at, end).join("") });
  }

  /** What stands between two words: marks of punctuation that the markup leaves stay, all else was left out. */
  _leaveOut(start, end) {
    let from = start;
    const isBlank = (at) => /\s/.test(this._raw[at]);
    while (from < end) {
      while (from < end && isBlank(from)) from += 1;
      let to = from;
      while (to < end && !isBlank(to)) to += 1;
      if (to > from) this._putRun(from, to);
      from = to;
    }
  }

  _putRun(start, end) {
    const text = this._raw.slice(start, end).join("");
    const isKept = text === this._markup.slice(start, end).join("") && /^\p{P}+$/u.test(text);
    this._put(start, { kind: isKept ? "said" : "left", text });
  }

  _without(chars, start, end) {
    return chars.slice(start, end).filter((_, i) => this._markup[start + i] !== NOTHING).join("").trim();
  }
}

/** How a text looks: what cannot be seen makes no difference. */
function plain(text) {
  return text.normalize("NFC").replace(/\p{Cf}/gu, "").replace(/[\p{Z}\s]+/gu, " ").trim();
}
