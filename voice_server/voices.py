"""`voice-server voices`: which voices a server, or an engine, speaks with; and how a server gets others."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from engine.process import EngineError, EngineProcess
from engine.types import Voice
from voice_server.client import Refused, stream_url
from voice_server.progress import Progress

__all__ = ["EngineError", "add", "ask", "fetch", "remove", "speaking", "table"]

TIMEOUT_S = 10.0

START_LIMIT_S = 600.0
"""Seconds that an engine may take to start: it may have a model to download."""

LEARNING_S = 60.0
"""Seconds that a recording may take to be sent, decoded and learnt."""


async def ask(engine: str, options: Mapping[str, Any] | None = None) -> Sequence[Voice]:
    """Return the voices of an installed engine, started with these options. Raises EngineError."""
    process = EngineProcess(engine, options, START_LIMIT_S, Progress(sys.stderr))
    await process.start()
    voices = process.info.voices
    await process.stop()
    return voices


def fetch(url: str, api_key: str | None) -> Sequence[Voice]:
    """Return the voices of the server at an address as `connect` takes it. Raises Refused."""
    told = _request(url, api_key, "GET", "", TIMEOUT_S)
    try:
        return [_voice(voice) for voice in json.loads(told)["voices"]]
    except (ValueError, KeyError, TypeError):
        raise Refused("refused", f"{url} does not answer as a voice-server does") from None


def add(url: str, api_key: str | None, asked: Mapping[str, str], clip: bytes) -> None:
    """Have a server learn a voice from a recording; `asked` is what goes into the query. Raises Refused."""
    _request(url, api_key, "POST", f"?{urlencode(asked)}", LEARNING_S, clip)


def remove(url: str, api_key: str | None, name: str) -> None:
    """Have a server part with a voice. Raises Refused."""
    _request(url, api_key, "DELETE", f"/{quote(name, safe='')}", TIMEOUT_S)


def _request(
    url: str, api_key: str | None, method: str, rest: str, within_s: float, body: bytes | None = None
) -> bytes:
    """Ask for what is below a server's list of voices; `rest` follows its path. Raises Refused."""
    parts = urlsplit(stream_url(url, {}))
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    address = f"{scheme}://{parts.netloc}{parts.path.removesuffix('/tts/stream')}/voices{rest}"
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    opener = build_opener(*([ProxyHandler({})] if local else []))
    try:
        with opener.open(Request(address, body, headers, method=method), timeout=within_s) as response:
            told: bytes = response.read()
            return told
    except HTTPError as error:
        raise Refused("refused", _reason(error)) from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        reason = "nothing listens there" if isinstance(reason, ConnectionRefusedError) else reason
        raise Refused("no_connection", f"no connection to {parts.netloc}: {reason}", retryable=True) from None


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
