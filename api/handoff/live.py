"""Live events for the desk: a stream ends when its session does, and keeps the person counted as present."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable

from fastapi.concurrency import run_in_threadpool
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.events import Event, EventBus

CHECK_SECONDS = 50.0  # below the minute after which somebody is noted as seen again
PING_SECONDS = 15


def event_stream(
    events: EventBus, channel: str, *, still_allowed: Callable[[], bool], first: Event | None = None
) -> EventSourceResponse:
    """Server-sent events of one channel, after `first`. `still_allowed` is asked about once a minute."""

    async def stream() -> AsyncIterator[ServerSentEvent]:
        async with events.subscribe(channel) as live:
            if first is not None:
                yield _sent(first)
            async for event in while_allowed(live, still_allowed):
                yield _sent(event)

    return EventSourceResponse(stream(), ping=PING_SECONDS, headers={"X-Accel-Buffering": "no"})


async def while_allowed(
    live: AsyncIterator[Event], still_allowed: Callable[[], bool], every: float = CHECK_SECONDS
) -> AsyncIterator[Event]:
    """The events, until `still_allowed` says no; asked every so many seconds."""
    waiting: asyncio.Future[Event] | None = None
    checked = time.monotonic()
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(live))
            left = max(0.0, checked + every - time.monotonic())
            done, _ = await asyncio.wait({waiting}, timeout=left)
            if time.monotonic() - checked >= every:
                if not await run_in_threadpool(still_allowed):
                    return
                checked = time.monotonic()
            if done:
                try:
                    event = waiting.result()
                except StopAsyncIteration:
                    return
                waiting = None
                yield event
    finally:
        if waiting is not None:
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
                await waiting


def _sent(event: Event) -> ServerSentEvent:
    data = dict(event["data"])
    sequence = data.pop("sequence", None)
    return ServerSentEvent(
        data=json.dumps(data, ensure_ascii=False), event=event["type"], id=None if sequence is None else str(sequence)
    )
