"""Step `evaluate`: how well a Vosk model hears, on voices that were never trained and sentences that nobody tuned on.

    python -m voice.training evaluate [MODEL_DIR]

Works for any Vosk model. Everything is said by espeak-ng's held-out voices over a telephone line (300-3400 Hz,
A-law), so the figures compare models and settings; they do not say how people are understood. Ranges are 95 %
bootstrap intervals.
"""

from __future__ import annotations

import json
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import signal

from voice.training import MODEL, ROOT, SEED, noise
from voice.training.espeak import Manner
from voice.training.features import SAMPLE_RATE
from voice.training.language import UNKNOWN
from voice.training.line import a_law, add_noise
from voice.training.numerals import DIGITS, MONTHS, WEEKDAYS, clock, clock_times, ordinal
from voice.training.recognition import Heard, Recogniser
from voice.training.utterance import HELD_OUT_VOICES, Utterance, speak

SENTENCES = ROOT / "tests" / "voice" / "sentences"
COMMANDS = ["ja", "nein", "hilfe", "wiederholen", "mitarbeiter", "zurück", "langsamer", "lauter", "ende"]
PER_SLOT = 60
SNR = 15.0
BEGIN, END = "<!-- scores: begin -->", "<!-- scores: end -->"
_BAND = signal.butter(4, [300, 3400], "band", fs=SAMPLE_RATE, output="sos")
_RESAMPLES = 2000


@dataclass(frozen=True)
class Score:
    """Errors of `total` in percent with a 95 % range; `total` counts words for sentences, slots for slots."""

    percent: float
    low: float
    high: float
    total: int

    def text(self) -> str:
        """For a table."""
        return f"{self.percent:.1f} [{self.low:.1f}, {self.high:.1f}]"


@dataclass
class Scores:
    """All that is measured of one model."""

    model: str
    words: dict[str, dict[str, Score]] = field(default_factory=dict)
    slots: dict[str, dict[str, dict[str, Score]]] = field(default_factory=dict)
    rejected: dict[str, dict[str, float]] = field(default_factory=dict)
    nothing_said: dict[str, dict[str, int]] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)


def errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Least number of words put in, left out or exchanged."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[:], i
        for j, other in enumerate(heard, 1):
            row[j] = min(before[j - 1] + (word != other), before[j] + 1, row[j - 1] + 1)
    return row[-1]


def rate(wrong: Sequence[int], sizes: Sequence[int]) -> Score:
    """Errors over all items in percent; the range comes from drawing the items again."""
    errors_, totals = np.array(wrong, float), np.array(sizes, float)
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(errors_), (_RESAMPLES, len(errors_)))
    rates = 100 * errors_[drawn].sum(1) / totals[drawn].sum(1)
    low, high = np.percentile(rates, [2.5, 97.5])
    return Score(round(100 * errors_.sum() / totals.sum(), 1), round(low, 1), round(high, 1), int(totals.sum()))


def say(rng: Generator, text: str, voice: str) -> Utterance:
    """A sentence at an ordinary speed, with a moment of silence around it."""
    manner = Manner(voice, int(rng.integers(120, 175)), int(rng.integers(30, 70)))
    said = speak(text.split(), manner)
    if said is None:  # two words run together: said with pauses between the words
        said = speak(text.split(), Manner(voice, manner.rate, manner.pitch, gap=3))
    if said is None:
        said = Utterance(speak_anyhow(text, manner))
    return said.padded(3000, 4000)


def speak_anyhow(text: str, manner: Manner) -> NDArray[np.float32]:
    """The sound alone, where words cannot be told apart."""
    parts = [part for part in (speak([word], manner) for word in text.split()) if part is not None]
    return np.concatenate([part.sound for part in parts]) if parts else np.zeros(SAMPLE_RATE, np.float32)


def telephone(
    sound: NDArray[np.floating], background: NDArray[np.float64] | None = None, snr: float = SNR
) -> NDArray[np.int16]:
    """Through the band and the codec, at half of full scale."""
    clean = sound.astype(np.float64)
    mixed = clean if background is None else add_noise(clean, background, snr)
    carried = signal.sosfilt(_BAND, mixed)
    return a_law(carried / max(1.0, float(np.abs(carried).max())) * 16000)


def babblers(rng: Generator) -> list[NDArray[np.float64]]:
    """People for the background, with voices of their own."""
    lines = [
        "heute ist das wetter schön und wir gehen in den park",
        "hast du schon gehört was gestern passiert ist",
        "nein das glaube ich nicht er kommt doch erst am abend",
        "die suppe schmeckt gut gibst du mir das salz bitte",
    ]
    made = [speak(line.split(), Manner(voice)) for voice in ("de+m2", "de+f1", "de+m8", "de+f3") for line in lines]
    return [one.sound.astype(np.float64) / one.sound.std() for one in made if one is not None]


