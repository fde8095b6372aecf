"""Routes and lifespan: puts the doors of all dialects, and what belongs to none, into one application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from voice_server.config import Settings
from voice_server.demo import demo_routes
from voice_server.dialects import DOORS
from voice_server.doors import ListDoor, SocketDoor, SpeechDoor
from voice_server.enrolment import Enrolment
from voice_server.errors import VoiceServerError
from voice_server.front import Front, ServedLoop
from voice_server.http_doors import Requests
from voice_server.pages import Pages
from voice_server.reading import Legibility
from voice_server.refusals import on_error, on_wrong_method
from voice_server.request_ids import HEADER, WARNING, RequestIds


def create_app(settings: Settings, loop: ServedLoop) -> Starlette:
    """Build the ASGI application. `app.state.front` is its Front."""
    front = Front(settings, loop)
    app = Starlette(
        routes=[
            *_doors(front),
            *Enrolment(front).routes(),
            *Pages(front, Legibility(loop)).routes(),
            *demo_routes(),
        ],
        middleware=[Middleware(RequestIds), *_cors(settings.allowed_origins)],
        exception_handlers={VoiceServerError: on_error, 405: on_wrong_method},
        lifespan=front.lifespan,
    )
    app.state.front = front
    return app


def _doors(front: Front) -> list[BaseRoute]:
    requests = Requests(front.speaker, front.entrance)
    return [
        *(front.sockets.route(door) for door in DOORS if isinstance(door, SocketDoor)),
        *(requests.speech_route(door) for door in DOORS if isinstance(door, SpeechDoor)),
        *requests.list_routes(door for door in DOORS if isinstance(door, ListDoor)),
    ]


def _cors(origins: tuple[str, ...]) -> list[Middleware]:
    """Let pages of these origins read the answers to their HTTP requests."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key", "XI-API-Key", HEADER],
            expose_headers=["Server-Timing", "Retry-After", HEADER, WARNING],
        )
    ]
