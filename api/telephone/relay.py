"""`/voice/stream`: passes media streams of exchanges and of the browser on to the voice process.

Frames, text, subprotocol, query and close codes go both ways unchanged. The voice process decides who gets in; it is
told in `X-Lotse-Peer` whether the stream comes from this machine ("loopback") or from elsewhere ("remote").
"""

import asyncio
import contextlib
import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()

MESSAGE_BYTES = 64 * 1024  # the largest frame of an exchange is 20 ms; Asterisk sends at most 65,500 bytes
PATIENCE_SECONDS = 2.0
AWAY, REFUSED, BROKEN = 1013, 1008, 1011
# Belong to one hop each, are made anew, or would let a peer say who it is.
NOT_PASSED_ON = {
    "host", "connection", "upgrade", "content-length", "transfer-encoding", "cookie", "x-forwarded-for",
    "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded", "via", "x-lotse-peer",
}  # fmt: skip
PROXY_HEADERS = {"x-forwarded-for", "x-real-ip", "forwarded", "via"}


@router.websocket("/voice/stream")
async def stream(peer: WebSocket) -> None:
    """Join a stream with the voice process until one of them closes."""
    address = peer.app.state.settings.voice_address.replace("http", "ws", 1)
    query = f"?{peer.url.query}" if peer.url.query else ""
    try:
        voice = await connect(
            f"{address}/voice/stream{query}",
            additional_headers=passed_on(peer),
            subprotocols=[Subprotocol(name) for name in peer.scope.get("subprotocols", [])] or None,
            max_size=MESSAGE_BYTES,
            open_timeout=PATIENCE_SECONDS,
            close_timeout=PATIENCE_SECONDS,
            compression=None,
            ping_interval=None,  # the peers' own pings and the silence of a dead call are noticed by the voice process
            user_agent_header=None,
            proxy=None,
        )
    except InvalidStatus as refused:
        await _close_early(peer, REFUSED if refused.response.status_code in {401, 403} else AWAY)
        return
    except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
        log.warning("voice_unavailable", error=type(error).__name__)
        await _close_early(peer, AWAY)
        return
    try:
        await peer.accept(subprotocol=voice.subprotocol)
        await _join(peer, voice)
    finally:
        await voice.close()


def passed_on(peer: WebSocket) -> list[tuple[str, str]]:
    """The peer's own headers, and where it stands."""
    kept = [
        (name, value)
        for name, value in peer.headers.items()
        if name not in NOT_PASSED_ON and not name.startswith("sec-websocket-")
    ]
    client = peer.client.host if peer.client else ""
    local = is_local(client, peer.headers.keys(), peer.headers.get("origin"), peer.headers.get("host"))
    # A proxy that does not name its peer must not make the whole world look like this machine.
    address = client if local or not _is_loopback(client) else "unknown"
    return [*kept, ("X-Forwarded-For", address), ("X-Lotse-Peer", "loopback" if local else "remote")]


def is_local(client: str, headers: Iterable[str], origin: str | None, host: str | None) -> bool:
    """Whether a stream comes from this machine itself: not through a proxy, not from a page of somebody else."""
    foreign_page = origin is not None and urlsplit(origin).netloc != host
    return _is_loopback(client) and not foreign_page and not PROXY_HEADERS & {name.lower() for name in headers}


def _is_loopback(client: str) -> bool:
    try:
        return ipaddress.ip_address(client).is_loopback
    except ValueError:
        return False


async def _join(peer: WebSocket, voice: ClientConnection) -> None:
    """Copy both ways; the first to close closes the other with its code."""

    async def to_voice() -> tuple[bool, int, str]:
        try:
            while True:
                event = await peer.receive()
                if event["type"] == "websocket.disconnect":
                    return True, event.get("code") or 1000, event.get("reason") or ""
                message = event.get("bytes") if event.get("bytes") is not None else event.get("text")
                if message is None:
                    continue
                if len(message) > MESSAGE_BYTES:
                    return True, 1009, ""
                await voice.send(message)
        except ConnectionClosed as closed:
            return False, *_code(closed)
        except WebSocketDisconnect as gone:
            return True, gone.code, gone.reason or ""

    async def to_peer() -> tuple[bool, int, str]:
        try:
            while True:
                message = await voice.recv()
                if isinstance(message, bytes):
                    await peer.send_bytes(message)
                else:
                    await peer.send_text(message)
        except ConnectionClosed as closed:
            return False, *_code(closed)
        except (RuntimeError, WebSocketDisconnect):  # the peer has gone while we were sending
            return True, 1001, ""

    tasks = {asyncio.create_task(to_voice()), asyncio.create_task(to_peer())}
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    by_peer, code, reason = done.pop().result()
    sendable = code if code in {1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)} else BROKEN
    with contextlib.suppress(RuntimeError, ConnectionClosed, OSError):
        await voice.close(sendable, reason)
    if not by_peer or code == 1009:
        with contextlib.suppress(RuntimeError):
            await peer.close(sendable, reason)


def _code(closed: ConnectionClosed) -> tuple[int, str]:
    """The other side's code; without one the connection broke."""
    return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (BROKEN, "")


async def _close_early(peer: WebSocket, code: int) -> None:
    """Accept, then close with the code: a refused handshake would tell a browser nothing."""
    await peer.accept()
    await peer.close(code)
