"""All doors of the process, opened and closed together."""

import structlog
from fastapi import APIRouter
from starlette.websockets import WebSocket

from voice.lines.audiosocket import AudioSocketDoor
from voice.lines.calls import Capacity, within
from voice.lines.dialplan import dialplan_router
from voice.lines.line import Door, OnCall
from voice.lines.results import Results
from voice.lines.settings import LineSettings
from voice.lines.websocket import StreamDoor
from voice.settings import VoiceSettings

log = structlog.get_logger()

CLOSING_SECONDS = 30.0


class Doors:
    """One that cannot be opened says so and leaves the others open."""

    def __init__(self, settings: LineSettings, *, calls: int, secret: str = "") -> None:
        capacity = Capacity(calls)
        self._results = Results()
        self._secret = settings.stream_secret.get_secret_value() if settings.stream_secret else secret
        self._problems: dict[str, str] = {}
        self._stream = StreamDoor(settings, capacity, self._results, secret=self._secret)
        self.audiosocket = AudioSocketDoor(settings, capacity, self._results) if settings.audiosocket else None
        self._doors: list[Door] = [self._stream]
        if self.audiosocket is not None:
            self._doors.append(self.audiosocket)
        if settings.sip:
            from voice.lines.sip import SipDoor  # noqa: PLC0415 - a native library, loaded only where it is wanted

            self._doors.append(SipDoor(settings, capacity))

    async def open(self, on_call: OnCall) -> None:
        """Take calls."""
        for door in self._doors:
            try:
                await door.open(on_call)
            except (OSError, ValueError) as error:
                self._problems[door.name] = str(error)
                log.error("door_stays_shut", door=door.name, problem=str(error))

    async def close(self) -> None:
        """Take no more calls and hang up, one door after the other."""
        for door in self._doors:
            await within(door.close(), CLOSING_SECONDS)

    def state(self) -> dict[str, object]:
        """By door."""
        return {
            door.name: {"problem": self._problems[door.name]} if door.name in self._problems else door.state()
            for door in self._doors
        }

    async def stream(self, websocket: WebSocket) -> None:
        """The endpoint `/voice/stream`."""
        await self._stream.stream(websocket)

    def router(self) -> APIRouter:
        """What exchanges ask over HTTP; the process includes it."""
        return dialplan_router(self._results, self.audiosocket, self._secret)

    def result(self, call: str) -> str | None:
        """Where the exchange puts its call through to after we gave it back, or None: nowhere."""
        return self._results.of(call)


def make_doors(settings: LineSettings, voice: VoiceSettings) -> Doors:
    """The doors an operator has asked for."""
    return Doors(settings, calls=voice.voice_calls, secret=voice.service_token)
