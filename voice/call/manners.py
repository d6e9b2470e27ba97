"""How a call is led: what is said, asked again, remembered and offered. Pure: events in, actions out, no clock.

The dialogue (what the caller wants, what is booked) is the hub's. Here is what only a telephone needs: silence,
interruption, unclear words, keys, long answers in pieces, and a spoken way on whatever fails.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from voice.call.hub import HubTurn, Said, TransferTarget
from voice.call.message_sound import MAY_BE_KEPT, Consent
from voice.call.phrases import phrase
from voice.hearing.expectations import Unsure
from voice.hearing.heard import Expectation, Option, Understood, Utterance, Word

FREE = Expectation()
YES_NO = Expectation(kind="yes_no")
MORE = Expectation(kind="yes_no", slot="more")
NUMBERS = ("code", "phone", "contact")
CODE_DIGITS = 4
MOST_FAILURES = 3
PIECES_OF_MORE = 4
MOST_WORDS_OF_AN_ANSWER = 2  # to the question about the sound; more are the message itself
NOTICES = 3  # of the greeting: the office, that it is a machine, that nothing is recorded; about six seconds
PERSON, BACK, MENU = "/talk_to_human", "/back", "/show_menu"
MENU_KEYS = {"1": "/book_appointment", "2": "/leave_message", "3": "/request_callback"}
KEY_WORDS = ("null", "Eins", "Zwei", "Drei", "Vier", "Fünf", "Sechs", "Sieben", "Acht", "Neun")
# Said to show that one listens; no reason to stop talking, and never consent to a question not yet heard.
BACKCHANNELS = {
    "ja", "mhm", "hm", "aha", "okay", "ok", "gut", "genau", "ach", "so", "soso", "verstehe", "klar", "äh", "ähm",
}
PACES = (0.8, 0.9, 1.0, 1.15)
GAINS = (-6.0, 0.0, 3.0, 6.0)

# --- actions


@dataclass(frozen=True)
class Piece:
    """One sentence or two to be spoken. cacheable: holds nothing personal, so its audio may be kept."""

    text: str
    interruptible: bool = True
    cacheable: bool = False


@dataclass(frozen=True)
class Say:
    """Speak these pieces, one after the other."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Listen:
    """Expect this kind of answer from now on; letters where a name is spelled. keep_sound: the caller agreed to it."""

    expectation: Expectation
    spelling: bool = False
    keep_sound: bool = False


@dataclass(frozen=True)
class Tell:
    """Give the hub the caller's turn."""

    text: str | None = None
    payload: str | None = None


@dataclass(frozen=True)
class FindPerson:
    """Ask the hub whom the call goes to."""


@dataclass(frozen=True)
class Connect:
    """When everything was said, put the call through."""

    target: str


@dataclass(frozen=True)
class HangUp:
    """When everything was said, end the call."""


@dataclass(frozen=True)
class Retry:
    """Give the hub the last turn once more, after a moment."""


@dataclass(frozen=True)
class Sound:
    """How fast (1.0 as usual) and how loud (dB) the voice is from now on."""

    pace: float
    gain: float


@dataclass(frozen=True)
class SendSound:
    """The message was sent: give the hub its sound."""


@dataclass(frozen=True)
class DropSound:
    """The message was given up: forget its sound."""


Action = Say | Listen | Tell | FindPerson | Connect | HangUp | Retry | Sound | SendSound | DropSound
Split = Callable[[str], list[str]]


class Reader(Protocol):
    """Reads what was heard in the light of the open question."""

    def understand(self, expectation: Expectation, heard: Utterance) -> Understood:
        """What was meant; an Unsure with a question where one thing is doubtful."""

    def settled(self, before: Unsure, expectation: Expectation, heard: Utterance) -> Understood:
        """What was meant, once the question about the doubt was answered."""


@dataclass
class Speech:
    """What is being said, and how much of it was heard."""

    pieces: tuple[Piece, ...] = ()
    heard: int = 0

    @property
    def rest(self) -> tuple[Piece, ...]:
        """What was not heard to its end."""
        return self.pieces[self.heard:]


@dataclass(frozen=True)
class Waiting:
    """A question of the dialogue's that is asked once the caller has said whether the sound may be kept."""

    pieces: tuple[Piece, ...]
    expectation: Expectation


