"""The page at `/`: files of `web_demo/`, and headers that hold it to what this server sends."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

_HERE = Path(__file__).parent

FOLDERS = (_HERE / "web_demo", _HERE.parent / "web_demo")
"""Where the page may lie: beside this module in an installed wheel, beside the package in a checkout."""

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Told here and not guessed: some systems believe other things of .js, and browsers then do not run it."""

HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def demo_routes() -> list[Route]:
    """Return the routes of the page: `/`, and what it loads under `/demo/`."""
    folder = next(folder for folder in FOLDERS if folder.is_dir())
    files = StaticFiles(directory=folder)

    async def answer(path: str, request: Request) -> Response:
        response = await files.get_response(path, request.scope)
        response.headers.update(HEADERS)
        if media_type := MEDIA_TYPES.get(Path(path).suffix):
            response.headers["Content-Type"] = media_type
        return response

    async def page(request: Request) -> Response:
        return await answer("index.html", request)

    async def asset(request: Request) -> Response:
        return await answer(request.path_params["path"], request)

    return [
        Route(path, answer, include_in_schema=False) for path, answer in (("/", page), ("/demo/{path:path}", asset))
    ]
