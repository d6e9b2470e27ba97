"""A caller with a concern: says what it is about, answers what is asked, corrects, keeps silent, interrupts.

It knows what was asked from the events for the caller's screen, and when to speak from what it hears: a voice, then
silence. What it says goes through the telephone's band and coding, with noise where the script wants it.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from voice.lines.g711 import decode, encode
from voice.lines.line import FRAME_BYTES

Say = Callable[[str, str], bytes]  # voice, text -> audio of the line


class Connection(Protocol):
    """How the caller reaches Lotse."""

    @property
    def over(self) -> bool:
        """Whether the call has ended."""

    @property
    def transferred_to(self) -> str | None:
        """Where Lotse put the call through to, if it did."""

    async def open(
        self,
        *,
        ear: Callable[[bytes], None],
        shown: Callable[[dict[str, object]], None],
        mouth: Callable[[bytes], bytes],
    ) -> None:
        """Call. `ear` gets each frame heard, `shown` the events for a screen, `mouth` makes noise of what is said."""

    async def speak(self, audio: bytes) -> None:
        """Say something; returns when it was said."""

    async def press(self, key: str) -> None:
        """Press a key."""

    async def hang_up(self) -> None:
        """End the call, if it still runs."""


HEARS_VOICE = 250.0  # amplitude (root mean square) above which a frame is Lotse's voice
SILENCE_SECONDS = 0.8  # as long as people wait before they take a turn on the telephone
LONGEST_PAUSE_SECONDS = 0.45  # inside what Lotse says without being interrupted
PATIENCE_SECONDS = 25.0
# What answers a question whose own fact the script does not name.
SAME_AS = {
    "contact": ("phone",), "phone": ("contact",), "change": ("correction",), "sender": ("person_name",),
    "person_name": ("sender",), "moved_start": ("appointment_start",), "callback_text": ("message_text",),
}


@dataclass(frozen=True)
class Script:
    """One call: see tests/voice/sentences/calls.yml for the meaning of its parts."""

    id: str
    goal: str
    opening: str
    voice: str
    yes: str = "ja"
    facts: Mapping[str, str] = field(default_factory=dict)
    then: str | None = None
    quirks: tuple[str, ...] = ()

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Script":
        """A script as it stands in a YAML file."""
        return cls(
            id=entry["id"], goal=entry["goal"], opening=entry["opening"], voice=entry["voice"],
            yes=entry.get("yes", "ja"), facts=entry.get("facts") or {}, then=entry.get("then"),
            quirks=tuple(entry.get("quirks") or ()),
        )


@dataclass
class Outcome:
    """What happened in a call."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    transcript: list[tuple[str, str]] = field(default_factory=list)
    ended_by_lotse: bool = False
    transferred_to: str | None = None
    seconds: float = 0.0
    responses: list[float] = field(default_factory=list)  # end of the caller's speech to Lotse's first sound
    barge_ins: list[float] = field(default_factory=list)  # start of the caller's speech to Lotse's silence
    heard: bytearray = field(default_factory=bytearray, repr=False)

    def reached(self, goal: str) -> bool:
        """Whether the caller got what they called for."""
        kind, _, word = goal.partition(":")
        kinds = [message.get("kind") for message in self.messages]
        said = [str(message.get("text")) for message in self.messages]
        match kind:
            case "answer":
                return any(word in str(message.get("article")) for message in self.messages)
            case "booked":
                return "appointment" in kinds
            case "moved":
                return any("Ihr Termin ist verschoben" in text for text in said)
            case "cancelled":
                return any("Der Termin ist abgesagt" in text for text in said)
            case "message" | "callback":
                return "message_receipt" in kinds
            case "person":
                return self.transferred_to is not None or "handoff" in kinds
            case _:
                return self.ended_by_lotse


