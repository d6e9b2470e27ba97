"""Runs a Vosk model over sound the way the telephone does: 100 ms at a time, words with times and confidence."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
import vosk
from numpy.typing import NDArray

from voice.training.features import SAMPLE_RATE
from voice.training.language import UNKNOWN

_STEP = 0.1  # seconds
_TAIL = 0.5  # seconds of silence after the sound, so that the last word is finished


@dataclass(frozen=True)
class Heard:
    """A recognised word with its confidence and its times in seconds."""

    word: str
    confidence: float
    start: float
    end: float


class Recogniser:
    """One loaded model; `hear` decodes a whole recording freely or with a grammar."""

    def __init__(self, folder: Path) -> None:
        vosk.SetLogLevel(-1)
        self.model = vosk.Model(str(folder))
        found = re.search(r"--sample-frequency=(\d+)", (folder / "conf" / "mfcc.conf").read_text())
        self.rate = int(found[1]) if found else 16000
        self._recognisers: dict[str, vosk.KaldiRecognizer] = {}

    def knows(self, word: str) -> bool:
        """Whether a word is in the vocabulary."""
        return bool(self.model.vosk_model_find_word(word) >= 0)

    def _recogniser(self, grammar: Sequence[str] | None) -> vosk.KaldiRecognizer:
        key = json.dumps(grammar, ensure_ascii=False) if grammar else ""  # escapes of umlauts would drop the words
        if key not in self._recognisers:
            made = vosk.KaldiRecognizer(self.model, self.rate, *([key] if key else []))
            made.SetWords(True)
            self._recognisers[key] = made
        return self._recognisers[key]

    def hear(self, samples: NDArray[np.int16], grammar: Sequence[str] | None = None) -> list[Heard]:
        """The words in a recording at 8 kHz; `[unk]` is left out."""
        recogniser = self._recogniser(grammar)
        recogniser.Reset()
        sound = np.concatenate([samples, np.zeros(int(_TAIL * SAMPLE_RATE), np.int16)])
        if self.rate != SAMPLE_RATE:
            sound = soxr.resample(sound, SAMPLE_RATE, self.rate)
        data = sound.astype("<i2").tobytes()
        step = 2 * int(_STEP * self.rate)
        results = [
            recogniser.Result() for at in range(0, len(data), step) if recogniser.AcceptWaveform(data[at : at + step])
        ]
        results.append(recogniser.FinalResult())
        words = [word for result in results for word in json.loads(result).get("result", [])]
        return [Heard(w["word"], w["conf"], w["start"], w["end"]) for w in words if w["word"] != UNKNOWN]
