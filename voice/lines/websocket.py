"""Calls over WebSockets at `/voice/stream`: one endpoint, four dialects, none without authentication but loopback."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

import structlog
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from voice.lines.asterisk import AsteriskLine
from voice.lines.browser import BrowserLine
from voice.lines.calls import Calls, Capacity
from voice.lines.intake import ProtocolError
from voice.lines.jambonz import JambonzLine
from voice.lines.line import Door, OnCall
from voice.lines.results import Results
from voice.lines.settings import LOOPBACK, LineSettings
from voice.lines.stream_line import MOST_BYTES, MOST_CHARACTERS, Opening, StreamLine, Unauthorised
from voice.lines.tokens import check_token
from voice.lines.twilio import TwilioLine

log = structlog.get_logger()

BEGIN_SECONDS = 5.0
DIALECTS: dict[str, Callable[[Opening], Awaitable[StreamLine]]] = {
    "browser": BrowserLine.begin,
    "asterisk": AsteriskLine.begin,
    "jambonz": JambonzLine.begin,
    "twilio": TwilioLine.begin,
}
SUBPROTOCOLS = {"media": "asterisk", "audio.jambonz.org": "jambonz"}

# Codes of the application's range, so that the other side's log says what happened.
GARBAGE, UNAUTHORISED, UNKNOWN, SILENT, BUSY, CLOSED = 4400, 4401, 4404, 4408, 4429, 1001


class StreamDoor(Door):
    """The door behind the endpoint; the process mounts `stream`."""

    name = "stream"

    def __init__(self, settings: LineSettings, capacity: Capacity, results: Results, *, secret: str) -> None:
        self._settings = settings
        self._capacity = capacity
        self._results = results
        self._secret = secret
        self._calls: Calls | None = None

    async def open(self, on_call: OnCall) -> None:
        """Take sockets from now on."""
        self._calls = Calls(on_call, self._capacity)

    async def close(self) -> None:
        """Take no more, hang up the running ones."""
        calls, self._calls = self._calls, None
        if calls is not None:
            await calls.close()

    def state(self) -> dict[str, object]:
        """Which dialects are spoken and how many calls run."""
        return {
            "listening": "/voice/stream" if self._calls is not None else None,
            "dialects": list(self._settings.stream),
            "calls": len(self._calls) if self._calls is not None else 0,
        }

    async def stream(self, websocket: WebSocket) -> None:
        """One socket, from the handshake to its end. Never raises for what the other side does."""
        name, subprotocol = dialect_of(websocket)
        await websocket.accept(subprotocol)
        calls = self._calls
        if calls is None:
            return await _close(websocket, CLOSED, "not open")
        if name not in self._settings.stream:
            return await _close(websocket, UNKNOWN, "say which dialect: ?dialect= one of those that are open")
        opening = Opening(
            websocket=websocket,
            query=websocket.query_params,
            authorised=self._authorised(websocket, name),
            secret=self._secret,
            settings=self._settings,
            results=self._results,
        )
        try:
            async with asyncio.timeout(BEGIN_SECONDS):
                line = await DIALECTS[name](opening)
        except Unauthorised:
            log.warning("stream_refused", dialect=name, reason="token")
            return await _close(websocket, UNAUTHORISED, "no valid token")
        except ProtocolError as error:
            return await _close(websocket, GARBAGE, str(error))
        except TimeoutError:
            return await _close(websocket, SILENT, "nothing came")
        except (WebSocketDisconnect, RuntimeError):
            return None
        if not self._capacity.take(standing=True):
            return await _close(websocket, BUSY, "all lines are busy")
        line.start()
        calls.begin(line)
        line.closing = await self._listen(line, websocket)
        line.over()
        await calls.finish(line)
        return None

    async def _listen(self, line: StreamLine, websocket: WebSocket) -> tuple[int, str]:
        """Read until either side ends; the code and reason to close with."""
        try:
            while not line.intake.ended:
                async with asyncio.timeout(None if line.wants_sample else self._settings.silent_peer):
                    message = await websocket.receive()
                if message["type"] == "websocket.disconnect":
                    break
                data, text = message.get("bytes"), message.get("text")
                if data is not None:
                    if len(data) > MOST_BYTES:
                        raise ProtocolError("a message is too long")
                    await line.hear(data)
                elif text is not None:
                    if len(text) > MOST_CHARACTERS:
                        raise ProtocolError("a message is too long")
                    await line.read(text)
        except TimeoutError:
            return SILENT, "nothing came for too long"
        except ProtocolError as error:
            log.warning("stream_ended", call=line.id, dialect=line.door, reason=str(error))
            return GARBAGE, str(error)
        except (WebSocketDisconnect, RuntimeError):
            pass  # the socket broke, or we closed it ourselves
        return 1000, ""

    def _authorised(self, websocket: WebSocket, dialect: str) -> bool:
        if is_local(websocket):
            return True
        if check_token(self._secret, dialect, websocket.query_params.get("token", "")):
            return True
        return dialect == "twilio" and _signed_by_twilio(websocket, self._settings)


def dialect_of(websocket: WebSocket) -> tuple[str, str | None]:
    """The dialect (empty if unknown) and the subprotocol to accept."""
    offered = websocket.scope.get("subprotocols") or []
    subprotocol = next((name for name in offered if name in SUBPROTOCOLS), None)
    name = websocket.query_params.get("dialect", "")
    if not name and subprotocol:
        name = SUBPROTOCOLS[subprotocol]
    if not name and "x-twilio-signature" in websocket.headers:  # Twilio takes no query in a stream's address
        name = "twilio"
    return name, subprotocol


def is_local(connection: HTTPConnection) -> bool:
    """Whether a socket or request comes from this machine: neither relayed for others, nor opened by a foreign page.

    Every relay must name its peer in X-Forwarded-For; the api's does, and says in X-Lotse-Peer what it makes of it.
    """
    if connection.client is None or connection.headers.get("x-lotse-peer", "loopback") != "loopback":
        return False
    forwarded = [
        address.strip()
        for header in connection.headers.getlist("x-forwarded-for")
        for address in header.split(",")
    ]
    if not all(_is_loopback(address) for address in [connection.client.host, *forwarded]):
        return False
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).hostname in ("localhost", "127.0.0.1", "::1")


def _is_loopback(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in LOOPBACK)


def _signed_by_twilio(websocket: WebSocket, settings: LineSettings) -> bool:
    """X-Twilio-Signature: base64 of the HMAC-SHA1 of the address as it stands in the TwiML, with the auth token."""
    if settings.twilio_token is None or settings.public_url is None:
        return False
    signature = websocket.headers.get("x-twilio-signature", "")
    address = settings.public_url.rstrip("/") + websocket.url.path
    key = settings.twilio_token.get_secret_value().encode()
    return any(
        hmac.compare_digest(
            base64.b64encode(hmac.new(key, variant.encode(), hashlib.sha1).digest()), signature.encode()
        )
        for variant in (address, f"{address}/")
    )


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    if websocket.application_state is WebSocketState.DISCONNECTED:
        return
    try:
        await websocket.close(code, reason[:100])
    except (RuntimeError, WebSocketDisconnect):
        log.debug("stream_closed_already")
