"""The routes that belong to no dialect: how the server is, what it is made of, how a text is read, tokens."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from voice_server import openapi
from voice_server.bodies import json_object
from voice_server.exchange import MAX_BYTES, TOKEN_FORM, told
from voice_server.front import Front
from voice_server.reading import Legibility
from voice_server.stats import snapshot


@dataclass(frozen=True, slots=True)
class Pages:
    """Answers for a Front."""

    front: Front
    legibility: Legibility

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/tokens", self.tokens, methods=["POST"]),
            Route("/openapi.json", self.describe, include_in_schema=False),
            Route("/v1/text", self.text, methods=["GET", "POST"]),
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
            Route("/metrics", self.prometheus),
            Route("/v1/stats", self.stats),
        ]

    async def tokens(self, request: Request) -> Response:
        """A token that opens in place of the key, for a short time."""
        key = self.front.entrance.check(request, "speak")
        asked = TOKEN_FORM.read({}, {}, await json_object(request, MAX_BYTES))
        answer = told(self.front.entrance.issue(key, asked.ttl_s), time.time())
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    async def describe(self, request: Request) -> Response:
        """The HTTP interface, as OpenAPI."""
        body = await asyncio.to_thread(openapi.document, keys=self.front.entrance.wants_keys)
        return Response(body, media_type="application/json")

    async def text(self, request: Request) -> Response:
        """How a text is read, stage by stage."""
        self.front.entrance.check(request, "speak")
        return await self.legibility.show(await self.legibility.read(request))

    async def healthz(self, request: Request) -> Response:
        """Whether the process lives."""
        return PlainTextResponse("ok\n")

    async def readyz(self, request: Request) -> Response:
        """Whether a new session would be served."""
        if self.front.admission.stopping:
            return PlainTextResponse("the server is stopping\n", status_code=503)
        if self.front.loop.ready:
            return PlainTextResponse("ready\n")
        return PlainTextResponse("the engine is not ready\n", status_code=503)

    async def prometheus(self, request: Request) -> Response:
        """The metrics, for Prometheus."""
        self.front.entrance.check(request, "metrics")
        body, media_type = self.front.metrics.exposition()
        return Response(body, media_type=media_type)

    async def stats(self, request: Request) -> Response:
        """The metrics, for people."""
        self.front.entrance.check(request, "metrics")
        uptime_s = round(time.monotonic() - self.front.began_at, 3)
        about = {"version": version("voice-server"), "uptime_s": uptime_s, "engine": self.front.loop.info.name}
        return JSONResponse(about | {"stopping": self.front.admission.stopping} | snapshot(self.front.metrics))
