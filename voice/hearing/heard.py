"""What the recogniser heard, what the open question expects, and what was understood."""

from dataclasses import dataclass
from typing import Literal

UNKNOWN = "[unk]"

Kind = Literal[
    "free", "yes_no", "choice", "service", "site", "date_time", "name", "phone", "contact", "code", "own_words"
]
Command = Literal[
    "person", "repeat", "back", "slower", "faster", "louder", "quieter", "end", "help", "keys"
]


@dataclass(frozen=True)
class Word:
    """A recognised word; confidence 0..1, start and end in seconds since the utterance began."""

    text: str
    confidence: float
    start: float
    end: float


@dataclass(frozen=True)
class Utterance:
    """What was said in one turn. `words`: with the open question's grammar, `[unk]` where it has no word.

    `free_text`: the same sound heard without a grammar; empty where none was in use.
    """

    words: tuple[Word, ...] = ()
    free_text: str = ""

    @property
    def known(self) -> tuple[Word, ...]:
        """The words without `[unk]`."""
        return tuple(word for word in self.words if word.text != UNKNOWN)

    @property
    def text(self) -> str:
        """What to show and to log as said."""
        return " ".join(word.text for word in self.known) or self.free_text

    def __add__(self, other: "Utterance") -> "Utterance":
        return Utterance(self.words + other.words, f"{self.free_text} {other.free_text}".strip())


@dataclass(frozen=True)
class Option:
    """A choice the dialogue offered with its question."""

    title: str
    payload: str


@dataclass(frozen=True)
class Expectation:
    """The open question: what kind of answer it wants, for which detail, with which choices."""

    kind: Kind = "free"
    options: tuple[Option, ...] = ()
    slot: str = ""


@dataclass(frozen=True)
class Understood:
    """What goes to the dialogue: canonical text or the payload of a choice; or a command to the telephone itself.

    `doubt`: a German question about the one thing that was not heard surely, asked instead of going on.
    """

    text: str = ""
    payload: str | None = None
    command: Command | None = None
    doubt: str | None = None
