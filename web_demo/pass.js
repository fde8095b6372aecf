// What the page shows the server in place of a key: a token, which is renewed before it ends. The key is not kept.

const STORED = "voice-server-token"; // for a reload; it is gone with the tab, and good for speech only
const TTL_S = 3600;
const AGAIN_MS = 30_000;

export class Pass {
  constructor(base) {
    this._base = base;
    this._text = null;
    this._until = 0; // of Date.now()
    this._restore();
  }

  /** What to show; null for nothing, or nothing that is good any more. */
  get token() {
    return Date.now() < this._until ? this._text : null;
  }

  /** Exchange a key for a token. Returns null, or what is wrong: {title, advice}. */
  async obtain(key) {
    const answer = await this._ask(key).catch(() => null);
    if (answer?.ok) return this._keep(await answer.json());
    if (!answer) return { title: "The server does not answer.", advice: "Try again in a moment." };
    if (answer.status === 401) return { title: "The server does not know this key.", advice: "Check it, and enter it again." };
    const body = await answer.json().catch(() => null);
    return { title: "This key does not open here.", advice: body?.error?.message ?? `The server says ${answer.status}.` };
  }

  forget() {
    clearTimeout(this._timer);
    this._text = null;
    this._until = 0;
    sessionStorage.removeItem(STORED);
  }

  _ask(credential) {
    const headers = { Authorization: `Bearer ${credential}`, "Content-Type": "application/json" };
    const body = JSON.stringify({ ttl_s: TTL_S });
    return fetch(new URL("v1/tokens", this._base), { method: "POST", headers, body, cache: "no-store" });
  }

  _keep({ token, expires_in_s }) {
    this._hold(token, Date.now() + expires_in_s * 1000);
    sessionStorage.setItem(STORED, JSON.stringify({ token, until: this._until }));
    return null;
  }

  _restore() {
    const stored = sessionStorage.getItem(STORED);
    if (!stored) return;
    const { token, until } = JSON.parse(stored);
    this._hold(token, until);
  }

  _hold(token, until) {
    this._text = token;
    this._until = until;
    this._renewAfter(Math.max((until - Date.now()) / 2, 0));
  }

  _renewAfter(ms) {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._renew(), ms);
  }

  async _renew() {
    const { token } = this;
    if (!token) return;
    const answer = await this._ask(token).catch(() => null);
    if (token !== this.token) return; // another one has come, or it was forgotten
    if (answer?.ok) this._keep(await answer.json());
    else if (answer?.status !== 401) this._renewAfter(AGAIN_MS); // the key is gone, or its time is: the next connection tells
  }
}
