"""One call in the pipeline: frames in, the call's manners decide, speech and hub turns out.

    line -> voice activity -> Vosk -> CallProcessor -> speech synthesis -> line

Everything with a clock is here; what is said and when is decided in `manners.py`.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterimTranscriptionFrame,
    StartFrame,
    STTUpdateSettingsFrame,
    TranscriptionFrame,
    TTSUpdateSettingsFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from voice.call import metrics
from voice.call.endpoint import DETECTOR_SECONDS, patience
from voice.call.hub import SOUND_SECONDS, Hub, HubConversation, HubTurn, HubUnavailable
from voice.call.manners import (
    Action,
    Connect,
    DropSound,
    FindPerson,
    HangUp,
    Listen,
    Manners,
    Piece,
    Retry,
    Say,
    SendSound,
    Sound,
    Tell,
)
from voice.call.message_sound import Recording
from voice.hearing.heard import Expectation, Utterance
from voice.hearing.vosk_service import RecogniserStateFrame, VoskSettings
from voice.lines.line import Line, TransferFailed
from voice.lines.transport import HeardFrame, HungUpFrame, MarkFrame
from voice.speaking.service import SayFrame, SpeechSettings

log = structlog.get_logger()

SLOW_SECONDS = (1.2, 5.0)
RETRY_SECONDS = 1.0
QUIET_SECONDS = (5.0, 5.0, 10.0)  # after what was said last: asked at 5, again at 10, ended at 20
KEY_PAUSE_SECONDS = 3.0
LONGEST_UTTERANCE_SECONDS = 30.0

Grammar = Callable[[Expectation, bool], Sequence[str] | None]


class CallProcessor(FrameProcessor):
    """Leads one call. `grammar`: the phrases to hear for an open question (or its spelling), None for everything."""

    def __init__(
        self,
        *,
        line: Line,
        hub: Hub,
        manners: Manners,
        grammar: Grammar,
        tenant: str | None,
        longest: float,
    ) -> None:
        super().__init__()
        self._line, self._hub, self._manners, self._grammar = line, hub, manners, grammar
        self._tenant, self._longest = tenant, longest
        self.conversation: HubConversation | None = None
        self.outcome = "hung_up"
        self.finished = asyncio.Event()
        self._heard = Utterance()
        self._caller_speaks = False
        self._caller_since = 0.0
        self._caller_stopped = 0.0
        self._lotse_speaks = False
        self._speech_ended = asyncio.Event()
        self._speech_ended.set()
        self._unplayed: set[int] = set()
        self._mark = 0
        self._first_mark = 0
        self._held = False
        self._turn_key = ""
        self._after_speech: Connect | HangUp | None = None
        self._thinking: asyncio.Task[None] | None = None
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._events: asyncio.Task[None] | None = None
        self._recording = Recording()
        self._uploads: set[asyncio.Task[None]] = set()
        self._over = False

    # --- frames

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take what concerns the call; audio ends here, the rest travels on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self._recording.hear(frame.audio)
            return
        await self.push_frame(frame, direction)
        match frame:
            case StartFrame():
                self._start("greeting", 0, self._greet)
                self._start("longest", self._longest, self._too_long)
            case VADUserStartedSpeakingFrame():
                await self._caller_starts()
            case VADUserStoppedSpeakingFrame():
                self._caller_speaks, self._caller_stopped = False, time.monotonic() - DETECTOR_SECONDS
            case InterimTranscriptionFrame():
                await self._line.show({"type": "transcript", "role": "caller", "text": frame.text, "final": False})
            case TranscriptionFrame():
                await self._heard_utterance(frame.result or Utterance())
            case InputDTMFFrame():
                await self._key(frame.button.value)
            case HeardFrame():
                await self._piece_heard(frame.number)
            case BotStartedSpeakingFrame() if direction == FrameDirection.UPSTREAM:
                await self._lotse_starts()
            case BotStoppedSpeakingFrame() if direction == FrameDirection.UPSTREAM:
                self._lotse_speaks = False
                await self._maybe_finished()
            case RecogniserStateFrame():
                await self._do(self._manners.recogniser_changed(frame.available))
            case HungUpFrame():
                await self._end("hung_up")

    async def cleanup(self) -> None:
        """No task outlives the call."""
        await super().cleanup()
        self._over = True
        self._recording.forget()
        for name in list(self._timers):
            await self._stop(name)
        for task in (self._thinking, self._events):
            if task is not None:
                await self.cancel_task(task)
        self._thinking = self._events = None
        if self._uploads:  # the message was sent: its sound belongs to it, even if the caller has hung up
            await asyncio.wait(self._uploads, timeout=SOUND_SECONDS)
        for upload in list(self._uploads):
            await self.cancel_task(upload)

    # --- the caller

    async def _caller_starts(self) -> None:
        self._caller_speaks, self._caller_since = True, time.monotonic()
        self._recording.caller_starts()
        await self._stop("quiet")
        await self._stop("end_of_turn")
        self._start("utterance", LONGEST_UTTERANCE_SECONDS, self._end_of_turn)
        if self._unplayed and self._may_interrupt():
            await self._silence()

    def _may_interrupt(self) -> bool:
        rest = self._manners.speech.rest
        return not rest or rest[0].interruptible

    async def _silence(self) -> None:
        """Stop speaking at once; what was heard to its end is known by the marks."""
        self._unplayed.clear()
        self._speech_ended.set()
        self._lotse_speaks = False
        await self.broadcast_interruption()

    async def _heard_utterance(self, heard: Utterance) -> None:
        self._heard += heard
        if self._heard.text:
            await self._line.show({"type": "transcript", "role": "caller", "text": self._heard.text, "final": False})
        if self._caller_speaks:
            return
        open_question = self._manners.expectation
        texts = [word.text for word in self._heard.known] or self._heard.free_text.split()
        understood = self._manners.reader.understand(open_question, self._heard) if texts else None
        sure = understood is not None and understood.doubt is None
        closed = sure and understood is not None and bool(understood.payload or understood.command)
        if open_question.kind in ("code", "date_time"):
            closed = closed or (sure and understood is not None and bool(understood.text))
        self._start("end_of_turn", patience(open_question, texts, complete=closed), self._end_of_turn)

    async def _end_of_turn(self) -> None:
        await self._stop("utterance")
        if self._unplayed and not self._may_interrupt():  # a notice is heard to its end, then the caller's words count
            self._held = True
            return
        if self._thinking is not None and not self._thinking.done():
            self._held = True
            return
        heard, self._heard, self._held = self._heard, Utterance(), False
        if self._caller_speaks:  # very long: what there is counts, what follows is the next turn
            self._start("utterance", LONGEST_UTTERANCE_SECONDS, self._end_of_turn)
        if heard.text:
            await self._line.show({"type": "transcript", "role": "caller", "text": heard.text, "final": True})
        actions = self._manners.caller_said(heard)
        if not any(isinstance(action, Tell) for action in actions):
            self._recording.again()
        await self._do(actions)

    async def _release_held(self) -> None:
        if self._held and not self._caller_speaks:
            self._held = False
            self._start("end_of_turn", 0, self._end_of_turn)

    async def _key(self, key: str) -> None:
        await self._stop("quiet")
        await self._stop("keys")
        await self._stop("end_of_turn")
        self._heard = Utterance()
        self._recording.again()
        self._caller_stopped = time.monotonic()
        if self._unplayed and not self._manners.ending and not self._manners.connecting:
            await self._silence()
        actions = self._manners.key_pressed(key)
        if not actions and self._manners.digits:
            self._start("keys", KEY_PAUSE_SECONDS, self._keys_paused)
        await self._do(actions)

    async def _keys_paused(self) -> None:
        await self._do(self._manners.digits_paused())

    async def _quiet(self) -> None:
        await self._do(self._manners.quiet())

    async def _too_long(self) -> None:
        await self._silence()
        await self._do(self._manners.call_too_long())

    # --- our own voice

    async def _lotse_starts(self) -> None:
        self._lotse_speaks = True
        if self._caller_stopped:
            metrics.RESPONSE_SECONDS.observe(time.monotonic() - self._caller_stopped)
            self._caller_stopped = 0.0
        await self._line.show({"type": "state", "state": "speaking"})

    async def _piece_heard(self, number: int) -> None:
        self._unplayed.discard(number)
        if number >= self._first_mark:
            self._manners.piece_heard(number - self._first_mark + 1)
        await self._maybe_finished()

    async def _maybe_finished(self) -> None:
        if self._unplayed or self._over:
            return
        self._speech_ended.set()
        if isinstance(self._after_speech, HangUp):
            await self._line.drained()
            await self._end("ended")
        elif isinstance(self._after_speech, Connect):
            target, self._after_speech = self._after_speech.target, None
            self._think(self._connect(target))
        elif self._thinking is None or self._thinking.done() or self._thinking is asyncio.current_task():
            await self._release_held()
            await self._line.show({"type": "state", "state": "listening"})
            if not self._caller_speaks and self._manners.quiet_times < len(QUIET_SECONDS):
                self._start("quiet", QUIET_SECONDS[self._manners.quiet_times], self._quiet)

    async def _speak(self, pieces: Sequence[Piece], *, in_between: bool) -> None:
        if not in_between:
            if self._unplayed:
                await self._silence()
            self._first_mark = self._mark + 1
        self._speech_ended.clear()
        await self._stop("quiet")
        for piece in pieces:
            self._mark += 1
            self._unplayed.add(self._mark)
            speech = SayFrame(piece.text, append_to_context=False, cacheable=piece.cacheable)
            mark = MarkFrame(number=self._mark)
            speech.interruptible = mark.interruptible = piece.interruptible
            await self.push_frame(speech)
            await self.push_frame(mark)
            await self._line.show({"type": "transcript", "role": "lotse", "text": piece.text, "final": True})

    # --- what the manners want

    async def _do(self, actions: Sequence[Action], *, in_between: bool = False) -> None:
        for action in actions:
            if self._over:
                return
            match action:
                case Say():
                    await self._speak(action.pieces, in_between=in_between)
                case Listen():
                    await self._listen(action)
                case Tell():
                    self._turn_key = uuid.uuid4().hex
                    self._recording.close()
                    self._think(self._tell(action))
                case Retry():
                    self._think(self._retry())
                case FindPerson():
                    self._think(self._find_person())
                case Sound():
                    await self.push_frame(TTSUpdateSettingsFrame(
                        delta=SpeechSettings(pace=action.pace, gain=action.gain)
                    ))
                case SendSound():
                    self._send_sound()
                case DropSound():
                    self._recording.forget()
                case Connect() | HangUp():
                    self._after_speech = action
                    if not self._unplayed:
                        await self._maybe_finished()

    async def _listen(self, listen: Listen) -> None:
        expectation = listen.expectation
        if listen.keep_sound:
            self._recording.begin()
        else:
            self._recording.close()
        await self._line.show({
            "type": "expects",
            "kind": expectation.kind,
            "slot": expectation.slot,
            "options": [option.title for option in expectation.options],
            "spelling": listen.spelling,
        })
        grammar = self._grammar(expectation, listen.spelling)
        await self.push_frame(STTUpdateSettingsFrame(delta=VoskSettings(grammar=grammar)), FrameDirection.UPSTREAM)

    def _think(self, work: Awaitable[None]) -> None:
        """Run a step that waits for others. A step may start the next one; steps never overlap."""
        before = self._thinking

        async def step() -> None:
            if before is not None and before is not asyncio.current_task() and not before.done():
                await asyncio.wait({before})
            await work

        self._thinking = self.create_task(step(), name="thinking")

    async def _tell(self, told: Tell) -> None:
        conversation = self.conversation
        if conversation is None:  # the hub was away when the call began
            await self._greet()
            return
        await self._line.show({"type": "state", "state": "thinking"})
        self._start("slow", SLOW_SECONDS[0], self._slow)
        try:
            turn = await conversation.say(key=self._turn_key, text=told.text, payload=told.payload)
        except HubUnavailable as error:
            log.warning("hub_unavailable", problem=str(error))
            actions = self._manners.hub_lost()
        else:
            for message in turn.messages:
                await self._line.show({
                    "type": "message", "kind": message.kind, "article": message.article, "text": message.spoken,
                })
            actions = self._manners.hub_answered(turn)
        await self._stop("slow")
        self._follow_people()
        await self._do(actions)
        if self._held:
            self._start("held", 0, self._release_held)

    async def _slow(self) -> None:
        await self._do(self._manners.hub_slow(0), in_between=True)
        self._start("slow", SLOW_SECONDS[1] - SLOW_SECONDS[0], self._slower)

    async def _slower(self) -> None:
        await self._do(self._manners.hub_slow(1), in_between=True)

    async def _retry(self) -> None:
        await asyncio.sleep(RETRY_SECONDS)
        if self._manners.last_told is not None:
            await self._tell(self._manners.last_told)

    async def _greet(self) -> None:
        try:
            self.conversation, turn = await self._hub.start(
                tenant=self._tenant, caller=self._line.caller, can_transfer=self._line.can_transfer
            )
        except HubUnavailable as error:
            log.warning("hub_unavailable", problem=str(error))
            self._manners.hub_failures += 1
            await self._do(self._manners.hub_lost())
            return
        await self._do(self._manners.hub_answered(turn, greeting=True))

    # --- the sound of a message

    def _send_sound(self) -> None:
        wav = self._recording.take()
        if wav is None or self.conversation is None:
            return
        upload = self.create_task(self._upload(self.conversation, wav), name="message sound")
        self._uploads.add(upload)
        upload.add_done_callback(self._uploads.discard)

    async def _upload(self, conversation: HubConversation, wav: bytes) -> None:
        try:
            await conversation.keep_sound(wav)
        except HubUnavailable as error:  # the message itself has arrived
            log.warning("message_sound_lost", problem=str(error))

    # --- people

    async def _find_person(self) -> None:
        assert self.conversation is not None  # noqa: S101  (only a conversation can ask for a person)
        try:
            found = await self.conversation.transfer_target()
        except HubUnavailable as error:
            log.warning("hub_unavailable", problem=str(error))
            await self._do(self._manners.hub_lost())
            return
        await self._do(self._manners.person_found(found))

    async def _connect(self, target: str) -> None:
        try:
            await self._line.transfer(target)
        except TransferFailed as error:
            log.warning("transfer_failed", door=self._line.door, reason=str(error))
            turn = await self._report_transfer(ok=False, reason=str(error))
            await self._do(self._manners.transfer_failed(turn))
            return
        await self._report_transfer(ok=True)
        await self._end("transferred")

    async def _report_transfer(self, *, ok: bool, reason: str = "") -> HubTurn | None:
        if self.conversation is None:
            return None
        try:
            return await self.conversation.transfer_result(ok=ok, reason=reason)
        except HubUnavailable as error:
            log.warning("hub_unavailable", problem=str(error))
            return None

    async def transfer_to(self, target: str) -> None:
        """Somebody at the desk puts this call through now. Raises TransferFailed where the door cannot."""
        if not self._line.can_transfer:
            raise TransferFailed(f"{self._line.door} cannot put calls through")
        await self._silence()
        self._manners.connecting = True
        self._think(self._connect(target))

    def _follow_people(self) -> None:
        """From the first request for a person on, hear what they write and when they come."""
        if self._manners.state in ("waiting", "human") and self._events is None:
            self._events = self.create_task(self._watch(), name="events")

    async def _watch(self) -> None:
        assert self.conversation is not None  # noqa: S101  (only a conversation has a state)
        async for kind, data in self.conversation.events():
            if kind == "message" and data.get("role") == "caseworker":
                name = str((data.get("data") or {}).get("name") or "Das Jobcenter")
                await self._do(self._manners.person_wrote(name, str(data.get("text"))))
            elif kind == "state":
                self._manners.state = str(data.get("state"))
        self._events = None

    # --- the end, and time

    async def _end(self, outcome: str) -> None:
        if self._over:
            return
        self._over, self.outcome = True, outcome
        await self._line.show({"type": "state", "state": "ended"})
        self.finished.set()

    def _start(self, name: str, seconds: float, work: Callable[[], Awaitable[Any]]) -> None:
        running = self._timers.pop(name, None)
        if running is not None and running is not asyncio.current_task():
            running.cancel()
        if self._over:
            return

        async def run() -> None:
            await asyncio.sleep(seconds)
            if self._timers.get(name) is asyncio.current_task():
                del self._timers[name]
            await work()

        self._timers[name] = self.create_task(run(), name=name)

    async def _stop(self, name: str) -> None:
        running = self._timers.pop(name, None)
        if running is not None and running is not asyncio.current_task() and not running.done():
            running.cancel()
