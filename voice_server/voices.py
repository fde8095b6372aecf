"""`voice-server voices`: which voices a server, or an engine, speaks with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from engine.process import EngineError, EngineProcess
from engine.types import Voice
from voice_server.client import Refused, stream_url

__all__ = ["EngineError", "ask", "fetch", "speaking", "table"]

TIMEOUT_S = 10.0


async def ask(engine: str) -> Sequence[Voice]:
    """Return the voices of an installed engine. Raises EngineError."""
    process = EngineProcess(engine)
    await process.start()
    voices = process.info.voices
    await process.stop()
    return voices


def fetch(url: str, api_key: str | None) -> Sequence[Voice]:
    """Return the voices of the server at an address as `connect` takes it. Raises Refused."""
    parts = urlsplit(stream_url(url, {}))
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    address = f"{scheme}://{parts.netloc}{parts.path.removesuffix('/tts/stream')}/voices"
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    opener = build_opener(*([ProxyHandler({})] if local else []))
    try:
        with opener.open(Request(address, headers=headers), timeout=TIMEOUT_S) as response:
            return [_voice(voice) for voice in json.load(response)["voices"]]
    except HTTPError as error:
        raise Refused("refused", _reason(error)) from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        reason = "nothing listens there" if isinstance(reason, ConnectionRefusedError) else reason
        raise Refused("no_connection", f"no connection to {parts.netloc}: {reason}", retryable=True) from None
    except (ValueError, KeyError, TypeError):
        raise Refused("refused", f"{parts.netloc} does not answer as a voice-server does") from None


def _voice(listed: dict[str, str]) -> Voice:
    return Voice(listed["id"], listed["name"], listed["language"])


def _reason(error: HTTPError) -> str:
    try:
        return str(json.load(error)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"the server answered HTTP {error.code}: is it a voice-server?"


def speaking(voices: Iterable[Voice], language: str) -> list[Voice]:
    """Return the voices of a language: all of `en` for `en`, those of `en-us` for `en-us`."""
    wanted = language.lower().replace("_", "-")
    return [voice for voice in voices if f"{voice.language.lower()}-".startswith(f"{wanted}-")]


def table(voices: Sequence[Voice]) -> str:
    """Return ids, languages and names, a line each."""
    rows = [("VOICE", "LANGUAGE", "NAME"), *((voice.id, voice.language, voice.name) for voice in voices)]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return "\n".join(f"{id_:{widths[0]}}  {language:{widths[1]}}  {name}" for id_, language, name in rows)
