"""espeak-ng through its C library, which comes with its data as the Python wheel `espeakng-loader`: no root needed.

It takes plain words, as `words.spoken_words` makes them. What it would mispronounce stands in `espeak_words.yml`.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import threading
from functools import cache
from pathlib import Path

import espeakng_loader
import numpy as np
import yaml
from numpy.typing import NDArray

from voice.speaking.sound import prepared
from voice.speaking.voices import VoiceFailed

LEXICON = Path(__file__).with_name("espeak_words.yml")

RATE = 22050
WORDS_A_MINUTE = 150  # espeak's own 175 is fast for a listener who has a question and a pencil
LONGEST_SECONDS = 60.0

# Of 23 variants those with even energy from 1 to 3.4 kHz, around 200 and 110 Hz. Our speech model hears 121 portions of
# answers with 0.7 % (f2) and 0.3 % (de) of the letters wrong, and with 3.4 % and 2.1 % in noise at 10 dB; f1, f4, f5,
# Annie and linda get 3.8 to 7.4 % there. Belinda and m6 clip inside the library; anika, steph and david are dull.
WOMAN = "de+f2"
MAN = "de"

_RETRIEVE = 2  # sound comes back through the callback
_PHONEME_EVENTS = 1  # the training of the speech model shares the library and needs them
_UTF8, _PHONEMES = 1, 0x100
_SPEED, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_VOLUME_PERCENT = 65  # at 100 some voices clip inside the library
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

_FOREIGN = re.compile(r"[^A-Za-zÀ-ÖØ-öø-ÿĀ-ſßẞ0-9 .,;:!?'–-]+")


class Espeak:
    """One voice of espeak-ng. Any thread may ask; the library itself says one thing at a time.

    `voice`: a name of espeak-ng with an optional variant, such as `de+f2`. `pitch`: 0 to 99.
    Raises VoiceFailed where the library does not start or has no such voice.
    """

    def __init__(self, voice: str = WOMAN, *, words_a_minute: int = WORDS_A_MINUTE, pitch: int = 50) -> None:
        self.voice = voice
        self.words_a_minute = words_a_minute
        self.pitch = pitch
        self.name = f"espeak-{voice}-{words_a_minute}-{pitch}-{_lexicon_mark()}"
        self.say("ja")

    def say(self, text: str, *, pace: float = 1.0) -> bytes:
        """PCM at 8 kHz of plain words; `pace` 0.5 to 2. Nothing to say gives no sound. Raises VoiceFailed."""
        plain, has_phonemes = with_phonemes(plain_words(text))
        if not plain:
            return b""
        speed = int(self.words_a_minute * min(2.0, max(0.5, pace)))
        return prepared(_library().say(plain, self.voice, speed, self.pitch, phonemes=has_phonemes), RATE)


def plain_words(text: str) -> str:
    """Only letters, digits and marks that espeak reads as pauses: no markup, no phonemes, no control characters."""
    return " ".join(_FOREIGN.sub(" ", text).split())


def with_phonemes(text: str) -> tuple[str, bool]:
    """The text with the words of `espeak_words.yml` as espeak must be asked for them; whether that took phonemes."""
    asked = re.sub(r"[\w-]+", lambda found: _asked(found[0]), text)
    return asked, "[[" in asked


def _asked(word: str) -> str:
    """One written word; of a word with hyphens the longest known beginning, then the rest."""
    words, parts = _lexicon()
    pieces = word.split("-")
    for count in range(len(pieces), 0, -1):
        said = words.get("-".join(pieces[:count]).lower())
        if said:
            rest = "-".join(pieces[count:])
            return f"{said}-{_asked(rest)}" if rest else said
    rest = "-".join(pieces[1:])
    first = parts.sub("-", pieces[0])
    return f"{first}-{_asked(rest)}" if rest else first


@cache
def _lexicon() -> tuple[dict[str, str], re.Pattern[str]]:
    """Words as they must be asked for, and the borders in compounds where a hyphen helps."""
    lexicon = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))
    # Four letters must follow a first part, so that "jobben" and "minimal" stay whole.
    first = "|".join(rf"(?<=\b{part})(?=\w{{4}})" for part in lexicon["first"])
    second = "|".join(lexicon["second"])
    known = "|".join(f"(?<={left})(?={right})" for left, right in (border.split("-") for border in lexicon["borders"]))
    borders = re.compile(rf"{first}|{known}|(?<=\w{{4}})(?={second})", re.IGNORECASE)
    return lexicon["words"], borders


@cache
def _lexicon_mark() -> str:
    """Changes when the lexicon does, so that no cache keeps an old pronunciation."""
    return hashlib.blake2b(LEXICON.read_bytes(), digest_size=4).hexdigest()


class _Library:
    """The loaded library: one for the process, behind one lock."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL(espeakng_loader.get_library_path())
            data = str(espeakng_loader.get_data_path()).encode()
        except (OSError, RuntimeError) as error:
            raise VoiceFailed(f"espeak-ng kann nicht geladen werden: {error}") from error
        if self._library.espeak_Initialize(_RETRIEVE, 0, data, _PHONEME_EVENTS) != RATE:
            raise VoiceFailed("espeak-ng startet nicht")
        self._lock = threading.Lock()
        self._pieces: list[NDArray[np.int16]] = []
        self._count = 0
        self._callback = _CALLBACK(self._collect)  # kept: the library holds only a pointer

    def _collect(self, wave: ctypes._Pointer[ctypes.c_short], count: int, _events: int) -> int:
        if wave and count:
            self._pieces.append(np.ctypeslib.as_array(wave, (count,)).copy())
            self._count += count
        return int(self._count > LONGEST_SECONDS * RATE)

    def say(self, text: str, voice: str, speed: int, pitch: int, *, phonemes: bool) -> NDArray[np.int16]:
        library = self._library
        data = text.encode() + b"\0"
        with self._lock:
            # Callback and voice every time: whoever else uses the library in this process sets its own.
            library.espeak_SetSynthCallback(self._callback)
            self._pieces, self._count = [], 0
            if library.espeak_SetVoiceByName(voice.encode()):
                raise VoiceFailed(f"espeak-ng hat keine Stimme „{voice}“")
            for parameter, value in ((_SPEED, speed), (_VOLUME, _VOLUME_PERCENT), (_PITCH, pitch), (_RANGE, 50)):
                library.espeak_SetParameter(parameter, value, 0)
            flags = _UTF8 | (_PHONEMES if phonemes else 0)
            failed = library.espeak_Synth(data, len(data), 0, 1, 0, flags, None, None)
            library.espeak_Synchronize()
            pieces = self._pieces
            self._pieces = []
        if failed:
            raise VoiceFailed("espeak-ng konnte den Text nicht sprechen")
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


_starting = threading.Lock()


def _library() -> _Library:
    with _starting:
        return _started()


@cache
def _started() -> _Library:
    return _Library()