@dataclass(frozen=True)
class Slot:
    """A question with a closed set of answers."""

    draw: Callable[[Generator], str]
    grammar: tuple[str, ...]


def _one(rng: Generator, items: Sequence[str]) -> str:
    return items[int(rng.integers(len(items)))]


def _time(rng: Generator) -> str:
    if rng.random() < 0.5:
        return " ".join(clock(int(rng.integers(7, 19)), int(rng.choice([0, 0, 15, 30, 30, 45, 10, 20, 5, 50]))))
    relative = [phrase for phrase in clock_times() if "uhr" not in phrase]
    return _one(rng, relative)


SLOTS = {
    "digits": Slot(lambda rng: " ".join(_one(rng, DIGITS) for _ in range(rng.integers(1, 6))), (*DIGITS, "zwo")),
    "yes, no, commands": Slot(lambda rng: _one(rng, ["ja", "nein", "ja", "nein", *COMMANDS]), tuple(COMMANDS)),
    "weekday": Slot(lambda rng: _one(rng, WEEKDAYS), tuple(WEEKDAYS)),
    "date": Slot(
        lambda rng: f"{ordinal(int(rng.integers(1, 32)))} {_one(rng, MONTHS)}",
        tuple(f"{ordinal(day)} {month}" for day in range(1, 32) for month in MONTHS),
    ),
    "time of day": Slot(_time, tuple(clock_times())),
}


def backgrounds(
    rng: Generator, count: int, people: Sequence[NDArray[np.float64]]
) -> dict[str, NDArray[np.float64] | None]:
    """The conditions: clean, 15 dB of stationary noise, 15 dB of any noise."""
    return {
        "clean": None,
        "15 dB stationary": noise.coloured(rng, count),
        "15 dB any noise": noise.any_kind(rng, count, people),
    }


def score_words(
    recogniser: Recogniser, lines: Sequence[str], voices: Sequence[str] = HELD_OUT_VOICES
) -> dict[str, Score]:
    """Word error rates of sentences by condition, heard freely."""
    rng = np.random.default_rng(SEED)
    people = babblers(rng)
    wrong: dict[str, list[int]] = defaultdict(list)
    for i, line in enumerate(lines):
        said = say(rng, line, voices[i % len(voices)])
        for condition, background in backgrounds(rng, len(said.sound), people).items():
            heard = recogniser.hear(telephone(said.sound, background))
            wrong[condition].append(errors(line.split(), [word.word for word in heard]))
    sizes = [len(line.split()) for line in lines]
    return {condition: rate(each, sizes) for condition, each in wrong.items()}


def score_slots(
    recogniser: Recogniser,
    voices: Sequence[str] = HELD_OUT_VOICES,
    per_slot: int = PER_SLOT,
    modes: Iterable[str] = ("free", "grammar", "grammar + [unk]"),
) -> dict[str, dict[str, dict[str, Score]]]:
    """Share of answers not heard exactly, by slot, condition and kind of recognition."""
    rng = np.random.default_rng(SEED + 1)
    people = babblers(rng)
    scores: dict[str, dict[str, dict[str, Score]]] = {}
    for name, slot in SLOTS.items():
        grammars = {"free": None, "grammar": list(slot.grammar), "grammar + [unk]": [*slot.grammar, UNKNOWN]}
        wrong: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for i in range(per_slot):
            text = slot.draw(rng)
            said = say(rng, text, voices[i % len(voices)])
            for condition, background in backgrounds(rng, len(said.sound), people).items():
                sound = telephone(said.sound, background)
                for mode in modes:
                    heard = " ".join(word.word for word in recogniser.hear(sound, grammars[mode]))
                    wrong[condition][mode].append(int(heard != text))
        scores[name] = {
            condition: {mode: rate(each, [1] * len(each)) for mode, each in by_mode.items()}
            for condition, by_mode in wrong.items()
        }
    return scores


def score_rejection(
    recogniser: Recogniser, lines: Sequence[str], voices: Sequence[str] = HELD_OUT_VOICES
) -> dict[str, dict[str, float]]:
    """Share of sentences that belong to no grammar of which nothing is heard, in percent, with and without `[unk]`."""
    rng = np.random.default_rng(SEED + 2)
    sounds = [telephone(say(rng, line, voices[i % len(voices)]).sound) for i, line in enumerate(lines)]
    found: dict[str, dict[str, float]] = {}
    for name, slot in SLOTS.items():
        found[name] = {}
        for mode, grammar in (("grammar", [*slot.grammar]), ("grammar + [unk]", [*slot.grammar, UNKNOWN])):
            silent = [not recogniser.hear(sound, grammar) for sound in sounds]
            found[name][mode] = round(100 * float(np.mean(silent)), 1)
    return found


