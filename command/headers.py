"""Headers that keep the page to itself, and the refusal of acts that another page asks for."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SafeHeaders:
    """Adds `HEADERS` to every answer; plain ASGI, since a wrapped stream must see its reader leave."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before *app*."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope["path"].startswith("/api/") or scope["path"] == "/":
                    headers["Cache-Control"] = "no-store"
            await send(message)

        if scope["method"] in ("GET", "HEAD") or _from_this_page(scope):
            await self._app(scope, receive, send_safely)
        else:
            await JSONResponse({"detail": "Acts are taken from this page only."}, status_code=403)(scope, receive, send_safely)


def _from_this_page(scope: Scope) -> bool:
    """Whether a browser that names the asking page names this one."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    return origin is None or origin == f"{scope['scheme']}://{headers.get('host', '')}"
