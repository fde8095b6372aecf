// What the server left out or could not do, as a person would say it: nothing that has to be mended.

const BY_CODE = {
  unknown_tag: (name) => `“${name}” is no tag that is known here, so it is left out.`,
  unsupported_tag: (name) => `This voice cannot do “${name}”, so it speaks on as if it were not there.`,
  text_skipped: (_, message) => `${sentence(message.split(" is not spoken")[0])} is not read aloud.`,
  unknown_language: (name) => `No voice here speaks “${name}”: another one reads it as well as it can.`,
};

/** Say a `warning` of the protocol, or one of GET /v1/text. */
export function remark({ code, message }) {
  const name = /(["'])(.+?)\1/.exec(message)?.[2] ?? "";
  return BY_CODE[code]?.(name, message) ?? `${sentence(message)}.`;
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The list in which they are shown, each once. */
export class Remarks {
  constructor(list) {
    this._list = list;
    this.clear();
  }

  clear() {
    this._list.replaceChildren();
    this._list.hidden = true;
  }

  add(warning) {
    const text = remark(warning);
    if ([...this._list.children].some((item) => item.textContent === text)) return;
    this._list.append(Object.assign(document.createElement("li"), { textContent: text }));
    this._list.hidden = false;
  }
}