def minute_of(rng: Generator, people: Sequence[NDArray[np.float64]]) -> dict[str, NDArray[np.int16]]:
    """A minute each of what a line carries when nobody speaks into it."""
    count = 60 * SAMPLE_RATE
    time_ = np.arange(count) / SAMPLE_RATE
    ring = np.sin(2 * np.pi * 425 * time_) * (time_ % 5 < 1) + 0.003 * rng.standard_normal(count)
    busy = np.sin(2 * np.pi * 425 * time_) * (time_ % 0.96 < 0.48) + 0.003 * rng.standard_normal(count)
    pieces = [noise.music(rng, count // 6) for _ in range(6)]
    levels = {
        "digital silence": np.zeros(count),
        "hiss -60 dB": noise.coloured(rng, count, 0.5) * 33,
        "noise -30 dB": noise.coloured(rng, count, 1.0) * 1000,
        "hum": noise.hum(np.random.default_rng(3), count) * 2000,
        "clicks": noise.clicks(rng, count) * 1000,
        "ring tone": ring * 3000,
        "busy tone": busy * 3000,
        "hold music": np.concatenate(pieces) * 2000,
        "babble": noise.babble(rng, count, people) * 700,
    }
    return {name: a_law(sound) for name, sound in levels.items()}


def score_nothing(recogniser: Recogniser) -> dict[str, dict[str, int]]:
    """Words heard in a minute in which nobody speaks to the telephone."""
    rng = np.random.default_rng(SEED + 3)
    detector = Speech.load()
    found: dict[str, dict[str, int]] = {}
    for name, sound in minute_of(rng, babblers(rng)).items():
        ways: dict[str, list[Heard]] = {"free": recogniser.hear(sound)}
        if detector is not None:
            ways["free behind Silero"] = [word for piece in detector.pieces(sound) for word in recogniser.hear(piece)]
        ways["commands + [unk]"] = recogniser.hear(sound, [*COMMANDS, UNKNOWN])
        ways["digits + [unk]"] = recogniser.hear(sound, [*DIGITS, UNKNOWN])
        ways["time of day + [unk]"] = recogniser.hear(sound, [*clock_times(), UNKNOWN])
        found[name] = {way: len(words) for way, words in ways.items()}
    return found


class Speech:
    """Silero's voice activity detector as pipecat ships it, with pipecat's own defaults."""

    _WINDOW, _CONTEXT = 256, 32
    _SURE, _STARTS, _STOPS, _BEFORE = 0.7, 0.2, 0.8, 0.5  # confidence; seconds of speech, of silence, kept before

    def __init__(self, path: Path) -> None:
        import onnxruntime  # noqa: PLC0415 - only where pipecat is

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])

    @classmethod
    def load(cls) -> Speech | None:
        """None where pipecat is not installed."""
        found = find_spec("pipecat")
        path = Path(found.origin).parent / "audio/vad/data/silero_vad.onnx" if found and found.origin else None
        return cls(path) if path and path.exists() else None

    def pieces(self, samples: NDArray[np.int16]) -> list[NDArray[np.int16]]:
        """The stretches that hold speech."""
        state, context = np.zeros((2, 1, 128), np.float32), np.zeros(self._CONTEXT, np.float32)
        speaking: list[bool] = []
        for at in range(0, len(samples) - self._WINDOW + 1, self._WINDOW):
            window = np.concatenate([context, samples[at : at + self._WINDOW].astype(np.float32) / 32768])
            inputs = {"input": window[None], "state": state, "sr": np.array(SAMPLE_RATE, np.int64)}
            chance, state = self.session.run(None, inputs)
            context = window[-self._CONTEXT :]
            speaking.append(float(chance.squeeze()) >= self._SURE)
        step = self._WINDOW / SAMPLE_RATE
        found, begun, run, quiet = [], -1, 0, 0
        for i, here in enumerate([*speaking, *[False] * int(self._STOPS / step + 2)]):
            run, quiet = (run + 1, 0) if here else (0, quiet + 1)
            if begun < 0 and run * step >= self._STARTS:
                begun = max(0, i - run - int(self._BEFORE / step))
            elif begun >= 0 and quiet * step >= self._STOPS:
                found.append(samples[begun * self._WINDOW : (i + 1) * self._WINDOW])
                begun = -1
        return found


