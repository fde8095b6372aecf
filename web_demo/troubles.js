// What went wrong, for a person: a title, and what to do about it.

const BY_CODE = {
  engine_failed: ["The speech engine stopped in the middle.", "It is starting again by itself. Press Speak in a moment."],
  unknown_voice: ["The server has no such voice.", "Choose another one: the list has been loaded again."],
  text_too_long: ["This text is too long for one utterance.", "Speak a part of it."],
  too_many_contexts: ["Too many utterances are open at once.", "Wait until one is over, or barge in."],
  disconnected: ["The connection was lost while speaking.", "The page connects again by itself. Then press Speak again."],
  undecodable: ["Your browser could not decode this sound.", "Let the sound travel as PCM instead."],
  unauthorized: ["The server shows you out.", "The key you entered has been revoked, or its time is over."],
  rate_limited: ["Your key's share is used up.", "Try again in a moment."],
  cancelled: ["The server stopped this utterance.", "Press Speak to hear it again."],
  internal: ["The server made a mistake, which is in its log.", "The page connects again by itself. Then try once more."],
};

/** Explain an `error` of the protocol or of this page. */
export function explain({ code, message, retryable }) {
  const [title, advice] = BY_CODE[code] ?? ["The server did not accept that.", retryable ? "Try again." : ""];
  return { title, advice: BY_CODE[code] ? advice : `${message}. ${advice}`.trim() };
}

export const NOTHING_TO_SAY = {
  title: "There is nothing to say yet.",
  advice: "Type a text, or take one of the samples above it.",
};

export const NO_SOUND = {
  title: "This browser makes no sound here.",
  advice: "The page needs AudioWorklet, which browsers offer at https:// addresses and at localhost.",
};

export const RESTARTING = { title: "The server is restarting.", advice: "This page connects again by itself." };

/** Find out why a connection could not be had: browsers say nothing of a refused upgrade, so ask by HTTP. */
export async function diagnose(base, token) {
  const ask = (path) => fetch(new URL(path, base), { headers: token ? { "X-API-Key": token } : {}, cache: "no-store" });
  try {
    const answer = await ask("v1/voices");
    if (answer.status === 401) return { needsKey: true };
    if (answer.status === 403) return { title: "This page may not use the server.", advice: await said(answer) };
    if (!answer.ok) return { title: `The server answers with ${answer.status}.`, advice: "It may be restarting." };
    return { title: "The server is busy.", advice: await whyBusy(ask) };
  } catch {
    return {
      title: "The server does not answer.",
      advice: "Start it with “make serve” if it is yours. This page connects again by itself.",
    };
  }
}

async function said(answer) {
  const body = await answer.json().catch(() => null);
  return body?.error?.message ?? "";
}

async function whyBusy(ask) {
  const { ok } = await ask("readyz");
  const reason = ok ? "All of its sessions are taken." : "Its speech engine is starting.";
  return `${reason} This page tries again by itself.`;
}
