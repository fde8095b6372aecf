"""What HTTP requests hold, and their bodies: read no further than they may go."""

from __future__ import annotations

import asyncio
import json
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request

from voice_server.errors import BadJson, MessageTooLarge, TooSlow
from voice_server.fields import from_query, validate

_Model = TypeVar("_Model", bound=BaseModel)

BODY_S = 10.0
"""Seconds a body may take to come: it holds a seat meanwhile."""


async def asked_for(model: type[_Model], request: Request, max_bytes: int) -> _Model:
    """Return what is asked, from the query, and for a POST from a JSON body over it. Raises BadInput."""
    given = from_query(model, request.query_params)
    if request.method == "POST":
        given |= await json_object(request, max_bytes)
    return validate(model, given)


async def json_object(request: Request, max_bytes: int) -> dict[str, Any]:
    """Return the object a body holds, without its nulls; an empty one for no body.

    Raises BadJson, MessageTooLarge, TooSlow.
    """
    data = await whole(request, max_bytes, BODY_S)
    if not data:
        return {}
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadJson(f"the body must be one JSON object ({error})") from None
    if not isinstance(body, dict):
        raise BadJson("the body must be one JSON object")
    return {name: value for name, value in body.items() if value is not None}


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
