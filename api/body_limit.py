"""Refuses huge request bodies before they are read into memory."""

import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem

MAX_BYTES = 256 * 1024


class _TooLarge(Exception):
    pass


class BodyLimit:
    """ASGI middleware: 413 beyond `MAX_BYTES`, also without a Content-Length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what arrives."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = Problem(413, "too-large", "Ihre Eingabe ist zu groß. Bitte kürzen Sie sie.")
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length) > MAX_BYTES:
            await problem.response()(scope, receive, send)
            return
        received = 0
        too_large = started = False

        async def counted() -> Message:
            nonlocal received, too_large
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BYTES:
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
