"""One visit to the page: what a person does there, what they hear, and what the page knows."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, WebSocket

RATE = 48000
AUDIBLE = 10 ** (-50 / 20)

RECORDER = """
registerProcessor("recorder", class extends AudioWorkletProcessor {
  constructor() { super(); this.kept = []; this.at = 0; }
  process([[block]]) {
    if (!block) return true;
    if (!this.kept.length) this.at = currentFrame;
    this.kept.push(...block);
    if (this.kept.length < 2048) return true;
    this.port.postMessage({ at: this.at, samples: Float32Array.from(this.kept) });
    this.kept = [];
    return true;
  }
});
"""

OVERHEAR = """(() => {
  const blocks = [];
  const { addModule } = AudioWorklet.prototype;
  AudioWorklet.prototype.addModule = async function (url) {
    await addModule.call(this, URL.createObjectURL(new Blob([RECORDER], { type: "text/javascript" })));
    return addModule.call(this, url);
  };
  const { connect } = AudioNode.prototype;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) {
      const recorder = new AudioWorkletNode(this.context, "recorder", { numberOfOutputs: 0 });
      recorder.port.onmessage = ({ data }) => blocks.push(data);
      connect.call(this, recorder);
      window.overheard.context = this.context;
    }
    return connect.call(this, to, ...rest);
  };
  window.overheard = {
    context: null,
    pressedAt: null, // context time at which Escape was pressed
    take() {
      const length = Math.max(0, ...blocks.map(({ at, samples }) => at + samples.length));
      const all = new Float32Array(length);
      for (const { at, samples } of blocks) all.set(samples, at);
      const bytes = new Uint8Array(all.buffer);
      let text = "";
      for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
      return btoa(text);
    },
  };
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") window.overheard.pressedAt = window.overheard.context?.currentTime ?? null;
  }, { capture: true });
})()"""


class Visit:
    """A page, and what was said on it: its console, its socket's messages, the addresses it asked."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.unexpected: list[str] = []
        self.asked: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.expected = ""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.unexpected.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", self._on_socket)

    def stats(self) -> dict[str, Any]:
        """What the page knows of itself."""
        found: dict[str, Any] = self.page.evaluate("voiceDemo.stats()")
        return found

    def until(self, condition: str, timeout_s: float = 15) -> None:
        """Wait until a JavaScript condition over `s`, the page's stats, is true."""
        # in the page and not by wait_for_function, which needs what the page's policy forbids
        self.page.evaluate(
            """async (end) => { for (;;) {
                const s = voiceDemo.stats();
                if (CONDITION) return;
                if (performance.now() > end) throw new Error("CONDITION did not come: " + JSON.stringify(s));
                await new Promise((resolve) => setTimeout(resolve, 10));
            } }""".replace("CONDITION", condition),
            self.page.evaluate("performance.now()") + timeout_s * 1000,
        )

    def until_open(self) -> None:
        """Wait until a person could speak."""
        self.until("s.connection === 'open' && document.getElementById('voice').value !== ''")

    def say(self, text: str) -> None:
        """Write a text and have it spoken."""
        self.until_open()
        self.page.fill("#text", text)
        self.page.click("#speak")

    def hear(self, text: str) -> dict[str, Any]:
        """Have a text spoken to its end, and return the page's stats."""
        self.say(text)
        self.until("s.state === 'done'", 40)
        return self.stats()

    def shown(self, selector: str) -> str:
        """The text a person sees there."""
        text: str = self.page.inner_text(selector)
        return text

    def recording(self) -> NDArray[np.float32]:
        """All that left for the loudspeaker from the audio clock's zero on, at RATE."""
        self.page.wait_for_timeout(100)  # until the recorder's last block is in
        return np.frombuffer(base64.b64decode(self.page.evaluate("overheard.take()")), "<f4")

    def sound(self) -> NDArray[np.float32]:
        """The recording between its first and its last sample that is not zero."""
        heard = self.recording()
        (loud,) = np.nonzero(heard)
        return heard[loud[0] : loud[-1] + 1] if len(loud) else heard[:0]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not (self.expected and re.search(self.expected, message.text)):
            self.unexpected.append(f"{message.type}: {message.text}")

    def _on_socket(self, socket: WebSocket) -> None:
        self.asked.append(socket.url)
        socket.on("framesent", lambda data: self.sent.append(json.loads(data)))


def overhear(page: Page) -> None:
    """Put a recorder before the page's loudspeaker, from its next load on. Its code is none of the page's own, which
    the page's policy would refuse: the context has to bypass it."""
    page.add_init_script(OVERHEAR.replace("RECORDER", json.dumps(RECORDER)))
