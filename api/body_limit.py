"""Refuses huge request bodies before they are read into memory."""

import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem

MAX_BYTES = 256 * 1024
# The sound of a message left by telephone (api/telephone): 2 MB and the form around it.
MAX_SOUND_BYTES = 2 * 1024 * 1024 + 16 * 1024


def limit_of(path: str) -> int:
    """How many bytes a request to this path may have."""
    return MAX_SOUND_BYTES if path.startswith("/api/v1/telephone/calls/") and path.endswith("/sound") else MAX_BYTES


class _TooLarge(Exception):
    pass


class BodyLimit:
    """ASGI middleware: 413 beyond the path's limit, also without a Content-Length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what arrives."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = Problem(413, "too-large", "Ihre Eingabe ist zu groß. Bitte kürzen Sie sie.")
        limit = limit_of(scope["path"])
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length) > limit:
            await problem.response()(scope, receive, send)
            return
        received = 0
        too_large = started = False

        async def counted() -> Message:
            nonlocal received, too_large
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                too_large = True
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            if too_large and not started:  # the framework's own answer to the exception is dropped for ours
                return
            started = True
            await send(message)

        with contextlib.suppress(_TooLarge):
            await self._app(scope, counted, noted)
        if too_large and not started:
            await problem.response()(scope, receive, send)
