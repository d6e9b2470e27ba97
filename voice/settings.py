"""Settings of the telephone, from environment variables `LOTSE_…`; doors have theirs in `voice/lines/settings.py`."""

import os
from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).parents[1]
VAR = Path(os.environ.get("LOTSE_VAR") or ROOT / "var")
SHIPPED_MODEL = ROOT / "voice" / "speech_model"


class VoiceSettings(BaseSettings):
    """What an operator may set; every field has a working default."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_", extra="ignore")

    api_url: str = Field(default="http://127.0.0.1:8000", description="The hub as the telephone reaches it")
    service_token: str = Field(default="", description="Token between our own processes; made by `make run`")
    tenant: str = Field(default="musterkreis", description="Tenant of calls whose door names none")
    today: str | None = Field(default=None, description="A date or time the whole system takes for now")

    phone_message_sound: bool = Field(
        default=False, description="Whether callers are asked if the sound of a message may be kept with it"
    )

    vosk_model: Path = Field(default=SHIPPED_MODEL, description="Any Vosk model directory")
    voice_port: int = Field(default=8090, description="Port of the telephone process, loopback only")
    voice_recogniser_port: int = Field(default=8091, description="Port of the recogniser process, loopback only")
    voice_recogniser_threads: int = Field(default=0, ge=0, description="Recognition threads; 0: one per core")
    voice_calls: int = Field(default=16, ge=1, description="Calls at once, over all doors; the next one hears busy")
    voice_longest_call: float = Field(default=900.0, gt=0, description="Seconds; then the call ends kindly")
    voice_overflow: str | None = Field(
        default=None, description="Extension for calls that cannot be served at all, e.g. while the hub is away"
    )

    @property
    def recogniser_url(self) -> str:
        """Where the pipeline finds the recogniser process."""
        return f"ws://127.0.0.1:{self.voice_recogniser_port}"


@lru_cache
def get_settings() -> VoiceSettings:
    """The settings of this process."""
    return VoiceSettings()
