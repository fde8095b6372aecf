"""What HTTP requests hold, and their bodies: read no further than they may go."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.requests import ClientDisconnect, Request

from voice_server.errors import BadJson, MessageTooLarge, TooSlow
from voice_server.forms import Form, M

BODY_S = 10.0
"""Seconds a body may take to come: it holds a seat meanwhile."""


async def asked_for(form: Form[M], request: Request, max_bytes: int) -> M:
    """Return what is asked, of a POST by its body too. Raises BadInput."""
    body = await json_object(request, max_bytes) if request.method == "POST" else {}
    return form.read(request.path_params, request.query_params, body)


async def json_object(request: Request, max_bytes: int) -> dict[str, Any]:
    """Return the object a body holds, without its nulls; an empty one for no body.

    Raises BadJson, MessageTooLarge, TooSlow.
    """
    data = await whole(request, max_bytes, BODY_S)
    if not data:
        return {}
    try:
        body = json.loads(data, parse_float=_number)
    except (ValueError, RecursionError) as error:
        raise BadJson(f"the body must be one JSON object ({error})") from None
    if not isinstance(body, dict):
        raise BadJson("the body must be one JSON object")
    return {name: value for name, value in body.items() if value is not None}


def _number(written: str) -> float:
    """Return a number; as an integer if it is one: JSON has only one kind, and some write 180.0 for 180."""
    number = float(written)
    return int(number) if number.is_integer() else number


async def whole(request: Request, max_bytes: int, within_s: float) -> bytes:
    """Return all of a body. Raises MessageTooLarge, TooSlow."""
    try:
        async with asyncio.timeout(within_s):
            return bytes(await _read(request, max_bytes))
    except TimeoutError:
        raise TooSlow(f"the body did not come within {within_s:g} s: send it whole") from None


async def _read(request: Request, max_bytes: int) -> bytearray:
    data = bytearray()
    try:
        async for part in request.stream():
            data += part
            if len(data) > max_bytes:
                raise MessageTooLarge(f"a body has at most {max_bytes} bytes here: send less at a time")
    except ClientDisconnect:
        raise TooSlow("the connection was closed before the body's end: nobody hears this") from None
    return data
