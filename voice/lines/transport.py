"""A line as a transport of the voice framework: the same for every door."""

import asyncio
from dataclasses import dataclass
from typing import Any

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    CancelFrame,
    ControlFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    StartFrame,
    SystemFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import BaseTransport, TransportParams

from voice.lines.line import SAMPLE_RATE, Digit, Line


@dataclass
class MarkFrame(ControlFrame):
    """Travels behind a piece of speech; comes back as HeardFrame once that piece was played."""

    number: int = 0


@dataclass
class HeardFrame(SystemFrame):
    """The caller heard the speech before this mark."""

    number: int = 0


@dataclass
class HungUpFrame(SystemFrame):
    """The caller is gone."""


class LineTransport(BaseTransport):
    """Both directions of a line."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        params = TransportParams(
            audio_in_enabled=True,
            audio_in_sample_rate=SAMPLE_RATE,
            audio_out_enabled=True,
            audio_out_sample_rate=SAMPLE_RATE,
            audio_out_10ms_chunks=2,
            audio_out_end_silence_secs=0,
        )
        self._input = LineInput(line, params)
        self._output = LineOutput(line, params)

    def input(self) -> FrameProcessor:
        """The start of the pipeline."""
        return self._input

    def output(self) -> FrameProcessor:
        """The end of the pipeline."""
        return self._output


class LineInput(BaseInputTransport):
    """Pushes what the caller says and presses; a HungUpFrame at the end."""

    def __init__(self, line: Line, params: TransportParams, **kwargs: Any) -> None:
        super().__init__(params, **kwargs)
        self._line = line
        self._reading: asyncio.Task[None] | None = None

    async def start(self, frame: StartFrame) -> None:
        """Begin to read the line."""
        await super().start(frame)
        self._reading = self.create_task(self._read(), name="line")
        await self.set_transport_ready(frame)

    async def stop(self, frame: EndFrame) -> None:
        """Read no more."""
        await super().stop(frame)
        await self._stop_reading()

    async def cancel(self, frame: CancelFrame) -> None:
        """Read no more."""
        await super().cancel(frame)
        await self._stop_reading()

    async def cleanup(self) -> None:
        """Read no more, however the pipeline ended."""
        await super().cleanup()
        await self._stop_reading()

    async def _read(self) -> None:
        async for received in self._line.received():
            if isinstance(received, Digit):
                await self.push_frame(InputDTMFFrame(button=KeypadEntry(received.key)))
            else:
                await self.push_audio_frame(InputAudioRawFrame(received, SAMPLE_RATE, 1))
        await self.push_frame(HungUpFrame())

    async def _stop_reading(self) -> None:
        if self._reading is not None:
            task, self._reading = self._reading, None
            await self.cancel_task(task)


class LineOutput(BaseOutputTransport):
    """Plays audio on the line; the line paces it. An interruption takes back what was not played."""

    def __init__(self, line: Line, params: TransportParams, **kwargs: Any) -> None:
        super().__init__(params, **kwargs)
        self._line = line

    async def start(self, frame: StartFrame) -> None:
        """Be ready to play."""
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Flush the line before anything else happens with an interruption."""
        if isinstance(frame, InterruptionFrame):
            self._line.flush()
        await super().process_frame(frame, direction)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Play one chunk."""
        await self._line.write(frame.audio)
        return True

    async def write_transport_frame(self, frame: Frame) -> None:
        """A mark was reached: everything before it was played, but for the 60 ms in the line."""
        if isinstance(frame, MarkFrame):
            await self.push_frame(HeardFrame(number=frame.number), FrameDirection.UPSTREAM)
