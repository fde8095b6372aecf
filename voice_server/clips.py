"""Has a stranger's recording decoded in a process of its own: see `engine.audio.clip`."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process

from engine.audio.clip import BAD, GOOD
from voice_server.errors import BadClip

PATIENCE_S = 20.0
"""Twice what decoding may take of a processor."""

_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
"""All that the process is given of it: what else is in ours, such as keys, is not for decoders."""


async def listen(data: bytes) -> bytes:
    """Return a clip's samples: float32, little-endian, 16 kHz. Raises BadClip."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "engine.audio.clip"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            said, _ = await process.communicate(data)
    except TimeoutError:
        raise BadClip("the clip takes too long to decode: save it again, as WAV") from None
    finally:
        await _end(process)
    if said[:1] == BAD:
        raise BadClip(said[1:].decode("utf-8", "replace"))
    if said[:1] != GOOD or process.returncode:
        raise BadClip("the clip cannot be decoded within the limits: save it again, as WAV")
    return said[1:]


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()
