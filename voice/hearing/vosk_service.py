"""Speech to text in the pipeline: a client of the recogniser process, in the framework's shape.

Audio goes to the recogniser only while the voice activity detector hears a voice, with what came just before it: so
silence, hum and music between utterances are never read as words, and an idle call costs nothing.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

from loguru import logger
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InterimTranscriptionFrame,
    StartFrame,
    SystemFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import STTService
from pipecat.transcriptions.language import Language
from pipecat.utils.time import time_now_iso8601
from pipecat.utils.types import NOT_GIVEN, NotGiven
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from voice.hearing.heard import Utterance, Word
from voice.lines.line import FRAME_MILLISECONDS

# The detector needs about 100 ms to be sure; a soft first consonant lies before that.
PRE_ROLL_MILLISECONDS = 400
CONNECT_SECONDS = 2.0
FINAL_SECONDS = 2.0
# A voice but no word for so long: the recogniser is stuck (or the line carries something else).
STUCK_SECONDS = 4.0
BATCH_FRAMES = 3
PAUSE_BETWEEN_ATTEMPTS = 1.0


@dataclass
class VoskSettings(STTSettings):
    """`grammar`: phrases to hear, None for everything; changed between utterances by an STTUpdateSettingsFrame."""

    grammar: Sequence[str] | None | NotGiven = field(default_factory=lambda: NOT_GIVEN)


@dataclass
class RecogniserStateFrame(SystemFrame):
    """The recogniser came (True) or went (False); while it is away the call goes on by keys."""

    available: bool = False


class VoskSTTService(STTService):
    """Recognises one call through the recogniser process at `url`.

    Pushes InterimTranscriptionFrame while the caller speaks and, at the end of each utterance, one finalized
    TranscriptionFrame whose `result` is an Utterance; its text is empty where nothing was understood. Connection
    loss is told by RecogniserStateFrame and mended in the background; it never fails the pipeline.
    """

    def __init__(self, *, url: str, **kwargs: Any) -> None:
        super().__init__(
            sample_rate=8000,
            ttfs_p99_latency=0.3,
            settings=VoskSettings(model=None, language=Language.DE, grammar=None),
            **kwargs,
        )
        self._url = url
        self._socket: ClientConnection | None = None
        self._connection: asyncio.Task[None] | None = None
        self._pre_roll: deque[bytes] = deque(maxlen=PRE_ROLL_MILLISECONDS // FRAME_MILLISECONDS)
        self._batch: list[bytes] = []
        self._speaking = False
        self._grammar: list[str] | None = None
        self._new_grammar = False
        self._awaited: asyncio.Future[dict[str, Any]] | None = None
        self._voiced_since_word = 0.0

    async def start(self, frame: StartFrame) -> None:
        """Connect in the background; a call never waits for its recogniser."""
        await super().start(frame)
        self._connection = self.create_task(self._stay_connected(), name="recogniser")

    async def stop(self, frame: EndFrame) -> None:
        """Disconnect."""
        await super().stop(frame)
        await self._disconnect()

    async def cancel(self, frame: CancelFrame) -> None:
        """Disconnect at once."""
        await super().cancel(frame)
        await self._disconnect()

    async def cleanup(self) -> None:
        """Disconnect, however the pipeline ended."""
        await super().cleanup()
        await self._disconnect()

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Send a frame while the caller speaks, else keep it for the next utterance's start."""
        if not self._speaking:
            self._pre_roll.append(audio)
        else:
            self._batch.append(audio)
            self._voiced_since_word += FRAME_MILLISECONDS / 1000
            if len(self._batch) >= BATCH_FRAMES:
                await self._send_batch()
            if self._voiced_since_word > STUCK_SECONDS and self._socket is not None:
                logger.warning("recogniser hears a voice but no words; connecting anew")
                self._voiced_since_word = 0.0
                await self._socket.close()
        yield None

    async def _handle_vad_user_started_speaking(self, frame: VADUserStartedSpeakingFrame) -> None:
        await super()._handle_vad_user_started_speaking(frame)
        if self._new_grammar:
            self._new_grammar = False
            await self._send(json.dumps({"grammar": self._grammar}, ensure_ascii=False))
        self._speaking = True
        self._voiced_since_word = 0.0
        self._batch = list(self._pre_roll)
        self._pre_roll.clear()
        await self._send_batch()

    async def _handle_vad_user_stopped_speaking(self, frame: VADUserStoppedSpeakingFrame) -> None:
        await super()._handle_vad_user_stopped_speaking(frame)
        await self._send_batch()
        self._speaking = False
        result = await self._final()
        heard = Utterance(tuple(Word(**word) for word in result.get("words", [])), result.get("free", ""))
        await self.push_frame(TranscriptionFrame(
            text=heard.text, user_id="", timestamp=time_now_iso8601(), language=Language.DE, result=heard,
            finalized=True,
        ))

    async def _update_settings(self, delta: STTSettings) -> dict[str, Any]:  # type: ignore[override]
        changed = await super()._update_settings(delta)
        if "grammar" in changed:
            grammar = self._settings.grammar  # type: ignore[attr-defined]
            self._grammar = list(grammar) if grammar else None
            self._new_grammar = True  # sent before the next utterance, never inside one
        return changed

    # --- the connection

    async def _stay_connected(self) -> None:
        while True:
            try:
                async with connect(
                    self._url, open_timeout=CONNECT_SECONDS, compression=None, ping_interval=None, proxy=None
                ) as socket:
                    greeting = json.loads(await asyncio.wait_for(socket.recv(), CONNECT_SECONDS))
                    if greeting.get("ready"):
                        self._socket, self._new_grammar = socket, self._grammar is not None
                        await self.push_frame(RecogniserStateFrame(available=True))
                        await self._read(socket)
            except (OSError, WebSocketException, TimeoutError, ValueError) as error:
                logger.debug(f"recogniser connection: {error!r}")
            if self._socket is not None:
                self._socket = None
                logger.warning("recogniser lost")
            if self._awaited is not None and not self._awaited.done():
                self._awaited.set_result({})
            await self.push_frame(RecogniserStateFrame(available=False))
            await asyncio.sleep(PAUSE_BETWEEN_ATTEMPTS)

    async def _read(self, socket: ClientConnection) -> None:
        async for message in socket:
            answer = json.loads(message)
            if "partial" in answer:
                self._voiced_since_word = 0.0
                await self.push_frame(InterimTranscriptionFrame(
                    text=answer["partial"], user_id="", timestamp=time_now_iso8601(), language=Language.DE
                ))
            elif self._awaited is not None and not self._awaited.done():
                self._awaited.set_result(answer)

    async def _final(self) -> dict[str, Any]:
        self._awaited = asyncio.get_running_loop().create_future()
        if not await self._send('{"final": true}'):
            return {}
        try:
            return await asyncio.wait_for(self._awaited, FINAL_SECONDS)
        except TimeoutError:
            logger.warning("recogniser did not answer in time")
            if self._socket is not None:
                await self._socket.close()
            return {}

    async def _send_batch(self) -> None:
        audio, self._batch = b"".join(self._batch), []
        if audio:
            await self._send(audio)

    async def _send(self, message: str | bytes) -> bool:
        if self._socket is None:
            return False
        try:
            await self._socket.send(message)
        except (OSError, WebSocketException):
            return False
        return True

    async def _disconnect(self) -> None:
        if self._connection is not None:
            task, self._connection = self._connection, None
            await self.cancel_task(task)
