// The language and voice pickers.

const names = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });

function primary(tag) {
  return tag.toLowerCase().split("-")[0];
}

/** "English (America)" among the voices of English is "America". */
function shortName(voice) {
  return /\((.+)\)$/.exec(voice.name)?.[1] ?? voice.name;
}

export class VoicePickers {
  constructor(language, voice, variant, variantField) {
    Object.assign(this, { _language: language, _voice: voice, _variant: variant, _variantField: variantField });
    this._voices = [];
    language.addEventListener("change", () => this._fillVoices());
  }

  /** Show what GET /v1/voices answered, keeping the choice if it is still there. */
  fill({ default: fallback, voices, variants }) {
    const chosen = this._voice.value;
    this._voices = voices;
    this._default = fallback;
    const languages = new Map(voices.map((voice) => [primary(voice.language), voice.name.replace(/ \(.*/, "")]));
    const options = [...languages].map(([tag, name]) => new Option(names.of(tag) ?? name, tag));
    this._language.replaceChildren(...options.sort((a, b) => a.text.localeCompare(b.text)));
    this._variant.replaceChildren(...variants.map((id) => new Option(id, id)));
    this._variant.prepend(new Option("plain", "", true, true));
    this._variantField.hidden = variants.length === 0;
    this._select(voices.find(({ id }) => id === chosen) ?? voices.find(({ id }) => id === fallback) ?? voices[0]);
  }

  /** Choose a voice that speaks a language, if there is one. */
  speakLanguage(tag) {
    const own = this.chosen;
    if (own && primary(own.language) === primary(tag)) return;
    const exact = this._voices.find(({ language }) => language.toLowerCase() === tag.toLowerCase());
    const near = exact ?? this._voices.find(({ language }) => primary(language) === primary(tag));
    if (near) this._select(near);
  }

  get chosen() {
    return this._voices.find(({ id }) => id === this._voice.value) ?? null;
  }

  /** What the protocol calls the voice; undefined before any is known. */
  get voiceId() {
    if (!this._voice.value) return undefined;
    return this._variant.value ? `${this._voice.value}+${this._variant.value}` : this._voice.value;
  }

  _select(voice) {
    if (!voice) return;
    this._language.value = primary(voice.language);
    this._fillVoices();
    this._voice.value = voice.id;
  }

  _fillVoices() {
    const spoken = this._voices.filter(({ language }) => primary(language) === this._language.value);
    const preferred = spoken.find(({ id }) => id === this._default) ?? spoken[0];
    this._voice.replaceChildren(...spoken.map((voice) => new Option(shortName(voice), voice.id)));
    if (preferred) this._voice.value = preferred.id;
  }
}
