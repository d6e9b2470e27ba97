"""One spoken sentence: the sound at 8 kHz and where every phoneme of it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import soxr
import yaml
from numpy.random import Generator
from numpy.typing import NDArray

from voice.training import TEXTS, espeak
from voice.training.espeak import Manner
from voice.training.features import HOP, SAMPLE_RATE, WINDOW

# Never trained: the tests' and the final scores' voices, and two to choose settings by.
HELD_OUT_VOICES = ("de+f5", "de+m7", "de+Andrea")
DEVELOPMENT_VOICES = ("de+belinda", "de+m6")

# The plain voice and those nearest to it stand more often.
_VARIANTS = [
    "f1",
    "f2",
    "f3",
    "f4",
    "f1",
    "f2",
    "f3",
    "f4",
    "m1",
    "m2",
    "m3",
    "m4",
    "m5",
    "m8",
    "m1",
    "m2",
    "m3",
    "m4",
    "klatt",
    "klatt2",
    "klatt3",
    "klatt4",
    "klatt5",
    "klatt6",
    "Alex",
    "Alicia",
    "Annie",
    "Andy",
    "adam",
    "anika",
    "antonio",
    "aunty",
    "benjamin",
    "boris",
    "caleb",
    "david",
    "Denis",
    "Diogo",
    "ed",
    "edward",
    "edward2",
    "Gene",
    "Gene2",
    "Henrique",
    "Hugo",
    "grandma",
    "grandpa",
    "gustave",
    "ian",
    "iven",
    "iven2",
    "iven3",
    "iven4",
    "Jacky",
    "john",
    "kaukovalta",
    "Lee",
    "linda",
    "Marco",
    "Mario",
    "marcelo",
    "max",
    "Michael",
    "michel",
    "miguel",
    "mike2",
    "Nguyen",
    "norbert",
    "pablo",
    "paul",
    "pedro",
    "quincy",
    "Reed",
    "rob",
    "robert",
    "sandro",
    "shelby",
    "steph",
    "steph2",
    "steph3",
    "travis",
    "victor",
    "zac",
    "Storm",
    "whisper",
]
TRAINING_VOICES = ("de", "de", "de", *(f"de+{variant}" for variant in _VARIANTS))

_MERGED = {"eI": "e:", "EI": "e:", "dZ": "tS", "A~": "A:", "0": "O", "i": "i:"}  # rare in German, near enough
EDGE = "#"


@dataclass(frozen=True)
class Segment:
    """A phoneme between two samples with its neighbours inside the word (`#` at the word's edge)."""

    start: float
    end: float
    phone: str
    left: str = EDGE
    right: str = EDGE


@dataclass(frozen=True)
class SpokenWord:
    """A word with its phonemes and where it lies, in samples."""

    word: str
    phones: tuple[str, ...]
    start: float
    end: float


@dataclass
class Utterance:
    """Sound at 8 kHz with its phonemes and words."""

    sound: NDArray[np.float32]
    segments: list[Segment] = field(default_factory=list)
    words: list[SpokenWord] = field(default_factory=list)

    def padded(self, lead: int, tail: int) -> Utterance:
        """The same with silence before and after, in samples."""
        sound = np.concatenate([np.zeros(lead, np.float32), self.sound, np.zeros(tail, np.float32)])
        return Utterance(
            sound,
            [Segment(s.start + lead, s.end + lead, s.phone, s.left, s.right) for s in self.segments],
            [SpokenWord(w.word, w.phones, w.start + lead, w.end + lead) for w in self.words],
        )

    def with_pause(self, word: int, length: int) -> Utterance:
        """The same with a silence of `length` samples before one word: people think in the middle of a sentence."""
        cut = int(self.words[word].start)
        sound = np.concatenate([self.sound[:cut], np.zeros(length, np.float32), self.sound[cut:]])

        def later(position: float) -> float:
            return position + length if position >= cut else position

        return Utterance(
            sound,
            [Segment(later(s.start), later(s.end - 1) + 1, s.phone, s.left, s.right) for s in self.segments],
            [SpokenWord(w.word, w.phones, later(w.start), later(w.end - 1) + 1) for w in self.words],
        )


def frame_of(sample: float) -> int:
    """The frame whose middle is nearest to a sample."""
    return int((sample - WINDOW / 2) / HOP + 1)


@cache
def spoken_forms() -> dict[str, str]:
    """What espeak-ng is asked to say for words it says wrongly."""
    return dict(yaml.safe_load(TEXTS.with_name("lexicon.yml").read_text(encoding="utf-8")))


def _phone(name: str) -> str:
    """espeak's phoneme without stress; empty for pauses and changes of language."""
    bare = name.lstrip("',")
    return "" if not bare or bare[0] in "_(;|" else _MERGED.get(bare, bare)


def speak(
    words: Sequence[str], manner: Manner, *, tract: float = 1.0, rng: Generator | None = None
) -> Utterance | None:
    """Words said in one manner; None where espeak-ng runs two of them together, so that no word can be told from it.

    `tract`: length of the vocal tract against the voice's own (0.88 to 1.14: the sound is resampled by it). `rng`
    scatters commas and ends of sentences, which change the melody.
    """
    forms = spoken_forms()
    text, offsets = "", {}
    for index, word in enumerate(words):
        offsets[len(text)] = index
        text += forms.get(word, word) + (", " if rng is not None and rng.random() < 0.03 else " ")
    text = text.rstrip(" ,") + (str(rng.choice([".", ".", "", "?", "!"])) if rng is not None else "")
    wave, marks = espeak.say(text, manner)
    sound = soxr.resample(wave.astype(np.float32), espeak.RATE * tract, SAMPLE_RATE)
    scale = SAMPLE_RATE / (espeak.RATE * tract)

    phones: list[tuple[float, str, int]] = []
    current = -1
    for mark in marks:
        if mark.name:
            phones.append((mark.sample * scale, _phone(mark.name), current))
        else:
            current = offsets.get(mark.offset, current)
    ends = [start for start, _, _ in phones[1:]] + [float(len(sound))]
    said = [
        (start, end, phone, word)
        for (start, phone, word), end in zip(phones, ends, strict=False)
        if phone and word >= 0
    ]
    if len({word for *_, word in said}) != len(words):
        return None
    result = Utterance(sound)
    for index, (start, end, phone, place) in enumerate(said):
        before = said[index - 1][2] if index and said[index - 1][3] == place else EDGE
        after = said[index + 1][2] if index + 1 < len(said) and said[index + 1][3] == place else EDGE
        result.segments.append(Segment(start, end, phone, before, after))
    for index, word in enumerate(words):
        parts = [part for part in said if part[3] == index]
        result.words.append(SpokenWord(word, tuple(part[2] for part in parts), parts[0][0], parts[-1][1]))
    return result


def any_manner(rng: Generator, voices: Sequence[str] = TRAINING_VOICES) -> Manner:
    """A voice and a way of speaking at random."""
    return Manner(
        str(rng.choice(voices)),
        rate=int(rng.integers(105, 205)),
        pitch=int(rng.integers(15, 85)),
        range=int(rng.integers(20, 80)),
        gap=int(rng.choice([0, 0, 0, 1, 3])),
    )
