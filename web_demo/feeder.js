// A language model that knows what it is going to say: gives a text away by tokens, so many a second.

// up to five letters, with the space before them; marks stay with their letter
const TOKEN = /\s*(?:(?:\p{L}\p{M}*){1,5}|\p{N}{1,3}|[^\s])|\s+/gu;

const TICK_MS = 4;

export function tokens(text) {
  return text.match(TOKEN) ?? [];
}

/** Call `write` for every token and `finish` after the last. Returns what stops it. */
export function feed(text, tokensPerSecond, write, finish) {
  const waiting = tokens(text);
  const startedAt = performance.now();
  let given = 0;
  const turn = () => {
    const due = 1 + Math.floor(((performance.now() - startedAt) / 1000) * tokensPerSecond);
    while (given < Math.min(due, waiting.length)) write(waiting[given++]);
    if (given === waiting.length) {
      clearInterval(timer);
      finish();
    }
  };
  const timer = setInterval(turn, TICK_MS);
  turn();
  return () => clearInterval(timer);
}
