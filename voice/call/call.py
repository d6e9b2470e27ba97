"""Takes a call: builds its pipeline on a line and runs it to its end, whatever happens."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.workers.runner import WorkerRunner

from voice.call import metrics
from voice.call.endpoint import DETECTOR_SECONDS
from voice.call.hub import Hub, HubUnavailable
from voice.call.manners import Manners, Reader
from voice.call.message_sound import Consent
from voice.call.processor import CallProcessor, Grammar
from voice.hearing.vosk_service import VoskSTTService
from voice.lines.line import SAMPLE_RATE, Line
from voice.lines.transport import LineTransport
from voice.settings import VoiceSettings
from voice.speaking.service import SpeechSynthesis
from voice.speaking.speech import Speech

log = structlog.get_logger()

# Start after two windows of 32 ms: a cough only pauses the voice, which then goes on, so early is better than sure.
DETECTOR = VADParams(confidence=0.6, start_secs=0.064, stop_secs=DETECTOR_SECONDS, min_volume=0.3)
END_SECONDS = 5.0


@dataclass(frozen=True)
class Listening:
    """How a tenant's calls are understood: the grammar for an open question, and the reading of what was heard."""

    grammar: Grammar
    reader: Reader


@dataclass(frozen=True)
class Exchange:
    """What all calls of the process share."""

    settings: VoiceSettings
    hub: Hub
    speech: Speech
    split: Callable[[str], list[str]]
    listening: Callable[[str], Listening]


class Call:
    """One call, while it runs. `run` returns when it is over and never raises."""

    def __init__(self, line: Line, exchange: Exchange) -> None:
        settings = exchange.settings
        tenant = line.tenant or settings.tenant
        listening = exchange.listening(tenant)
        self.line = line
        self.processor = CallProcessor(
            line=line,
            hub=exchange.hub,
            manners=Manners(
                reader=listening.reader,
                split=exchange.split,
                can_transfer=line.can_transfer,
                overflow=settings.voice_overflow,
                consent=Consent(wanted=settings.phone_message_sound),
            ),
            grammar=listening.grammar,
            tenant=tenant,
            longest=settings.voice_longest_call,
        )
        self._exchange = exchange

    @property
    def conversation_id(self) -> str | None:
        """The hub's conversation, once it has begun."""
        conversation = self.processor.conversation
        return conversation.id if conversation else None

    async def run(self) -> None:
        """Lead the call to its end."""
        metrics.RUNNING.inc()
        worker = self._pipeline()
        running = asyncio.create_task(_run(worker))
        finished = asyncio.create_task(self.processor.finished.wait())
        try:
            await asyncio.wait({running, finished}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            finished.cancel()
            await self._close(worker, running)
            metrics.RUNNING.dec()
            metrics.CALLS.labels(door=self.line.door, outcome=self.processor.outcome).inc()

    def _pipeline(self) -> PipelineWorker:
        transport = LineTransport(self.line)
        return PipelineWorker(
            Pipeline([
                transport.input(),
                VADProcessor(vad_analyzer=SileroVADAnalyzer(sample_rate=SAMPLE_RATE, params=DETECTOR)),
                VoskSTTService(url=self._exchange.settings.recogniser_url),
                self.processor,
                SpeechSynthesis(self._exchange.speech),
                transport.output(),
            ]),
            params=PipelineParams(audio_in_sample_rate=SAMPLE_RATE, audio_out_sample_rate=SAMPLE_RATE),
            enable_rtvi=False,
            enable_turn_tracking=False,
            idle_timeout_secs=None,
            check_dangling_tasks=False,
        )

    async def _close(self, worker: PipelineWorker, running: "asyncio.Task[None]") -> None:
        conversation = self.processor.conversation
        await self.line.hangup()
        try:
            await asyncio.wait_for(worker.cancel(), END_SECONDS)
            await asyncio.wait_for(running, END_SECONDS)
        except TimeoutError:
            log.error("call_did_not_end", door=self.line.door)
            running.cancel()
        if conversation is not None and self.processor.outcome != "transferred":
            try:
                await conversation.end()
            except HubUnavailable as error:
                log.warning("conversation_not_ended", problem=str(error))


async def _run(worker: PipelineWorker) -> None:
    runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
    await runner.add_workers(worker)
    try:
        await runner.run()
    except Exception as error:
        log.error("pipeline_failed", exc_info=error)
