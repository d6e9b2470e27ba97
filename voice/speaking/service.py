"""Speech as a Pipecat service: text frames in, frames of sound out, portion by portion.

    service = SpeechSynthesis(speech)
    pipeline = Pipeline([transport.input(), …, service, transport.output()])

Say something with `TTSSpeakFrame(text)`, or with `SayFrame(text, cacheable=True)` where nothing personal is in it.
Behind the sound of every portion comes a `PortionSpoken`: what arrives behind the output transport was played.
Slower and louder during the call: `TTSUpdateSettingsFrame(delta=SpeechSettings(pace=0.85, gain=4.0))`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from pipecat.frames.frames import DataFrame, ErrorFrame, Frame, TTSAudioRawFrame, TTSSpeakFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.utils.types import NOT_GIVEN, NotGiven, is_given

from voice.lines.line import FRAME_BYTES, SAMPLE_RATE
from voice.speaking.speech import Manner, Speech
from voice.speaking.voices import VoiceFailed

_CHUNK_BYTES = 2 * FRAME_BYTES  # 40 ms: an interruption throws the rest away


@dataclass
class SpeechSettings(TTSSettings):
    """What can change during a call: `pace` 0.8 (slower) to 1.2, `gain` -6 to +6 dB (louder)."""

    pace: float | NotGiven = field(default_factory=lambda: NOT_GIVEN)
    gain: float | NotGiven = field(default_factory=lambda: NOT_GIVEN)


@dataclass
class SayFrame(TTSSpeakFrame):
    """A text to say. `cacheable`: nothing personal is in it, so its sound may be kept."""

    cacheable: bool = False


@dataclass
class PortionSpoken(DataFrame):
    """Stands behind the sound of a portion: `words` as they were said, portion `number` (from 0) of the context."""

    words: str = ""
    number: int = 0
    context_id: str | None = None


class SpeechSynthesis(TTSService):
    """Speaks whatever text frame comes, by way of a `Speech` that all calls share.

    A text that no voice can say becomes an ErrorFrame, never an exception in the pipeline.
    """

    Settings = SpeechSettings
    _settings: SpeechSettings

    def __init__(self, speech: Speech, *, pace: float = 1.0, gain: float = 0.0, **kwargs: Any) -> None:
        """`pace` 0.8 to 1.2, `gain` -6 to +6 dB at the start; `kwargs` go to pipecat's TTSService."""
        super().__init__(
            sample_rate=SAMPLE_RATE,
            push_start_frame=True,
            push_stop_frames=True,
            max_consecutive_zero_audio_contexts=0,  # a sentence without sound must not end the voice of the call
            settings=SpeechSettings(model=None, voice=None, language=None, pace=pace, gain=gain),
            **kwargs,
        )
        self._speech = speech
        self._cacheable = False

    def can_generate_metrics(self) -> bool:
        """Time to first sound is measured."""
        return True

    @property
    def manner(self) -> Manner:
        """How the next text is said."""
        pace, gain = self._settings.pace, self._settings.gain
        return Manner(pace if is_given(pace) else 1.0, gain if is_given(gain) else 0.0)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """As pipecat does, and remembers for a SayFrame whether its sound may be kept."""
        if isinstance(frame, TTSSpeakFrame):  # other frames pass while it is being said
            self._cacheable = isinstance(frame, SayFrame) and frame.cacheable
        await super().process_frame(frame, direction)

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Frames of 40 ms, and a PortionSpoken behind each portion."""
        number = 0
        try:
            async for portion in self._speech.portions(text, cacheable=self._cacheable, manner=self.manner):
                for start in range(0, len(portion.audio), _CHUNK_BYTES):
                    await self.stop_ttfb_metrics()
                    yield TTSAudioRawFrame(
                        portion.audio[start : start + _CHUNK_BYTES], SAMPLE_RATE, 1, context_id=context_id
                    )
                yield PortionSpoken(words=portion.words, number=number, context_id=context_id)
                number += 1
        except VoiceFailed as error:
            yield ErrorFrame(error=str(error))
        finally:
            await self.stop_ttfb_metrics()
