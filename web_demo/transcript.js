// The text as it is spoken: every word a span from the moment its time is known, lit while it leaves the loudspeaker.

export class Transcript {
  constructor(element) {
    this._element = element;
    this._words = []; // {span, start, end}
    this._current = -1;
  }

  /** Begin an empty text. */
  clear(language = "") {
    this._words = [];
    this._current = -1;
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
    for (const { text, start, end } of words) {
      const at = this._tail.data.indexOf(text);
      if (at < 0) continue;
      const span = document.createElement("span");
      span.textContent = text;
      span.className = "timed";
      this._element.insertBefore(document.createTextNode(this._tail.data.slice(0, at)), this._tail);
      this._element.insertBefore(span, this._tail);
      this._tail.deleteData(0, at + text.length);
      this._words.push({ span, start, end });
    }
  }

  /** Light the word that sounds at a position in seconds. */
  light(position) {
    let next = this._current;
    while (next + 1 < this._words.length && this._words[next + 1].start <= position) next += 1;
    for (; this._current < next; ) {
      this._words[this._current]?.span.classList.replace("now", "heard");
      this._current += 1;
      this._words[this._current].span.classList.add("now");
      if (this._current < next) continue;
      this._show(this._words[next].span);
    }
    const word = this._words[this._current];
    if (word && position >= word.end) word.span.classList.replace("now", "heard");
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
    return this._words[this._current]?.span.textContent ?? null;
  }

  _show(span) {
    const box = this._element;
    const top = span.offsetTop - box.offsetTop;
    if (top < box.scrollTop || top + span.offsetHeight > box.scrollTop + box.clientHeight) {
      box.scrollTop = top - box.clientHeight / 3;
    }
  }
}
