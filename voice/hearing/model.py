"""A Vosk model directory: checked with one clear sentence, its sampling rate, its words, and safe grammars.

Facts on vosk 0.3.45, found by trying: a grammar given to a model with a static graph is silently ignored; a recogniser
created with `"[]"`, or with broken JSON, crashes the process; `SetGrammar` in mid-utterance aborts it; escaped umlauts
drop the word; audio of a lower rate than the model's fails at the first call.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import vosk

from voice.hearing.heard import UNKNOWN

FREE = "[]"
LOOK_AHEAD = ("graph/HCLr.fst", "graph/Gr.fst", "graph/disambig_tid.int")
_RATE = re.compile(r"^--sample-frequency=(\d+)", re.MULTILINE)

vosk.SetLogLevel(-1)


class ModelUnusable(Exception):
    """The model cannot be loaded; the message is the sentence for the operator."""


class SpeechModel:
    """A loaded model. Raises ModelUnusable with one sentence where the directory holds none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir():
            raise ModelUnusable(f"The speech model {path} does not exist; LOTSE_VOSK_MODEL names a Vosk model.")
        missing = [name for name in ("am/final.mdl", "conf/model.conf", "graph") if not (path / name).exists()]
        if missing:
            raise ModelUnusable(f"{path} is no Vosk model: {', '.join(missing)} is missing; see LOTSE_VOSK_MODEL.")
        try:
            self._model = vosk.Model(str(path))
        except Exception as error:  # vosk raises bare Exception
            raise ModelUnusable(f"Vosk cannot load {path}; the files are damaged or of another kind.") from error
        self.rate = _sampling_rate(path)
        self.knows_grammars = (path / "graph/HCLr.fst").exists() and not (path / "graph/HCLG.fst").exists()
        self._known = lru_cache(maxsize=50_000)(self._find)

    def knows(self, word: str) -> bool:
        """Whether the word can be recognised."""
        return self._known(word)

    def _find(self, word: str) -> bool:
        return bool(self._model.vosk_model_find_word(word) >= 0)

    def recogniser(self) -> "vosk.KaldiRecognizer":
        """A new recogniser for one call, with words and confidences; hears everything."""
        made = vosk.KaldiRecognizer(self._model, float(self.rate))
        made.SetWords(True)
        return made

    def grammar(self, phrases: Iterable[str]) -> str | None:
        """The phrases as JSON safe for `SetGrammar`, always with the unknown word; None: hear everything.

        Phrases with unknown words are left out, since the recogniser would drop the words and keep the rest.
        """
        usable = [
            phrase
            for phrase in dict.fromkeys(" ".join(phrase.split()) for phrase in phrases)
            if phrase and phrase != UNKNOWN and all(self.knows(word) for word in phrase.split())
        ]
        return json.dumps([*usable, UNKNOWN], ensure_ascii=False) if usable else None


def require_usable(path: Path) -> None:
    """Load the model and hear a moment of silence in a process of its own. Raises ModelUnusable.

    Vosk takes a truncated graph without complaint and crashes at the first sound.
    """
    command = [sys.executable, "-m", "voice.hearing.model", str(path)]
    tried = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if tried.returncode != 0:
        said = tried.stdout.strip().splitlines()
        raise ModelUnusable(said[-1] if said else f"Vosk crashes with {path}; the files are damaged.")


def _sampling_rate(path: Path) -> int:
    for name in ("conf/mfcc.conf", "conf/fbank.conf"):
        file = path / name
        if file.exists():
            found = _RATE.search(file.read_text(encoding="utf-8"))
            return int(found[1]) if found else 16000  # Kaldi's default
    return 16000


def _try(path: Path) -> int:
    try:
        recogniser = SpeechModel(path).recogniser()
    except ModelUnusable as error:
        print(error)
        return 1
    recogniser.AcceptWaveform(bytes(16000))
    recogniser.FinalResult()
    return 0


if __name__ == "__main__":
    sys.exit(_try(Path(sys.argv[1])))
