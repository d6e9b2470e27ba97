"""Speech for the call: a text becomes sound for the line, in portions, by the best voice that works.

Recorded prompts come first, then the cache, then the voice; where that fails, the voice behind it speaks on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from voice.speaking.cache import AudioCache
from voice.speaking.portions import portions
from voice.speaking.sound import amplified, silence
from voice.speaking.voices import Voice, VoiceFailed
from voice.speaking.words import spoken_words

log = structlog.get_logger()

SLOWEST, FASTEST = 0.8, 1.2
QUIETEST_DB, LOUDEST_DB = -6.0, 6.0

_AFTER_SENTENCE, _AFTER_CLAUSE = 0.25, 0.08  # seconds of silence after a portion, beside the 80 ms at its edges


@dataclass(frozen=True)
class Manner:
    """How it is said: `pace` 0.8 (slower) to 1.2, `gain` -6 to +6 dB (louder). Values beyond are brought inside."""

    pace: float = 1.0
    gain: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "pace", round(min(FASTEST, max(SLOWEST, self.pace)), 2))
        object.__setattr__(self, "gain", min(LOUDEST_DB, max(QUIETEST_DB, self.gain)))


@dataclass(frozen=True)
class Portion:
    """A portion of a text as it is said, with its sound: PCM at 8 kHz, the pause behind it included."""

    words: str
    audio: bytes


class Speech:
    """What speaks in every call of a process.

    `voice` speaks; `fallback` where it fails. `prompts`: fixed sentences by name, which are cached, warmed by `warm`,
    and replaced by `recorded` sound (PCM by name of the prompt) where there is some.
    """

    def __init__(
        self,
        voice: Voice,
        *,
        fallback: Voice | None = None,
        cache: AudioCache | None = None,
        prompts: Mapping[str, str] | None = None,
        recorded: Mapping[str, bytes] | None = None,
    ) -> None:
        self._voices = [voice, *([fallback] if fallback else [])]
        self._cache = cache or AudioCache()
        self._prompts = dict(prompts or {})
        self._prompt_names = {text: name for name, text in self._prompts.items()}
        self._recorded = dict(recorded or {})
        # Its own threads: sixteen calls that wait for the voice must not hold up everything else of the process.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="speech")

    async def synthesise(self, text: str, *, cacheable: bool = False, manner: Manner = Manner()) -> bytes:
        """The whole text as PCM: signed 16 bit mono at 8 kHz. Raises VoiceFailed where no voice can say it."""
        return b"".join([portion.audio async for portion in self.portions(text, cacheable=cacheable, manner=manner)])

    async def portions(
        self, text: str, *, cacheable: bool = False, manner: Manner = Manner()
    ) -> AsyncIterator[Portion]:
        """The text portion by portion, the next one made while the last one is played.

        `cacheable`: nothing personal is in it, so its sound may be kept. Prompts always may.
        """
        name = self._prompt_names.get(text)
        if name in self._recorded:
            yield Portion(text, amplified(self._recorded[name], manner.gain))
            return
        parts = portions(spoken_words(text))
        keep = cacheable or name is not None
        coming = self._ask(parts[0], keep, manner) if parts else None
        for number, words in enumerate(parts):
            assert coming is not None  # noqa: S101
            audio = await coming
            coming = self._ask(parts[number + 1], keep, manner) if number + 1 < len(parts) else None
            pause = _AFTER_SENTENCE if words.endswith((".", "!", "?")) else _AFTER_CLAUSE
            last = number == len(parts) - 1
            yield Portion(words, amplified(audio, manner.gain) + (b"" if last else silence(pause / manner.pace)))

    async def warm(self) -> None:
        """Make the sound of every prompt once, so that the first call need not wait. Failures are left to the call."""
        for name, text in self._prompts.items():
            if name in self._recorded:
                continue
            try:
                await self.synthesise(text)
            except VoiceFailed as error:
                log.warning("prompt_not_warmed", reason=str(error))
                return

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, words: str, keep: bool, manner: Manner) -> asyncio.Future[bytes]:
        return asyncio.get_running_loop().run_in_executor(self._threads, self._say, words, keep, manner.pace)

    def _say(self, words: str, keep: bool, pace: float) -> bytes:
        failure = VoiceFailed("Es gibt keine Stimme")
        for voice in self._voices:
            audio = self._cache.get(voice.name, pace, words) if keep else None
            if audio is not None:
                return audio
            try:
                audio = voice.say(words, pace=pace)
            except VoiceFailed as error:
                failure = error
                log.warning("voice_failed", voice=voice.name, reason=str(error))
                continue
            if keep and audio:
                self._cache.put(voice.name, pace, words, audio)
            return audio
        raise failure