class Caller:
    """Plays one script on a connection."""

    def __init__(self, script: Script, connection: Connection, *, say: Say, noise_seed: int = 1) -> None:
        self.script = script
        self.outcome = Outcome()
        self._line = connection
        self._say = say
        self._random = np.random.default_rng(noise_seed)
        self._noise = 0.0  # amplitude (root mean square) of the noise around the caller
        self._loud_until = 0.0
        self._spoke = asyncio.Event()
        self._stopped_speaking = 0.0
        self._expects: dict[str, Any] = {"kind": "free", "slot": ""}
        self._opened = False
        self._then_said = False
        self._quirks = set(script.quirks)
        self._answered: dict[str, int] = {}

    async def call(self, *, longest: float = 240.0) -> Outcome:
        """Call, talk until the concern is settled or the line is dead, hang up."""
        started = time.monotonic()
        if "noise_15db" in self._quirks:
            self._noise = loudness(self._say(self.script.voice, self.script.opening)) * 10 ** (-15 / 20)
        await self._line.open(ear=self._hear, shown=self._see, mouth=self._carried)
        try:
            await asyncio.wait_for(self._talk(), longest)
        except TimeoutError:
            self.outcome.transcript.append(("test", "the call took too long"))
        finally:
            self.outcome.ended_by_lotse = self._line.over
            await self._line.hang_up()
            self.outcome.transferred_to = self._line.transferred_to
            self.outcome.seconds = time.monotonic() - started
        return self.outcome

    # --- hearing

    def _hear(self, frame: bytes) -> None:
        self.outcome.heard += frame
        samples = np.frombuffer(frame, np.int16).astype(np.float32)
        now = time.monotonic()
        if float(np.sqrt(np.mean(samples * samples))) > HEARS_VOICE:
            if self._stopped_speaking:
                self.outcome.responses.append(now - self._stopped_speaking)
                self._stopped_speaking = 0.0
            self._loud_until = now
            self._spoke.set()

    def _see(self, event: dict[str, object]) -> None:
        match event.get("type"):
            case "transcript" if event.get("final"):
                self.outcome.transcript.append((str(event["role"]), str(event["text"])))
            case "expects":
                self._expects = dict(event)
            case "message":
                self.outcome.messages.append(dict(event))

    async def _lotse_finished(self) -> bool:
        """Wait until Lotse spoke and fell silent. False when nothing comes any more."""
        waited = time.monotonic()
        while not self._line.over:
            await asyncio.sleep(0.05)
            now = time.monotonic()
            if self._spoke.is_set() and now - self._loud_until > SILENCE_SECONDS:
                return True
            if now - max(waited, self._loud_until) > PATIENCE_SECONDS:
                return False
        return False

    # --- speaking

    async def _talk(self) -> None:
        if "interrupts_greeting" in self._quirks:
            await self._spoke.wait()
            await asyncio.sleep(1.0)
            await self._speak(self.script.opening)
            self._opened = True
        while await self._lotse_finished():
            if self._done():
                return
            if not await self._turn():
                return

    def _done(self) -> bool:
        if not self.outcome.reached(self.script.goal):
            return False
        return self.script.then is None or self._then_said

    async def _turn(self) -> bool:
        if "presses_zero" in self._quirks:
            self._quirks.discard("presses_zero")
            await self._press("0")
            return True
        if "slow_start" in self._quirks:
            self._quirks.discard("slow_start")
            await asyncio.sleep(4.0)
        if "silent_once" in self._quirks and self._opened:
            self._quirks.discard("silent_once")
            self._spoke.clear()
            return True
        if not self._opened:
            self._opened = True
            await self._speak(self.script.opening)
            return True
        if "says_repeat_once" in self._quirks:
            self._quirks.discard("says_repeat_once")
            await self._speak("wie bitte")
            return True
        if "presses_star" in self._quirks and self._answered:
            self._quirks.discard("presses_star")
            await self._press("*")
            return True
        answer = self._answer()
        if answer is None:
            return False
        await self._speak(answer)
        return True

    def _answer(self) -> str | None:
        kind, slot = str(self._expects.get("kind")), str(self._expects.get("slot"))
        facts = self.script.facts
        if self._then_due():
            self._then_said = True
            return self.script.then
        if kind == "yes_no":
            if slot == "more":
                return "nein danke"
            if "changes_mind" in self._quirks and slot.endswith("_confirmed"):
                self._quirks.discard("changes_mind")
                return "nein"
            return self.script.yes
        times = self._answered.get(slot, 0)
        self._answered[slot] = times + 1
        if self._expects.get("spelling"):
            name = facts.get("person_name", "anna").split()
            return " ".join(name[-2] if "Vornamen" in self.outcome.transcript[-1][1] and len(name) > 1 else name[-1])
        known = next((facts[name] for name in (slot, *SAME_AS.get(slot, ())) if name in facts), None)
        if known and times < (1 if kind == "date_time" else 2):
            return known
        if kind in ("choice", "service", "site", "date_time") and times < 4:
            return "die erste" if kind == "date_time" else "das erste"
        if kind == "free" and times < 2 and not self._then_said:
            return self.script.opening
        return None

    def _then_due(self) -> bool:
        if self.script.then is None or self._then_said:
            return False
        return any(message.get("kind") == "appointment" for message in self.outcome.messages)

    async def _speak(self, text: str) -> None:
        audio = self._say(self.script.voice, text)
        loud = time.monotonic() - self._loud_until < SILENCE_SECONDS
        started = time.monotonic()
        self._spoke.clear()
        watch = asyncio.create_task(self._watch_barge_in(started)) if loud else None
        await self._line.speak(audio)
        self._stopped_speaking = time.monotonic()
        if watch is not None:
            await watch

    async def _watch_barge_in(self, started: float) -> None:
        while time.monotonic() - started < 3.0:
            await asyncio.sleep(0.02)
            if time.monotonic() - self._loud_until > LONGEST_PAUSE_SECONDS:
                self.outcome.barge_ins.append(max(0.0, self._loud_until - started))
                return

    async def _press(self, key: str) -> None:
        self._spoke.clear()
        await self._line.press(key)

    def _carried(self, frame: bytes) -> bytes:
        """What the telephone makes of a frame: noise around the caller, then G.711."""
        if self._noise:
            samples = np.frombuffer(frame, np.int16) + self._random.normal(0, self._noise, FRAME_BYTES // 2)
            frame = np.clip(samples, -32768, 32767).astype(np.int16).tobytes()
        return decode("alaw", encode("alaw", frame))


def loudness(audio: bytes) -> float:
    """Root mean square of the voiced part: frames above a tenth of the loudest."""
    frames = np.frombuffer(audio[: len(audio) // FRAME_BYTES * FRAME_BYTES], np.int16).reshape(-1, FRAME_BYTES // 2)
    each = np.sqrt(np.mean(frames.astype(np.float64) ** 2, axis=1))
    voiced = each[each > each.max(initial=0.0) / 10]
    return float(np.sqrt(np.mean(voiced**2))) if voiced.size else 0.0
