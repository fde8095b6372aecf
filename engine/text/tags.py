"""What a tag may be: the emotions, the events and the pauses that can be asked for, and the names of HTML's elements.

A tag is written `[laugh]` or `<laugh>`, in any case; `laughs softly`, `long-pause` and `long_pause` are spellings too.
"""

from __future__ import annotations

import re
from typing import Final


def _aliases(table: str) -> dict[str, str]:
    """Read lines of `name: other spellings, separated by commas`; a name stands for itself."""
    found: dict[str, str] = {}
    for line in table.strip().splitlines():
        name, _, others = line.strip().partition(":")
        found |= dict.fromkeys([name, *(other.strip() for other in others.split(",") if other.strip())], name)
    return found


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EMOTION_OF: Final = _aliases("""
    angry: anger, angrily, mad, furious, annoyed, irritated, frustrated
    calm: calmly, soft, softly, gentle, gently, relaxed, soothing, peaceful
    cheerful: cheerfully, cheery, playful, playfully, joking, jokingly, amused, lighthearted
    curious: curiously, inquisitive, questioning, intrigued
    disgusted: disgust
    excited: excitedly, excitement, enthusiastic, enthusiastically, thrilled, ecstatic
    fearful: fear, afraid, scared, terrified, frightened, nervous, nervously, anxious, anxiously
    happy: happily, happiness, joy, joyful, joyfully, glad, delighted
    sad: sadly, sadness, sorrowful, depressed, melancholic, disappointed, crying voice
    sarcastic: sarcastically, sarcasm, ironic, mocking, mischievous, mischievously
    serious: seriously, solemn, grave, stern, firm
    shouting: shout, shouts, yell, yells, yelling, scream, screaming, loud, loudly
    surprised: surprise, amazed, astonished, shocked
    tired: tiredly, sleepy, bored, exhausted, weary
    warm: warmly, friendly, kind, kindly, tender, affectionate, empathetic, sympathetic
    whisper: whispers, whispering, whispered, quietly
""")
_NEUTRAL: Final = frozenset({"neutral", "neutrally", "normal", "normally", "normal voice"})
_EVENT_OF: Final = _aliases("""
    chuckle: chuckles, chuckling, snicker, snickers
    clear throat: clears throat, clearing throat, throat clearing
    cough: coughs, coughing
    cry: cries, crying, sob, sobs, sobbing
    exhale: exhales, exhaling, breathes out, breath out
    gasp: gasps, gasping
    giggle: giggles, giggling
    groan: groans, groaning, moan, moans
    gulp: gulps, gulping, swallows
    hum: hums, humming
    inhale: inhales, inhaling, breath, breathe, breathes, breathes in, deep breath
    laugh: laughs, laughing, laughter, laughed, laughs softly, laughs harder, laughs loudly, soft laugh, haha
    sigh: sighs, sighing, sighed, sighs deeply
    sneeze: sneezes, sneezing
    sniff: sniffs, sniffing, sniffle, sniffles
    snort: snorts, snorting
    yawn: yawns, yawning
""")

EMOTIONS: Final = frozenset(_EMOTION_OF.values())
"""What an engine may say it can colour speech with: the names in a segment's `emotion`."""
EVENTS: Final = frozenset(_EVENT_OF.values())
"""What an engine may say it can utter between words: the names in a span's `tag`."""

PAUSES: Final = {"short pause": 250, "pause": 500, "break": 500, "silence": 500, "beat": 500, "long pause": 1000}
"""Milliseconds of the pauses that are asked for without a length."""
STRENGTHS: Final = {"none": 0, "x-weak": 100, "weak": 200, "medium": 500, "strong": 800, "x-strong": 1200}
"""Milliseconds of SSML's strengths of a break."""
MAX_PAUSE_MS: Final = 10_000
"""The longest pause, also of several that follow one another."""

NO_TAGS: Final = _names("""
    a an the and or but if in on of to at by for from with as is are was were be been has have had do does did not
    he she it we they you him her them us his its their our your my this that these those who which what when where
    sic ibid edit edited link note text image source sources redacted omitted inaudible unclear blank optional
    name date time number city address title email url
""") | {"citation needed", "emphasis added", "emphasis mine", "needs update", "who else", "your name"}
"""Words in square brackets that are an editor's or a placeholder, not a tag: they are read."""

THINKING: Final = _names("think thinking reasoning thought scratchpad")
"""Elements whose content a model says to itself."""
UNSPOKEN: Final = _names("script style")
"""HTML elements whose content is not text."""
CELLS: Final = _names("td th")
BLOCKS: Final = _names("""
    address article aside blockquote body br center dd details dialog div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 head header hr html legend li main nav ol option p pre section select summary table tbody tfoot
    thead title tr ul speak paragraph sentence
""")
"""Elements that end a block where they begin and where they end."""
INLINE: Final = _names("""
    a abbr acronym area audio b base bdi bdo big button canvas caption cite code col colgroup data datalist del dfn em
    embed font i iframe img input ins kbd label link map mark meta meter noscript object output param picture progress
    q rp rt ruby s samp slot small source span strike strong sub sup svg path template textarea track tt u var video
    wbr emphasis lang phoneme prosody say-as voice w mstts:express-as
""")
"""Elements, of HTML and of SSML, that are left out of the text without a trace."""

_SEPARATORS = re.compile(r"[ _-]+")
_LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,3})?|\.\d{1,3})\s*(ms|msec|milliseconds?|s|sec|secs|seconds?)?")


def words_of(tag: str) -> str:
    """Return a tag's words as the tables have them: in lower case, with a space between."""
    return _SEPARATORS.sub(" ", tag.lower()).strip()


def emotion(words: str) -> str | None:
    """Return the emotion that these words name, "" for the neutral one; None if they name none."""
    return "" if words in _NEUTRAL else _EMOTION_OF.get(words)


def event(words: str) -> str | None:
    """Return the event that these words name, or None."""
    return _EVENT_OF.get(words)


def length_ms(written: str) -> int | None:
    """Return the milliseconds of a length such as `300ms`, `1.5s` or `2` (seconds), at most MAX_PAUSE_MS, or None."""
    match = _LENGTH.fullmatch(written.strip().lower())
    if match is None:
        return None
    scale = 1 if (match[2] or "s").startswith("m") else 1000
    return min(round(float(match[1]) * scale), MAX_PAUSE_MS)