@dataclass
class Manners:
    """The state of one call. Each method is an event and returns what to do, in order.

    split: cuts a text into speakable sentences. overflow: an extension for calls that cannot be served at all.
    consent: about the sound of messages; by itself none is wanted and nobody asked.
    """

    reader: Reader
    split: Split
    can_transfer: bool = True
    overflow: str | None = None
    consent: Consent = field(default_factory=Consent)
    waiting: Waiting | None = None
    expectation: Expectation = FREE
    speech: Speech = field(default_factory=Speech)
    question: tuple[Piece, ...] = ()  # what is said again on "repeat"
    more: tuple[Piece, ...] = ()
    offers_more: bool = False
    doubted: Unsure | None = None
    failures: int = 0
    quiet_times: int = 0
    digits: str = ""
    keys_announced: bool = False
    state: str = "bot"
    in_queue: bool = False  # waits for a person who cannot be rung
    ending: bool = False
    connecting: bool = False
    recogniser: bool = True
    hub_failures: int = 0
    last_told: Tell | None = None
    pace: float = 1.0
    gain: float = 0.0

    # --- the hub

    def hub_answered(self, turn: HubTurn, *, greeting: bool = False) -> list[Action]:
        """Say the replies and listen for what they ask."""
        self.hub_failures, self.state, self.waiting = 0, turn.state, None
        expectation = next((message.expects for message in reversed(turn.messages) if message.expects), FREE)
        sound = self._sound_after(turn, expectation)
        if turn.state != "waiting":
            self.in_queue = False
        elif self.can_transfer and not self.in_queue:
            return [*sound, FindPerson()]
        pieces: list[Piece] = []
        question_at = 0
        self.more, self.offers_more, self.doubted, self.digits = (), False, None, ""
        for message in turn.messages:
            question_at = len(pieces) if message.expects else question_at
            pieces += self._pieces(message, greeting=greeting)
        last = turn.messages[-1] if turn.messages else None
        if last is not None and last.more:
            self.more, self.offers_more = self._long_form(last), True
            pieces.append(_own("more"))
        if turn.state == "closed":
            return [*sound, *self._end(pieces)]
        if greeting and not self.recogniser:
            pieces += [_own("recogniser_gone"), *self._key_help()]
        if self.recogniser and self.consent.to_be_asked(expectation):
            self.waiting = Waiting(tuple(pieces[question_at:]), expectation)
            return [*sound, *self._ask([*pieces[:question_at], _own("message_sound")], MAY_BE_KEPT)]
        return [*sound, *self._ask(pieces, expectation)]

    def hub_lost(self) -> list[Action]:
        """Once is a moment's patience; the second time the call goes to people, or ends kindly."""
        self.hub_failures += 1
        if self.hub_failures == 1 and self.last_told is not None:
            return [self._say([_own("hub_retry")]), Retry()]
        if self.overflow and self.can_transfer:
            return self._connect([_own("hub_gone_connect")], self.overflow)
        return self._end([_own("hub_gone")])

    def hub_slow(self, times: int) -> list[Action]:
        """The answer takes long: a word, so that the line is not dead. `times` counts from 0."""
        return [Say((_own("filler" if times == 0 else "filler_long"),))]

    def person_found(self, found: TransferTarget) -> list[Action]:
        """Put through, or say why not; the hub offers a callback or a message then."""
        pieces = self._cut(found.sentence, cacheable=False)
        if found.available and found.target:
            return self._connect(pieces, found.target)
        if found.offer == "wait":
            self.in_queue = True
            return self._ask(pieces, FREE)
        self.state = "bot"
        return self._ask(pieces, YES_NO if found.offer else FREE)

    def transfer_failed(self, turn: HubTurn | None) -> list[Action]:
        """Nobody answered: the call is ours again. `turn`: how the hub goes on, where it could be asked."""
        self.connecting, self.state = False, "bot"
        if turn is None or not turn.messages:
            return self._ask([_own("transfer_failed_all")], FREE)
        return self.hub_answered(turn)

    def person_wrote(self, name: str, text: str) -> list[Action]:
        """A person answers this caller from the console."""
        self.state = "human"
        return [self._say([Piece(phrase("person_writes", name=name, text=text))])]

    # --- the caller

    def caller_said(self, heard: Utterance) -> list[Action]:
        """An utterance is over. It may be empty: a cough, noise, or nothing the recogniser knows."""
        interrupted = bool(self.speech.rest)
        if self.ending or self.connecting:
            return []
        if interrupted and (not heard.text or self._only_listens(heard.known)):
            return self._resume()
        if not heard.text:
            return self._not_understood() if self.waiting is None else self._may_keep_sound(self.waiting, False)
        self.quiet_times = 0
        if self.waiting is not None:
            return self._answer_about_sound(self.waiting, self.reader.understand(self.expectation, heard))
        if self.doubted is not None:
            return self._settle_doubt(self.reader.settled(self.doubted, self.expectation, heard))
        if self.offers_more:
            wanted = self.reader.understand(MORE, heard)
            if wanted.payload in ("/affirm", "/deny"):
                return self._say_more() if wanted.payload == "/affirm" else self._no_more()
        understood = self.reader.understand(self.expectation, heard)
        if understood.payload == "/affirm" and interrupted and self.expectation.kind == "yes_no":
            return self._resume()  # yes to a question not yet heard is no consent
        return self._act_on(understood)

    def key_pressed(self, key: str) -> list[Action]:
        """Keys work at any time: 0 a person, * back, # again; where a number is asked for, they are its digits."""
        if self.ending or self.connecting:
            return []
        self.quiet_times = self.failures = 0
        wants_number = self.expectation.kind in NUMBERS and not self.offers_more
        if wants_number and (key.isdigit() or (self.digits and key == "#")):
            return self._digit(key)
        if key == "0":
            return self._tell(Understood(payload=PERSON))
        if key == "#":
            return self._repeat()
        if key == "*":
            return self._back()
        return self._choose(int(key))

    def digits_paused(self) -> list[Action]:
        """No further key for three seconds while a number was being typed."""
        digits, self.digits = self.digits, ""
        if digits == "0":
            return self._tell(Understood(payload=PERSON))
        return self._tell(Understood(text=digits)) if digits else []

    def quiet(self) -> list[Action]:
        """The caller says nothing: asked after 5 s, again after 10 s, ended kindly after 20 s."""
        if self.state in ("waiting", "human") or self.ending or self.connecting:
            return []
        if self.waiting is not None:
            return self._may_keep_sound(self.waiting, False)
        self.quiet_times += 1
        if self.quiet_times == 1:
            return [self._say([_own("still_there"), *self.question[-1:]])]
        if self.quiet_times == 2:
            return [self._say([_own("still_there_keys"), *self._key_help()])]
        return self._end([_own("goodbye_silence")])

    def call_too_long(self) -> list[Action]:
        """The longest time a call may take is over."""
        return self._end([_own("too_long")])

    def recogniser_changed(self, available: bool) -> list[Action]:
        """Without the recogniser the call goes on by keys."""
        gone, self.recogniser = self.recogniser and not available, available
        if not gone or not self.speech.pieces or self.ending or self.connecting:
            return []  # before the greeting it is said with it
        return [self._say([_own("recogniser_gone"), *self._key_help()])]

    # --- what was heard

    def piece_heard(self, number: int) -> None:
        """The piece with this number (from 1) was played to its end."""
        self.speech.heard = max(self.speech.heard, number)

    # --- the sound of a message

    def _sound_after(self, turn: HubTurn, expectation: Expectation) -> list[Action]:
        match self.consent.after(turn, expectation):
            case "send":
                return [SendSound()]
            case "drop":
                return [DropSound()]
            case _:
                return []

    def _answer_about_sound(self, waiting: Waiting, understood: Understood) -> list[Action]:
        """Nothing but a clear yes to the whole question is one. Who speaks on has begun with the message."""
        if understood.command is not None:
            return self._command(understood)
        if understood.payload == "/affirm" and understood.doubt is None:
            return self._resume() if self.speech.rest else self._may_keep_sound(waiting, True)
        if understood.doubt is None and len(understood.text.split()) > MOST_WORDS_OF_AN_ANSWER:
            self.consent.given, self.expectation = False, waiting.expectation
            return self._tell(understood)
        return self._may_keep_sound(waiting, False)

    def _may_keep_sound(self, waiting: Waiting, agreed: bool) -> list[Action]:
        self.consent.given, self.waiting, self.failures = agreed, None, 0
        return self._ask(list(waiting.pieces), waiting.expectation)

    # --- inside

    def _act_on(self, understood: Understood) -> list[Action]:
        if understood.command is not None:
            return self._command(understood)
        if isinstance(understood, Unsure) and understood.doubt:
            return self._doubt(understood)
        if understood.payload is None and not understood.text:
            return self._not_understood()
        return self._tell(understood)

    def _only_listens(self, said: Sequence[Word]) -> bool:
        return 0 < len(said) <= 2 and all(word.text in BACKCHANNELS for word in said)

    def _resume(self) -> list[Action]:
        return [self._say(list(self.speech.rest))]

    def _not_understood(self) -> list[Action]:
        self.failures += 1
        self.doubted = None
        if self.failures >= MOST_FAILURES:
            self.failures = 0
            return [self._say([_own("give_up")]), *self._tell(Understood(payload=PERSON))]
        pieces = [_own("not_understood", times=self.failures - 1)]
        if self.failures == 1 and self.expectation.kind != "free":
            pieces += self.question[-1:]
        if self.failures > 1:
            pieces += self._key_help()
        return [self._say(pieces)]

    def _doubt(self, understood: Unsure) -> list[Action]:
        self.failures += 1
        if self.failures >= MOST_FAILURES:
            return self._not_understood()
        self.doubted = understood
        asked = Listen(understood.expectation or self.expectation, spelling=understood.wants_spelling)
        return [self._say([Piece(understood.doubt or "")]), asked]

    def _settle_doubt(self, understood: Understood) -> list[Action]:
        self.doubted = None
        if understood.command is None and understood.doubt is None and not (understood.text or understood.payload):
            return [self._say(list(self.question[-1:]) or [_own("not_understood")]), self._listen(self.expectation)]
        return self._act_on(understood)

    def _command(self, understood: Understood) -> list[Action]:
        self.failures = 0
        match understood.command:
            case "person":
                return self._tell(Understood(payload=PERSON))
            case "repeat":
                return self._repeat()
            case "back":
                return self._back()
            case "slower" | "faster":
                self.pace = _step(PACES, self.pace, 1 if understood.command == "faster" else -1)
            case "louder" | "quieter":
                self.gain = _step(GAINS, self.gain, 1 if understood.command == "louder" else -1)
            case "end":
                return self._end([_own("goodbye")])
            case "keys":
                return [self._say(self._key_help())]
            case _:
                return [self._say([_own("help")])]
        return [Sound(self.pace, self.gain), self._say([_own(understood.command or "help"), *self.question])]

    def _digit(self, key: str) -> list[Action]:
        if key != "#":
            self.digits += key
        if key == "#" or (self.expectation.kind == "code" and len(self.digits) == CODE_DIGITS):
            return self.digits_paused()
        return []

    def _choose(self, number: int) -> list[Action]:
        if self.doubted is not None or self.offers_more or self.expectation.kind == "yes_no":
            if number > 2:
                return [self._say([_own("yes_no_keys")])]
            payload = "/affirm" if number == 1 else "/deny"
            if self.waiting is not None:
                return self._answer_about_sound(self.waiting, Understood(payload=payload))
            if self.doubted is not None:
                word = Word("ja" if number == 1 else "nein", 1.0, 0.0, 0.0)
                return self._settle_doubt(self.reader.settled(self.doubted, self.expectation, Utterance((word,))))
            if self.offers_more:
                return self._say_more() if number == 1 else self._no_more()
            return self._tell(Understood(payload=payload))
        options = self._offered()
        if number <= len(options):
            return self._tell(Understood(payload=options[number - 1].payload))
        if self.expectation.kind == "free" and str(number) in MENU_KEYS:
            return self._tell(Understood(payload=MENU_KEYS[str(number)]))
        return [self._say(self._key_help())]

    def _offered(self) -> tuple[Option, ...]:
        return tuple(option for option in self.expectation.options if option.payload != PERSON)[:9]

    def _key_help(self) -> list[Piece]:
        if self.doubted is not None or self.offers_more or self.expectation.kind == "yes_no":
            return [_own("yes_no_keys")]
        if self.expectation.kind in NUMBERS:
            return [_own("digits_key")]
        options = self._offered()
        if options and self.expectation.kind != "free":
            return [
                Piece(phrase("option_key", title=option.title, number=KEY_WORDS[number]))
                for number, option in enumerate(options, 1)
            ]
        return self._cut(phrase("menu"))

    def _repeat(self) -> list[Action]:
        return [self._say(list(self.question) or [_own("repeat_nothing")])]

    def _back(self) -> list[Action]:
        if self.offers_more:
            return self._no_more()
        return self._tell(Understood(payload=BACK))

    def _say_more(self) -> list[Action]:
        now, self.more = self.more[:PIECES_OF_MORE], self.more[PIECES_OF_MORE:]
        self.offers_more = bool(self.more)
        pieces = [*now, _own("more") if self.more else _own("more_end")]
        self.question = tuple(pieces)
        return [self._say(pieces), Listen(MORE if self.more else self.expectation)]

    def _no_more(self) -> list[Action]:
        self.more, self.offers_more = (), False
        return self._ask([_own("no_more")], FREE)

    def _tell(self, understood: Understood) -> list[Action]:
        self.failures, self.waiting = 0, None
        self.more, self.offers_more, self.doubted, self.digits = (), False, None, ""
        told = Tell(payload=understood.payload) if understood.payload else Tell(text=understood.text)
        if (
            told.text and self.last_told and self.last_told.text
            and self.expectation.kind == "free" and self.speech.pieces and self.speech.heard == 0
        ):  # the caller went on before the answer was heard: one thought in two breaths
            told = Tell(text=f"{self.last_told.text} {told.text}")
        self.last_told = told
        return [told]

    def _ask(self, pieces: list[Piece], expectation: Expectation) -> list[Action]:
        self.expectation, self.question = expectation, tuple(pieces)
        # After an answer anything may be said; only the hearing knows that yes or no is likely.
        return [self._say(pieces), self._listen(expectation)]

    def _listen(self, expectation: Expectation) -> Listen:
        return Listen(expectation, keep_sound=self.consent.covers(expectation))

    def _say(self, pieces: list[Piece]) -> Say:
        self.speech = Speech(tuple(pieces))
        return Say(tuple(pieces))

    def _end(self, pieces: list[Piece]) -> list[Action]:
        self.ending = True
        return [self._say([Piece(p.text, interruptible=False, cacheable=p.cacheable) for p in pieces]), HangUp()]

    def _connect(self, pieces: list[Piece], target: str) -> list[Action]:
        self.connecting = True
        return [
            self._say([Piece(p.text, interruptible=False, cacheable=p.cacheable) for p in pieces]), Connect(target)
        ]

    def _pieces(self, message: Said, *, greeting: bool = False) -> list[Piece]:
        """A read-back is not talked over, but for its question; the greeting's notices neither."""
        pieces = self._cut(message.spoken, cacheable=greeting or message.article is not None)
        held = 0
        if greeting:
            held = NOTICES
        elif message.expects is not None and message.expects.slot.endswith("_confirmed"):
            held = len(pieces) - 1
        return [
            Piece(piece.text, interruptible=number >= held, cacheable=piece.cacheable)
            for number, piece in enumerate(pieces)
        ]

    def _long_form(self, message: Said) -> tuple[Piece, ...]:
        pieces = self._cut(message.more, cacheable=True)
        if message.citations:
            pieces += self._cut(phrase("more_source", sources=", ".join(message.citations[:3])), cacheable=True)
        return tuple(pieces)

    def _cut(self, text: str, *, cacheable: bool = True) -> list[Piece]:
        return [Piece(sentence, cacheable=cacheable) for sentence in self.split(text)]


def _own(key: str, *, times: int = 0) -> Piece:
    return Piece(phrase(key, times=times), cacheable=True)


def _step(steps: tuple[float, ...], now: float, by: int) -> float:
    nearest = min(range(len(steps)), key=lambda number: abs(steps[number] - now))
    return steps[max(0, min(len(steps) - 1, nearest + by))]
