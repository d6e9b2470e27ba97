"""Which voice speaks, from environment variables `LOTSE_VOICE_…`."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from voice.settings import VAR
from voice.speaking.cache import AudioCache
from voice.speaking.espeak import MAN, WOMAN, WORDS_A_MINUTE, Espeak
from voice.speaking.piper import Piper
from voice.speaking.recordings import recordings
from voice.speaking.speech import Speech
from voice.speaking.voices import Voice

log = structlog.get_logger()


class SpeakingSettings(BaseSettings):
    """The voice; the default needs nothing but the package it comes in."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_VOICE_", env_ignore_empty=True, extra="ignore")

    speaker: Literal["woman", "man"] = Field(default="woman", description="Which of the two built-in voices speaks")
    words_a_minute: int = Field(default=WORDS_A_MINUTE, ge=90, le=220, description="How fast the built-in voice speaks")
    piper: str | None = Field(default=None, description="Address of a Piper server (GPL, run by the operator)")
    recordings: Path | None = Field(default=None, description="Folder with prompts that a person has spoken")
    audio_cache: Path = Field(default=VAR / "speech-cache", description="Where audio of fixed texts is kept")


@lru_cache
def get_speaking_settings() -> SpeakingSettings:
    """The settings of this process."""
    return SpeakingSettings()


def make_speech(prompts: Mapping[str, str], settings: SpeakingSettings | None = None) -> Speech:
    """What speaks in every call: recordings, then Piper where there is one, then espeak-ng."""
    settings = settings or get_speaking_settings()
    built_in: Voice = Espeak(MAN if settings.speaker == "man" else WOMAN, words_a_minute=settings.words_a_minute)
    voice, fallback = built_in, None
    if settings.piper:
        try:
            voice, fallback = Piper(settings.piper), built_in
        except ValueError as error:
            log.error("piper_not_used", problem=str(error))
    return Speech(
        voice,
        fallback=fallback,
        cache=AudioCache(settings.audio_cache),
        prompts=prompts,
        recorded=recordings(settings.recordings),
    )
