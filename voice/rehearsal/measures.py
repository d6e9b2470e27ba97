"""What can be measured of Lotse's voice in a kept call. Pure, but for the recogniser that is handed in.

The figures find what is broken (clipping, holes, garbled words); how a voice pleases they do not say.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from voice.lines.line import SAMPLE_RATE
from voice.rehearsal.tape import KeptCall, SaidLine
from voice.speaking.words import spoken_words

Samples = NDArray[np.int16]
Hear = Callable[[Samples], str]  # sound at 8 kHz -> the words in it

BAND = (300.0, 3400.0)  # what a telephone line carries
FULL_SCALE = 32767
BLOCK = SAMPLE_RATE // 100
AUDIBLE = 60.0  # amplitude (root mean square) of 10 ms; the voice lies around 4,000
# Pieces of one speech are written within milliseconds; what is written later is another speech.
TOGETHER_SECONDS = 0.25
# Sounds fade out (measured: to 440 at most), so a voice that stops at this amplitude was torn. They may begin suddenly.
TORN = 1000
# A longer silence after a torn voice is an interruption by the caller.
SHORTEST_HOLE_SECONDS, LONGEST_HOLE_SECONDS = 0.01, 0.3
_EDGE = SAMPLE_RATE // 1000


@dataclass(frozen=True)
class Spoken:
    """What Lotse said in one go. cut: the caller interrupted, so not all of the words were heard."""

    words: str
    sound: Samples
    cut: bool


@dataclass(frozen=True)
class Measures:
    """Of one call. pause: seconds, the longest silence inside a speech. low, high: share of energy outside the band.

    holes: places where the voice was torn. wrong: letters heard wrong of `letters` said, in speeches heard whole.
    """

    id: str
    seconds: float
    peak_db: float
    clipped: int
    pause: float
    holes: int
    low: float
    high: float
    cuts: int
    wrong: int = 0
    letters: int = 0

    @property
    def error_rate(self) -> float:
        """Share of letters that came back wrong."""
        return self.wrong / self.letters if self.letters else 0.0

    @property
    def badness(self) -> tuple[int, float, float]:
        """Sorts calls: what is certainly broken first, then what is hard to understand."""
        return self.clipped + self.holes, self.error_rate, self.pause


def measure(call: KeptCall, hear: Hear | None = None) -> Measures:
    """Measure Lotse's side; without `hear` nothing is transcribed."""
    speeches = list(spoken(call))
    peak = int(np.abs(call.lotse.astype(np.int32)).max(initial=0))
    low, high = outside_band(call.lotse)
    wrong = letters = 0
    for speech in speeches:
        if hear is not None and not speech.cut:
            said = letters_of(speech.words)
            wrong += Levenshtein.distance(said, letters_of(hear(speech.sound)))
            letters += len(said)
    return Measures(
        id=call.id,
        seconds=len(call.lotse) / SAMPLE_RATE,
        peak_db=20 * float(np.log10(max(peak, 1) / (FULL_SCALE + 1))),
        clipped=int((np.abs(call.lotse.astype(np.int32)) >= FULL_SCALE).sum()),
        pause=max((longest_silence(speech.sound) for speech in speeches), default=0.0),
        holes=holes(call.lotse),
        low=low,
        high=high,
        cuts=sum(speech.cut for speech in speeches),
        wrong=wrong,
        letters=letters,
    )


def spoken(call: KeptCall) -> Iterator[Spoken]:
    """Lotse's speeches, each from when it was written to the next one or the call's end."""
    groups: list[list[SaidLine]] = []
    for line in call.said:
        if line.role != "lotse":
            continue
        if groups and line.at - groups[-1][-1].at < TOGETHER_SECONDS:
            groups[-1].append(line)
        else:
            groups.append([line])
    for number, group in enumerate(groups):
        start = group[0].at
        end = groups[number + 1][0].at if number + 1 < len(groups) else len(call.lotse) / SAMPLE_RATE
        sound = call.lotse[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
        last = start + _voiced(sound)[1] / SAMPLE_RATE
        # A cut takes back what was not sent; a few frames were on their way.
        cut = any(start < at < end and last < at + 0.3 and last > at - 0.3 for at in call.cuts)
        unheard = number + 1 == len(groups) and end - last < 0.1  # the call ended in mid-sentence
        yield Spoken(" ".join(line.text for line in group), sound, cut or unheard)


def longest_silence(sound: Samples) -> float:
    """Seconds, between the first and the last sound."""
    first, last = _voiced(sound)
    levels = _levels(sound[first:last])
    longest = run = 0
    for level in levels:
        run = run + 1 if level < AUDIBLE else 0
        longest = max(longest, run)
    return longest * BLOCK / SAMPLE_RATE


def holes(sound: Samples) -> int:
    """How often the voice stops without fading before a short silence: frames that came too late or never."""
    silent = np.concatenate([[False], sound == 0, [False]])
    edges = np.flatnonzero(np.diff(silent.astype(np.int8)))
    count = 0
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if not SHORTEST_HOLE_SECONDS <= (end - start) / SAMPLE_RATE <= LONGEST_HOLE_SECONDS:
            continue
        count += int(np.abs(sound[max(0, start - _EDGE) : start].astype(np.int32)).max(initial=0)) > TORN
    return count


def outside_band(sound: Samples) -> tuple[float, float]:
    """Share of energy below 300 Hz and above 3.4 kHz."""
    if not sound.any():
        return 0.0, 0.0
    power = np.abs(np.fft.rfft(sound.astype(np.float64))) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    total = power.sum()
    return float(power[hertz < BAND[0]].sum() / total), float(power[hertz > BAND[1]].sum() / total)


def letters_of(text: str) -> str:
    """The letters as they are spoken; blanks do not count, since compounds are parted differently."""
    return re.sub(r"[^a-zäöüß]", "", spoken_words(text).lower())


def table(measured: Sequence[Measures]) -> str:
    """One line a call, the worst first."""
    width = max((len(one.id) for one in measured), default=4)
    head = f"{'call':<{width}}  seconds  peak dB  clipped  holes  pause s  <300 Hz  >3.4 kHz  cuts  letters wrong"
    lines = [head]
    for one in sorted(measured, key=lambda one: one.badness, reverse=True):
        wrong = f"{one.error_rate:6.1%} of {one.letters}" if one.letters else "     -"
        lines.append(
            f"{one.id:<{width}}  {one.seconds:7.1f}  {one.peak_db:7.1f}  {one.clipped:7}  {one.holes:5}  "
            f"{one.pause:7.2f}  {one.low:7.1%}  {one.high:8.2%}  {one.cuts:4}  {wrong}"
        )
    return "\n".join(lines)


def _levels(sound: Samples) -> NDArray[np.float64]:
    whole = sound[: len(sound) // BLOCK * BLOCK].astype(np.float64).reshape(-1, BLOCK)
    levels: NDArray[np.float64] = np.sqrt((whole**2).mean(1))
    return levels


def _voiced(sound: Samples) -> tuple[int, int]:
    """From the first to behind the last audible sample, in blocks; twice 0 for silence."""
    loud = np.flatnonzero(_levels(sound) >= AUDIBLE)
    return (int(loud[0]) * BLOCK, (int(loud[-1]) + 1) * BLOCK) if len(loud) else (0, 0)
