"""Which encoder makes which format."""

from __future__ import annotations

from engine.audio import container, opus, pcm
from engine.audio.encoder import Encoder
from engine.audio.ogg import OggOpus
from engine.types import Output


def encoder(output: Output) -> Encoder:
    """Return a new encoder for the format of `output`. The samples given to it are at the output's rate already."""
    match output.format:
        case "pcm_s16le":
            return pcm.Plain(pcm.s16)
        case "pcm_f32le":
            return pcm.Plain(pcm.f32)
        case "mulaw":
            return pcm.Plain(pcm.mulaw)
        case "alaw":
            return pcm.Plain(pcm.alaw)
        case "opus":
            return opus.Packets(output)
        case "ogg_opus":
            return OggOpus(output)
        case "wav":
            return container.Wav(output)
        case "flac":
            return container.Flac(output)
        case "mp3":
            return container.Mp3(output)
        case "aac":
            return container.Aac(output)


def load() -> None:
    """Load the libraries of all formats: a third of a second that the first who asks for one need not wait."""
    opus.load()
    container.load()
