"""Live events to browsers and consoles through one interface: in this process, or over Redis for several."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Protocol, TypedDict

import redis
import redis.asyncio
import structlog

log = structlog.get_logger()

QUEUE_LIMIT = 256  # a reader that falls this far behind is cut off; it reconnects and reads from the database


class Event(TypedDict):
    """`type` names the server-sent event, `data` is its JSON body."""

    type: str
    data: dict[str, object]


class EventBus(Protocol):
    """Publish from any thread; subscribe from the event loop. Nothing is kept for absent readers."""

    def publish(self, channel: str, event: Event) -> None:
        """Send to everybody who listens on the channel now. Never raises."""

    def subscribe(self, channel: str) -> contextlib.AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Listen; registered as soon as the context is entered."""


class LocalEventBus:
    """Events within one process."""

    def __init__(self) -> None:
        self._queues: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Queue[Event | None]]]] = defaultdict(set)

    def publish(self, channel: str, event: Event) -> None:
        """See `EventBus`."""
        for loop, queue in list(self._queues.get(channel, ())):
            with contextlib.suppress(RuntimeError):  # the reader's loop has closed
                loop.call_soon_threadsafe(_offer, queue, event)

    @contextlib.asynccontextmanager
    async def subscribe(self, channel: str) -> AsyncIterator[AsyncIterator[Event]]:
        """See `EventBus`."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        entry = (asyncio.get_running_loop(), queue)
        self._queues[channel].add(entry)
        try:
            yield _drain(queue)
        finally:
            self._queues[channel].discard(entry)
            if not self._queues[channel]:
                del self._queues[channel]


class RedisEventBus:
    """Events between processes; a Redis that is away costs liveness, never a request."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._publisher = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)

    def publish(self, channel: str, event: Event) -> None:
        """See `EventBus`."""
        try:
            self._publisher.publish(f"lotse:{channel}", json.dumps(event))
        except redis.RedisError as error:
            log.warning("event_not_published", channel=channel, error=str(error))

    @contextlib.asynccontextmanager
    async def subscribe(self, channel: str) -> AsyncIterator[AsyncIterator[Event]]:
        """See `EventBus`."""
        client = redis.asyncio.Redis.from_url(self._url)
        try:
            pubsub = client.pubsub(ignore_subscribe_messages=True)
            await pubsub.subscribe(f"lotse:{channel}")

            async def read() -> AsyncIterator[Event]:
                async for message in pubsub.listen():
                    yield json.loads(message["data"])

            yield read()
        finally:
            await client.aclose()


def make_event_bus(redis_url: str | None) -> EventBus:
    """The bus that the setting asks for."""
    return RedisEventBus(redis_url) if redis_url else LocalEventBus()


def _offer(queue: asyncio.Queue[Event | None], event: Event) -> None:
    if queue.qsize() < QUEUE_LIMIT:
        queue.put_nowait(event)
    elif queue.qsize() == QUEUE_LIMIT:
        queue.put_nowait(None)


async def _drain(queue: asyncio.Queue[Event | None]) -> AsyncIterator[Event]:
    while (event := await queue.get()) is not None:
        yield event