def measure_cost(folder: Path, lines: Sequence[str]) -> dict[str, float]:
    """Seconds to load, memory, size, and processor time against the sound's time on one core."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    recogniser = Recogniser(folder)
    load = time.perf_counter() - started
    rng = np.random.default_rng(SEED)
    sounds = [telephone(say(rng, line, HELD_OUT_VOICES[0]).sound) for line in lines]
    used = time.process_time()
    for sound in sounds:
        recogniser.hear(sound)
    used = time.process_time() - used
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    seconds = sum(map(len, sounds)) / SAMPLE_RATE
    return {
        "load_s": round(load, 2),
        "memory_mb": round(memory),
        "size_mb": round(size, 1),
        "real_time_factor": round(used / seconds, 3),
    }


def evaluate(folder: Path = MODEL, *, write: bool = True) -> Scores:
    """Measures everything; for the shipped model the scores are kept beside it and in its card."""
    domain = (SENTENCES / "domain.txt").read_text(encoding="utf-8").split("\n")
    everyday = (SENTENCES / "everyday.txt").read_text(encoding="utf-8").split("\n")
    texts = {"domain": [line for line in domain if line], "everyday": [line for line in everyday if line]}
    scores = Scores(folder.name)
    scores.cost = measure_cost(folder, texts["domain"][:20])
    recogniser = Recogniser(folder)
    words = [word for lines in texts.values() for line in lines for word in line.split()]
    scores.cost["unknown_words_percent"] = round(
        100 * float(np.mean([not recogniser.knows(word) for word in words])), 1
    )
    for name, lines in texts.items():
        scores.words[name] = score_words(recogniser, lines)
        print(name, {condition: score.text() for condition, score in scores.words[name].items()}, flush=True)
    scores.slots = score_slots(recogniser)
    scores.rejected = score_rejection(recogniser, texts["everyday"])
    scores.nothing_said = score_nothing(recogniser)
    print(table(scores), flush=True)
    if write:
        (folder / "scores.json").write_text(
            json.dumps(asdict(scores), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        write_card(folder / "README.md", table(scores))
    return scores


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def table(scores: Scores) -> str:
    """The model card's tables."""
    conditions = ["clean", "15 dB stationary", "15 dB any noise"]
    parts = [
        "Word error rate in percent, heard freely:",
        _table(
            ["text", "words", *conditions],
            [
                [name, str(by["clean"].total), *(by[condition].text() for condition in conditions)]
                for name, by in scores.words.items()
            ],
        ),
        "Answers not heard exactly, in percent (free / grammar / grammar with `[unk]`; the range is that of the last):",
        _table(
            ["answer", *conditions],
            [[name, *(_slot_text(by[condition]) for condition in conditions)] for name, by in scores.slots.items()],
        ),
        "Sentences that belong to no grammar and of which nothing is heard, in percent:",
        _table(
            ["grammar", "without `[unk]`", "with `[unk]`"],
            [[name, f"{by['grammar']:.0f}", f"{by['grammar + [unk]']:.0f}"] for name, by in scores.rejected.items()],
        ),
        "Words heard in a minute in which nobody speaks:",
        _nothing(scores.nothing_said),
        _cost(scores.cost),
    ]
    return "\n\n".join(parts)


def _cost(cost: Mapping[str, float]) -> str:
    return (
        f"Loads in {cost['load_s']} s, takes {cost['memory_mb']:.0f} MB of memory and {cost['size_mb']} MB of disk; "
        f"one core hears {1 / cost['real_time_factor']:.0f} seconds of speech in a second. Of the words of both texts "
        f"{cost['unknown_words_percent']} % are not in the vocabulary."
    )


def _slot_text(by_mode: Mapping[str, Score]) -> str:
    last = by_mode["grammar + [unk]"]
    free, closed = by_mode["free"], by_mode["grammar"]
    return f"{free.percent:.0f} / {closed.percent:.0f} / **{last.percent:.0f}** [{last.low:.0f}, {last.high:.0f}]"


def _nothing(found: Mapping[str, Mapping[str, int]]) -> str:
    ways = list(next(iter(found.values())))
    return _table(["signal", *ways], [[name, *(str(by[way]) for way in ways)] for name, by in found.items()])


def write_card(path: Path, text: str) -> None:
    """Puts the tables between the marks of the model card, if it has them."""
    if not path.exists():
        return
    card = path.read_text(encoding="utf-8")
    if BEGIN in card:
        before, rest = card.split(BEGIN, 1)
        _, after = rest.split(END, 1)
        path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
