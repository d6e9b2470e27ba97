"""The sound of a spoken message: whether it may be kept, and where it lies until the message was sent.

Of the hub's two kinds of messages only the one in own words takes a sound; the reason for a callback does not, so
nobody is asked there. Audio is held in memory alone, and none before the caller's yes.
"""

import io
import wave
from collections import deque
from dataclasses import dataclass
from typing import Literal

from voice.call.hub import HubTurn
from voice.hearing.heard import Expectation
from voice.lines.line import FRAME_MILLISECONDS, SAMPLE_RATE

MAY_BE_KEPT = Expectation(kind="yes_no", slot="message_sound")  # the question for consent
TEXT = "message_text"
# What the dialogue asks between the text of a message and its receipt; any other question means it was given up.
OPEN = frozenset({TEXT, "sender", "person_name", "contact", "message_confirmed", "change"})
RECEIPT = "message_receipt"

MOST_SECONDS = 120.0  # the hub takes 2 MB, which are 131 s
# The detector needs about 100 ms to hear a voice; a soft first consonant lies before that.
PRE_ROLL_FRAMES = 400 // FRAME_MILLISECONDS


@dataclass
class Consent:
    """The caller's word on the sound of the message at hand. Pure.

    wanted: whether the office keeps sounds at all. given: None until it was asked about. A yes holds for one message;
    a no for the whole call, as nobody likes to be asked twice.
    """

    wanted: bool = False
    given: bool | None = None

    def to_be_asked(self, expectation: Expectation) -> bool:
        """Whether to ask before this question of the dialogue's."""
        return self.wanted and self.given is None and expectation.slot == TEXT

    def covers(self, expectation: Expectation) -> bool:
        """Whether the sound of the answer to this question may be kept."""
        return self.given is True and expectation.slot == TEXT

    def after(self, turn: HubTurn, expectation: Expectation) -> Literal["keep", "send", "drop"]:
        """What a turn of the hub means for the sound; `expectation`: what it asks."""
        if not self.given:
            return "keep"  # there is none
        if any(message.kind == RECEIPT for message in turn.messages):
            self.given = None
            return "send"
        if turn.state == "bot" and (expectation.slot in OPEN or _asks_whether_to_go_on(turn)):
            return "keep"
        self.given = None
        return "drop"


def _asks_whether_to_go_on(turn: HubTurn) -> bool:
    """The text is still there but could not be sent, or the caller was not understood: yes or no, about no detail."""
    last = turn.messages[-1] if turn.messages else None
    if last is None or last.expects is None:
        return False
    return last.kind == "form" and (last.expects.kind, last.expects.slot) == ("yes_no", "")


class Recording:
    """What the caller says in answer to one question, from just before the first sound; frames are S16LE at 8 kHz.

    `begin` opens it and throws away what was there, `close` ends the answer. Closed it takes nothing.
    """

    def __init__(self, most_seconds: float = MOST_SECONDS) -> None:
        self._most = int(most_seconds * SAMPLE_RATE) * 2
        self._open = self._speaking = False
        self._before: deque[bytes] = deque(maxlen=PRE_ROLL_FRAMES)
        self._audio = bytearray()

    @property
    def held(self) -> int:
        """Bytes that lie here now, those before the first sound included."""
        return len(self._audio) + sum(map(len, self._before))

    def begin(self) -> None:
        """Listen to a new answer."""
        self.forget()
        self._open = True

    def again(self) -> None:
        """What was said so far was no answer; the question is still open."""
        if self._open:
            self.begin()

    def caller_starts(self) -> None:
        """The caller has begun to speak."""
        if self._open and not self._speaking:
            self._speaking = True
            self._audio += b"".join(self._before)
            self._before.clear()

    def hear(self, frame: bytes) -> None:
        """20 ms of the caller; beyond the longest time they are lost."""
        if not self._open:
            return
        if self._speaking:
            self._audio += frame[: self._most - len(self._audio)]
        else:
            self._before.append(frame)

    def close(self) -> None:
        """The question was answered; what was said stays until it is taken or forgotten."""
        self._open = self._speaking = False
        self._before.clear()

    def forget(self) -> None:
        """Throw everything away."""
        self.close()
        self._audio.clear()

    def take(self) -> bytes | None:
        """The answer as a WAV file, which is here no longer; None where nothing was said."""
        audio = bytes(self._audio)
        self.forget()
        if not audio:
            return None
        file = io.BytesIO()
        with wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(SAMPLE_RATE)
            sound.writeframes(audio)
        return file.getvalue()
