// The text as it is spoken: every word a span from the moment its time is known, lit while it leaves the loudspeaker.
// What stands between the words, and inside them where the markup is known, is not spoken and never lit.

const NOTHING = "\u2060"; // what the server has in the place of a marker

export class Transcript {
  constructor(element) {
    this._element = element;
    this._words = []; // {text, at, parts, start, end}: its place in code points, its spans, its time
    this._current = -1;
  }

  /** Begin an empty text. */
  clear(language = "") {
    this._words = [];
    this._current = -1;
    this._markup = [];
    this._at = 0; // where the tail begins, in code points
    this._tail = document.createTextNode(""); // what is written and has no times yet
    this._element.lang = language;
    this._element.replaceChildren(this._tail);
    this._element.scrollTop = 0;
  }

  write(text) {
    this._tail.appendData(text);
  }

  /** Take words in the order in which they stand in the text. */
  place(words) {
    for (const { text, offset, start, end } of words) {
      this._leaveOut(this._take(offset - this._at));
      const word = { text: this._take([...text].length), at: offset, start, end };
      word.parts = this._put(word, this._tail, "timed");
      this._words.push(word);
    }
  }

  /** Learn what the markup leaves of the text, character by character. */
  reveal(markup) {
    this._markup = [...markup];
    for (const word of this._words) {
      const markers = [...word.text].filter((_, i) => this._isMarker(word.at + i)).length;
      if (markers === 0 || markers === [...word.text].length) continue;
      const [first] = word.parts;
      const parts = this._put(word, first, first.className);
      for (const part of word.parts) part.remove();
      word.parts = parts;
    }
  }

  /** No more words come. */
  finish() {
    this._leaveOut(this._take(Infinity));
  }

  /** Light the word that sounds at a position in seconds. */
  light(position) {
    let next = this._current;
    while (next + 1 < this._words.length && this._words[next + 1].start <= position) next += 1;
    for (; this._current < next; ) {
      this._dim(this._words[this._current]);
      this._current += 1;
      for (const part of this._words[this._current].parts) part.classList.add("now");
      if (this._current < next) continue;
      this._show(this._words[next].parts[0]);
    }
    const word = this._words[this._current];
    if (word && position >= word.end) this._dim(word);
  }

  /** Mark what was heard and what was not, once that is known. */
  split(spoken) {
    let offset = 0;
    for (const node of [...this._element.childNodes]) {
      const isHeard = offset + node.textContent.trimEnd().length <= spoken.length;
      offset += node.textContent.length;
      const span = node.nodeType === Node.TEXT_NODE ? document.createElement("span") : node;
      if (span !== node) {
        node.replaceWith(span);
        span.append(node);
      }
      span.className = isHeard ? "heard" : "unheard";
    }
  }

  get lit() {
    return this._words[this._current]?.text ?? null;
  }

  _dim(word) {
    for (const part of word?.parts ?? []) part.classList.replace("now", "heard");
  }

  /** Put a word before a node, its markers and the space after it between its parts. Returns the parts. */
  _put({ text, at }, before, className) {
    const runs = [];
    for (const [i, char] of [...text].entries()) {
      const isSpoken = !this._isMarker(at + i);
      if (runs.at(-1)?.isSpoken === isSpoken) runs.at(-1).text += char;
      else runs.push({ isSpoken, text: char });
    }
    const parts = [];
    for (const run of runs) {
      const shown = run.isSpoken ? run.text.trimEnd() : run.text;
      const span = this._span(shown, run.isSpoken ? className : "unspoken");
      this._element.insertBefore(span, before);
      if (run.isSpoken) parts.push(span);
      if (shown !== run.text) this._element.insertBefore(document.createTextNode(run.text.slice(shown.length)), before);
    }
    return parts;
  }

  _isMarker(at) {
    return this._markup[at] === NOTHING;
  }

  _leaveOut(text) {
    if (!text) return;
    const isBlank = !text.trim();
    this._element.insertBefore(isBlank ? document.createTextNode(text) : this._span(text, "unspoken"), this._tail);
  }

  _span(text, className) {
    return Object.assign(document.createElement("span"), { textContent: text, className });
  }

  /** Take so many code points from the tail. */
  _take(count) {
    const { data } = this._tail;
    let end = 0;
    for (let left = count; left > 0 && end < data.length; left--) end += data.codePointAt(end) > 0xffff ? 2 : 1;
    this._tail.deleteData(0, end);
    this._at += count;
    return data.slice(0, end);
  }

  _show(span) {
    const box = this._element;
    const top = span.offsetTop - box.offsetTop;
    if (top < box.scrollTop || top + span.offsetHeight > box.scrollTop + box.clientHeight) {
      box.scrollTop = top - box.clientHeight / 3;
    }
  }
}
