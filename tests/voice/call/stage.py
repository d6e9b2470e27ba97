"""A whole call without a voice: words and frames are given, what Lotse says is heard at once, the hub is scripted."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from talk import PlainReader, sentences, words

from voice.call.call import Call, Exchange, Listening
from voice.call.hub import Hub
from voice.lines.line import FRAME_BYTES, SILENT_FRAME, Digit, Line
from voice.lines.transport import HeardFrame, HungUpFrame, MarkFrame
from voice.settings import VoiceSettings

Reply = dict[str, Any]


def bot(spoken: str, *, kind: str = "form", expects: tuple[str, str] | None = None) -> Reply:
    """A message of the hub; expects: kind and slot of its question."""
    data = {"expects": {"kind": expects[0], "slot": expects[1]}} if expects else {}
    return {"role": "bot", "kind": kind, "text": spoken, "spoken": spoken, "data": data, "choices": [], "citations": []}


class ScriptedHub:
    """Answers each turn with the next replies; keeps the turns and the sounds it was given."""

    def __init__(self, *turns: Sequence[Reply], sound: int = 201) -> None:
        self.turns = list(turns)
        self.told: list[str] = []
        self.sounds: list[bytes] = []
        self._sound = sound

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        if path == "/conversations":
            greeting = bot("Guten Tag. Wie kann ich helfen?", kind="text")
            return httpx.Response(201, json={"id": "c1", "state": "bot", "messages": [greeting]})
        if path.endswith("/sound"):
            assert b'name="consent"\r\n\r\ntrue' in request.content
            self.sounds.append(request.content[request.content.index(b"RIFF") : request.content.rindex(b"\r\n--")])
            return httpx.Response(self._sound, json={"receipt": "M-1", "seconds": 1})
        if path.endswith("/messages"):
            body = json.loads(request.content)
            self.told.append(body.get("text") or body["payload"])
            return httpx.Response(201, json={"state": "bot", "messages": list(self.turns.pop(0))})
        return httpx.Response(204)


class SilentLine(Line):
    """Keeps what the caller's screen is shown."""

    door = "stage"

    def __init__(self) -> None:
        self.id = "stage"
        self.shown: list[dict[str, object]] = []

    async def received(self) -> AsyncIterator[bytes | Digit]:
        """Nothing: frames are given to the pipeline."""
        return
        yield b""

    async def write(self, audio: bytes) -> None:
        """Nobody listens."""

    def flush(self) -> None:
        """Nothing waits."""

    async def drained(self) -> None:
        """At once."""

    async def hangup(self) -> None:
        """Nothing to end."""

    async def show(self, event: dict[str, object]) -> None:
        """Keep it."""
        self.shown.append(event)


class Loudspeaker(FrameProcessor):
    """What is to be said was heard at once; `deaf` while it takes for ever."""

    deaf = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, MarkFrame) and not self.deaf:
            await self.push_frame(HeardFrame(number=frame.number), FrameDirection.UPSTREAM)
        await self.push_frame(frame, direction)


class StagedCall(Call):
    """The call's processor between the test and a loudspeaker."""

    def _pipeline(self) -> PipelineWorker:
        self.loudspeaker = Loudspeaker()
        self.worker = PipelineWorker(
            Pipeline([self.processor, self.loudspeaker]), enable_rtvi=False, enable_turn_tracking=False,
            idle_timeout_secs=None, check_dangling_tasks=False,
        )  # fmt: skip
        return self.worker


class Stage:
    """The caller's side of a staged call."""

    def __init__(self, call: StagedCall, line: SilentLine, hub: ScriptedHub) -> None:
        self.call, self.line, self.hub = call, line, hub

    @property
    def recorded(self) -> int:
        """Bytes of the caller that lie in memory."""
        return self.call.processor._recording.held

    async def until(self, holds: Callable[[], bool], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.01)

    async def asked(self, slot: str) -> None:
        """Wait until this is the open question."""
        await self.until(lambda: self.open_question == slot)

    @property
    def open_question(self) -> str | None:
        asked = [event["slot"] for event in self.line.shown if event["type"] == "expects"]
        return str(asked[-1]) if asked else None

    @property
    def said(self) -> str:
        """All that Lotse said."""
        return " ".join(str(e["text"]) for e in self.line.shown if e["type"] == "transcript" and e["role"] == "lotse")

    async def sound(self, frames: int, value: int = 0) -> None:
        """Frames of the line, every byte this value."""
        await self.call.worker.queue_frames(
            [
                InputAudioRawFrame(bytes([value]) * FRAME_BYTES if value else SILENT_FRAME, 8000, 1)
                for _ in range(frames)
            ]
        )

    async def say(self, text: str, *, frames: int = 25, value: int = 7) -> None:
        """Say something: silence, a voice as long as so many frames, silence."""
        await self.sound(10)
        await self.call.worker.queue_frames([VADUserStartedSpeakingFrame()])
        await self.sound(frames, value)
        heard = words(text)
        await self.call.worker.queue_frames(
            [
                VADUserStoppedSpeakingFrame(),
                TranscriptionFrame(text=heard.text, user_id="", timestamp="", result=heard),
            ]
        )

    async def press(self, key: str) -> None:
        await self.call.worker.queue_frames([InputDTMFFrame(button=KeypadEntry(key))])

    async def hang_up(self) -> None:
        await self.call.worker.queue_frames([HungUpFrame()])


@asynccontextmanager
async def staged(hub: ScriptedHub, **settings: Any) -> AsyncIterator[Stage]:
    """A call whose greeting was heard; its end is waited for."""
    made = VoiceSettings(**settings)
    line = SilentLine()
    exchange = Exchange(
        made, Hub(made, httpx.MockTransport(hub)), None, sentences,  # type: ignore[arg-type]
        lambda _: Listening(lambda _expectation, _spelling: None, PlainReader()),
    )  # fmt: skip
    call = StagedCall(line, exchange)
    running = asyncio.create_task(call.run())
    stage = Stage(call, line, hub)
    try:
        await stage.asked("")
        yield stage
        if not running.done():
            await stage.hang_up()
        await asyncio.wait_for(running, 15)
    finally:
        running.cancel()
    assert stage.recorded == 0, "sound outlived the call"


def on_stage(play: Callable[[], Awaitable[None]]) -> None:
    """Run an async test."""
    asyncio.run(asyncio.wait_for(play(), 60))
